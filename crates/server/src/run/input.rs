//! The input of a run, put together from `--input` options.

use std::{fs, path::Path};

use anyhow::{Context as _, bail};
use serde_json::{Map, Value};

/// The most bytes that one input file may have.
const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// Puts together the input: files of whole inputs, and single members over them. `schema` is the
/// pipeline's own schema of its input; it says which members are not text.
pub(crate) fn read(options: &[String], schema: Option<&Value>) -> anyhow::Result<Value> {
    let mut input = Map::new();
    let mut whole = None;
    for option in options {
        match option.split_once('=') {
            Some((key, text)) if is_name(key) => {
                let value = match text.strip_prefix('@') {
                    Some(file) => member_file(Path::new(file))?,
                    None => member(key, text, schema)?,
                };
                input.insert(key.to_owned(), value);
            }
            _ => match document(Path::new(option))? {
                Value::Object(members) => input.extend(members),
                other if options.len() == 1 => whole = Some(other),
                _ => bail!("`{option}` is not an object, so it cannot be joined with other inputs"),
            },
        }
    }
    Ok(whole.unwrap_or(Value::Object(input)))
}

fn is_name(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// A member given on the command line: text, unless the schema wants something else.
fn member(key: &str, text: &str, schema: Option<&Value>) -> anyhow::Result<Value> {
    let kind = schema
        .and_then(|schema| schema.pointer(&format!("/properties/{key}/type")))
        .and_then(Value::as_str);
    match kind {
        None | Some("string") => Ok(Value::String(text.to_owned())),
        Some(kind) => serde_json::from_str(text)
            .with_context(|| format!("input `{key}` is to be of type {kind}, written as JSON")),
    }
}

/// A member read from a file: rows of a CSV, a JSON or YAML value, or text.
fn member_file(path: &Path) -> anyhow::Result<Value> {
    match extension(path).as_str() {
        "csv" => rows(path),
        "json" | "yaml" | "yml" => document(path),
        _ => Ok(Value::String(text(path)?)),
    }
}

fn document(path: &Path) -> anyhow::Result<Value> {
    let text = text(path)?;
    let value = if extension(path) == "json" {
        serde_json::from_str(&text).map_err(anyhow::Error::from)
    } else {
        gathering_domain::check_yaml_bounds(&text)
            .map_err(anyhow::Error::from)
            .and_then(|()| serde_norway::from_str(&text).map_err(anyhow::Error::from))
    };
    value.with_context(|| format!("could not read the input in `{}`", path.display()))
}

/// Each row as an object of texts, under the names in the first row.
fn rows(path: &Path) -> anyhow::Result<Value> {
    let text = text(path)?;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names = reader
        .headers()
        .with_context(|| format!("could not read the first row of `{}`", path.display()))?
        .clone();
    let mut rows = Vec::new();
    for row in reader.records() {
        let row = row.with_context(|| format!("could not read a row of `{}`", path.display()))?;
        let members = names
            .iter()
            .zip(row.iter())
            .map(|(name, cell)| (name.to_owned(), Value::String(cell.to_owned())));
        rows.push(Value::Object(members.collect()));
    }
    Ok(Value::Array(rows))
}

fn text(path: &Path) -> anyhow::Result<String> {
    let attempt = || format!("could not read the input file `{}`", path.display());
    let size = fs::metadata(path).with_context(attempt)?.len();
    if size > MAX_FILE_BYTES {
        bail!("the input file `{}` has {size} bytes; the most is {MAX_FILE_BYTES}", path.display());
    }
    fs::read_to_string(path).with_context(attempt)
}

fn extension(path: &Path) -> String {
    path.extension()
        .map(|extension| extension.to_string_lossy().to_ascii_lowercase())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn file(dir: &tempfile::TempDir, name: &str, text: &str) -> String {
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    #[test]
    fn members_lie_over_files() {
        let dir = tempfile::tempdir().unwrap();
        let whole = file(&dir, "input.yaml", "topic: tides\ndepth: 1\n");
        let tickets = file(&dir, "t.csv", "id,text\n1,\"a, b\"\n2,c\n");
        let schema = json!({"properties": {"depth": {"type": "integer"}}});
        let options =
            [whole, "depth=3".to_owned(), format!("tickets=@{tickets}"), "note=3".to_owned()];
        assert_eq!(
            read(&options, Some(&schema)).unwrap(),
            json!({
                "topic": "tides", "depth": 3, "note": "3",
                "tickets": [{"id": "1", "text": "a, b"}, {"id": "2", "text": "c"}],
            })
        );
    }

    #[test]
    fn bad_input_names_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let broken = file(&dir, "input.json", "{\"a\": ");
        let schema = json!({"properties": {"depth": {"type": "integer"}}});
        for (option, part) in [
            (broken.as_str(), "input.json"),
            ("missing.yaml", "missing.yaml"),
            ("depth=many", "depth"),
            ("x=@missing.txt", "missing.txt"),
        ] {
            let error = read(&[option.to_owned()], Some(&schema)).unwrap_err();
            assert!(error.to_string().contains(part), "{error}");
        }
        let deep = file(&dir, "deep.yaml", &"[".repeat(1_000_000));
        let error = read(&[deep], None).unwrap_err();
        assert!(format!("{error:#}").ends_with("levels deep at line 1 column 129"), "{error:#}");
    }
}
