//! From the text of a body to a value, with the place of what is wrong.

use std::borrow::Cow;

use gathering_domain::{Fault, Pointer};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use crate::{Problem, json_depth::deeper_than};

/// How much of a fault's message is told, in characters: it may repeat what came in.
const MESSAGE_CHARS: usize = 300;

/// How what is read is called, where nothing else is said.
const BODY: &str = "body";

/// Reads the JSON text of a body.
pub(crate) fn decode<T: DeserializeOwned>(text: &str, most_depth: usize) -> Result<T, Problem> {
    decode_part(BODY, text, most_depth)
}

/// Reads JSON text, which is called so in what is told of it.
pub(crate) fn decode_part<T: DeserializeOwned>(
    what: &str,
    text: &str,
    most_depth: usize,
) -> Result<T, Problem> {
    if let Some(at) = deeper_than(text, most_depth) {
        let (line, column) = place(text, at);
        let detail = format!(
            "the JSON is nested more than {most_depth} levels deep, at line {line} column {column}"
        );
        return Err(Problem::new("too_deep", detail));
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = serde_path_to_error::deserialize(&mut reader);
    let value = read.map_err(|fault| {
        let pointer = pointer(fault.path());
        problem(what, text, &fault.into_inner(), &pointer)
    })?;
    reader.end().map_err(|fault| problem(what, text, &fault, &Pointer::root()))?;
    Ok(value)
}

/// Reads a body that was put together from several parts.
pub(crate) fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    part_from_value(BODY, value)
}

/// Reads a value, which is called so in what is told of it.
pub(crate) fn part_from_value<T: DeserializeOwned>(what: &str, value: Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|fault| {
        let pointer = pointer(fault.path());
        let fault = self::fault(&pointer, &fault.into_inner().to_string());
        Problem::new("invalid", format!("the {what} cannot be used")).with_faults(vec![fault])
    })
}

fn problem(what: &str, text: &str, error: &serde_json::Error, pointer: &Pointer) -> Problem {
    // Where a word was expected and `null` came, the reader says that the text is no JSON.
    if !error.is_data() && serde_json::from_str::<IgnoredAny>(text).is_err() {
        return Problem::new("invalid_json", format!("the {what} is not JSON: {error}"));
    }
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let message = text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text);
    let fault = fault(pointer, message);
    let detail = format!("the {what} cannot be used, at line {line} column {column}");
    Problem::new("invalid", detail).with_faults(vec![fault])
}

/// A fault with the code that fits the message of the reader.
fn fault(pointer: &Pointer, message: &str) -> Fault {
    let code = match message {
        _ if message.starts_with("unknown field") => "unknown_field",
        _ if message.starts_with("missing field") => "missing_field",
        _ if message.starts_with("duplicate field") => "duplicate_field",
        _ if message.starts_with("unknown variant") => "unknown_value",
        _ if message.starts_with("invalid type") => "wrong_type",
        _ => "invalid_value",
    };
    let pointer = match (code, message.split('`').nth(1)) {
        // The place is that of the member, or of what it is a member of.
        ("missing_field" | "duplicate_field" | "unknown_field", Some(name))
            if !pointer.as_str().ends_with(&format!("/{name}")) =>
        {
            pointer.child(name)
        }
        _ => pointer.clone(),
    };
    let message: String = without_value(message).chars().take(MESSAGE_CHARS).collect();
    Fault::new(pointer, code, message)
}

/// The message without the value that was given where another was expected: it may be a secret.
fn without_value(message: &str) -> Cow<'_, str> {
    let told = message.starts_with("invalid type: ") || message.starts_with("invalid value: ");
    let parts = message.rsplit_once(", expected ").filter(|_| told);
    let Some((given, expected)) = parts else { return message.into() };
    let kind = given.split(['`', '"']).next().unwrap_or_default().trim_end();
    format!("{kind}, expected {expected}").into()
}

/// The path that the reader took, as a JSON pointer.
fn pointer(path: &Path) -> Pointer {
    path.iter().fold(Pointer::root(), |place, segment| match segment {
        Segment::Seq { index } => place.child(index),
        Segment::Map { key } => place.child(key),
        Segment::Enum { variant } => place.child(variant),
        Segment::Unknown => place,
    })
}

/// Line and column of a byte, from 1.
fn place(text: &str, at: usize) -> (usize, usize) {
    let mut lines = text.as_bytes()[..at].split(|byte| *byte == b'\n').rev();
    let column = lines.next().map_or(0, <[u8]>::len) + 1;
    let line = lines.count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[serde(rename = "rows")]
        _rows: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[serde(rename = "n")]
        _n: u8,
    }

    fn refusal(text: &str) -> (&'static str, Option<(String, String)>) {
        let problem = decode::<Outer>(text, 4).unwrap_err();
        let fault = problem.faults().first();
        let fault = fault.map(|fault| (fault.pointer.as_str().to_owned(), fault.code.clone()));
        (problem.code(), fault)
    }

    #[test]
    fn what_is_wrong_is_found_at_its_place() {
        let invalid =
            |pointer: &str, code: &str| ("invalid", Some((pointer.to_owned(), code.to_owned())));
        for (text, wanted) in [
            ("", ("invalid_json", None)),
            ("{", ("invalid_json", None)),
            (r#"{"rows":[]} x"#, ("invalid_json", None)),
            ("[[[[[1]]]]]", ("too_deep", None)),
            ("{}", invalid("/rows", "missing_field")),
            ("[]", invalid("", "invalid_value")),
            ("7", invalid("", "wrong_type")),
            (r#"{"rows":7}"#, invalid("/rows", "wrong_type")),
            (r#"{"rows":[{"n":1},{"n":"x"}]}"#, invalid("/rows/1/n", "wrong_type")),
            (r#"{"rows":[{"n":300}]}"#, invalid("/rows/0/n", "invalid_value")),
            (r#"{"rows":[{"n":1,"m":2}]}"#, invalid("/rows/0/m", "unknown_field")),
            (r#"{"rows":[],"rows":[]}"#, invalid("/rows", "duplicate_field")),
        ] {
            assert_eq!(refusal(text), wanted, "{text}");
        }
    }

    #[test]
    fn nothing_in_the_place_of_a_word_is_json_all_the_same() {
        #[derive(Debug, Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum Word {
            One,
        }
        let problem = decode::<Vec<Word>>("[\"one\", null]", 4).unwrap_err();
        let fault = problem.faults().first().unwrap();
        assert_eq!((problem.code(), fault.pointer.as_str()), ("invalid", "/1"));
        assert!(matches!(decode::<Word>("\"one\"", 4), Ok(Word::One)));
    }

    #[test]
    fn a_value_of_the_wrong_type_is_not_repeated() {
        for (message, wanted) in [
            (
                "invalid type: integer `7`, expected a string",
                "invalid type: integer, expected a string",
            ),
            (
                "invalid type: string \"a, expected b\", expected u8",
                "invalid type: string, expected u8",
            ),
            ("invalid type: null, expected a map", "invalid type: null, expected a map"),
            ("missing field `a`", "missing field `a`"),
        ] {
            assert_eq!(without_value(message), wanted);
        }
    }

    #[test]
    fn places_are_lines_and_columns() {
        assert_eq!(place("ab\ncd", 4), (2, 2));
        assert_eq!(place("ab", 0), (1, 1));
    }
}
