//! The TOML file as values with their keys and lines.

use std::{fs, io::Read, path::Path};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::{
    fault::{Fault, Place},
    setting::Raw,
};

/// The largest configuration file, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// The largest file that holds one secret, in bytes.
const SECRET_FILE_BYTES_MAX: u64 = 64 << 10;

/// A value of the file: the key as `section.name`, and its line.
pub(crate) struct Written {
    pub(crate) key: String,
    pub(crate) line: usize,
    pub(crate) raw: Raw,
}

/// Reads the file at `path`.
pub(crate) fn read(path: &Path) -> Result<String, Fault> {
    bounded(path, FILE_BYTES_MAX).map_err(|message| Fault {
        place: Place::File(path.to_owned()),
        key: None,
        message,
    })
}

/// Reads a file that holds one secret; the line end that editors leave behind is not part of it.
pub(crate) fn read_secret(path: &Path) -> Result<String, String> {
    let text = bounded(path, SECRET_FILE_BYTES_MAX)?;
    let text = text
        .strip_suffix('\n')
        .map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
    Ok(text.to_owned())
}

fn bounded(path: &Path, bytes_max: u64) -> Result<String, String> {
    let mut text = String::new();
    fs::File::open(path)
        .and_then(|file| file.take(bytes_max + 1).read_to_string(&mut text))
        .map_err(|error| format!("could not read `{}`: {error}", path.display()))?;
    if text.len() as u64 > bytes_max {
        return Err(format!("`{}` is larger than {bytes_max} bytes", path.display()));
    }
    Ok(text)
}

/// Takes `text` apart. A file that is not TOML yields its faults and no value, since what could be
/// salvaged may not be what was meant.
pub(crate) fn parse(path: &Path, text: &str) -> Result<Vec<Written>, Vec<Fault>> {
    let lines = Lines { path, text };
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return Err(errors
            .iter()
            .map(|error| {
                let at = error.span().map_or(0, |span| span.start);
                lines.fault(at, None, format!("is not TOML: {}", error.message()))
            })
            .collect());
    }
    let (mut values, mut faults) = (Vec::new(), Vec::new());
    for (section, table) in document.get_ref() {
        let name = section.get_ref();
        let Some(table) = table.get_ref().as_table() else {
            let message =
                format!("must stand in a section, such as `[server]`, or be one (`[{name}]`)");
            faults.push(lines.fault(section.span().start, Some(name), message));
            continue;
        };
        for (key, value) in table {
            let path = format!("{name}.{}", key.get_ref());
            let at = key.span().start;
            match raw(value) {
                Ok(raw) => values.push(Written { key: path, line: lines.of(at), raw }),
                Err(found) => {
                    faults.push(lines.fault(
                        at,
                        Some(&path),
                        format!("{found} stands where none can"),
                    ));
                }
            }
        }
    }
    if faults.is_empty() { Ok(values) } else { Err(faults) }
}

fn raw(value: &Spanned<DeValue<'_>>) -> Result<Raw, &'static str> {
    match value.get_ref() {
        DeValue::String(text) => Ok(Raw::Text(text.to_string())),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map(Raw::Integer)
            .map_err(|_| "a number beyond 64 bits"),
        DeValue::Boolean(truth) => Ok(Raw::Boolean(*truth)),
        DeValue::Array(items) => items.iter().map(raw).collect::<Result<_, _>>().map(Raw::List),
        DeValue::Float(_) => Err("a number with a fraction"),
        DeValue::Datetime(_) => Err("a date or time"),
        DeValue::Table(_) => Err("a table"),
    }
}

/// Line numbers of the file.
struct Lines<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Lines<'_> {
    fn of(&self, offset: usize) -> usize {
        self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
    }

    fn fault(&self, offset: usize, key: Option<&str>, message: String) -> Fault {
        let place = Place::Line(self.path.to_owned(), self.of(offset));
        Fault { place, key: key.map(str::to_owned), message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Vec<(String, usize, Raw)>, Vec<String>> {
        parse(Path::new("g.toml"), text)
            .map(|values| values.into_iter().map(|v| (v.key, v.line, v.raw)).collect())
            .map_err(|faults| faults.iter().map(Fault::to_string).collect())
    }

    #[test]
    fn values_come_with_key_and_line() {
        let text =
            "# mine\n[server]\nlisten = \"a\"\n\n[worker]\nmax = 0x10\nlist = [\"b\", 2, true]\n";
        assert_eq!(
            parsed(text).unwrap(),
            [
                ("server.listen".to_owned(), 3, Raw::Text("a".to_owned())),
                (
                    "worker.list".to_owned(),
                    7,
                    Raw::List(vec![Raw::Text("b".to_owned()), Raw::Integer(2), Raw::Boolean(true)]),
                ),
                ("worker.max".to_owned(), 6, Raw::Integer(16)),
            ]
        );
    }

    #[test]
    fn every_fault_of_the_form_has_its_line() {
        assert!(
            parsed("[server]\nlisten =\n").unwrap_err()[0].starts_with("g.toml:2: is not TOML")
        );
        let faults =
            parsed("listen = 1\n[server]\na = 1.5\nb = { c = 1 }\nd = 1979-05-27\n").unwrap_err();
        assert_eq!(faults.len(), 4, "{faults:?}");
        assert!(faults[0].starts_with("g.toml:1: listen: must stand in a section"), "{faults:?}");
        assert!(
            faults[1].starts_with("g.toml:3: server.a: a number with a fraction"),
            "{faults:?}"
        );
        assert!(parsed("[a]\n[a]\n").is_err());
        assert!(parsed("[server]\na = 99999999999999999999\n").is_err());
    }
}
