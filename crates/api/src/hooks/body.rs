//! What expressions see of the query and the body of a request to a hook.

use http::{HeaderMap, header};
use serde_json::{Map, Value};

use crate::{
    Problem,
    decode::decode,
    extract::{is_json, media_type, text},
};

/// The media type of a form.
const FORM: &str = "application/x-www-form-urlencoded";
/// The most fields of a form or of a query; what comes after them is not seen.
const MOST_FIELDS: usize = 1_000;

/// The body: JSON as its value, a form as its fields, all else as text; `null` if there is none.
pub(super) fn seen(headers: &HeaderMap, body: &[u8], json_depth: usize) -> Result<Value, Problem> {
    if body.is_empty() {
        return Ok(Value::Null);
    }
    match media_type(headers)?.as_deref() {
        Some(media_type) if is_json(media_type) => decode(&text(body.to_vec())?, json_depth),
        Some(FORM) => Ok(fields(body)),
        _ => text(body.to_vec()).map(Value::String),
    }
}

/// Fields by their names: a text, or a list of texts where a name comes more than once.
pub(super) fn fields(encoded: &[u8]) -> Value {
    let mut fields = Map::new();
    for (name, value) in form_urlencoded::parse(encoded).take(MOST_FIELDS) {
        let value = Value::String(value.into_owned());
        match fields.get_mut(name.as_ref()) {
            None => drop(fields.insert(name.into_owned(), value)),
            Some(Value::Array(all)) => all.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    Value::Object(fields)
}

/// The headers by their names in lower case; values that come more than once in one text.
pub(super) fn headers(headers: &HeaderMap) -> std::collections::BTreeMap<String, String> {
    let mut seen = std::collections::BTreeMap::<String, String>::new();
    for (name, value) in headers {
        if name == header::AUTHORIZATION || name == header::COOKIE {
            continue;
        }
        let value = String::from_utf8_lossy(value.as_bytes());
        let all = seen.entry(name.as_str().to_owned()).or_default();
        if !all.is_empty() {
            all.push_str(", ");
        }
        all.push_str(&value);
    }
    seen
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of_type(media_type: Option<&str>) -> HeaderMap {
        let header = |value: &str| (header::CONTENT_TYPE, value.parse().unwrap());
        media_type.map(header).into_iter().collect()
    }

    #[test]
    fn a_body_is_seen_as_what_it_says_it_is() {
        for (media_type, body, wanted) in [
            (Some("application/json"), r#"{"a":[1]}"#, json!({ "a": [1] })),
            (Some("application/cloudevents+json; charset=utf-8"), "7", json!(7)),
            (Some(FORM), "a=1&b=x+y&a=%C3%BC", json!({ "a": ["1", "ü"], "b": "x y" })),
            (Some("text/plain"), "hello", json!("hello")),
            (None, "{}", json!("{}")),
            (Some("application/json"), "", json!(null)),
        ] {
            assert_eq!(seen(&of_type(media_type), body.as_bytes(), 8).unwrap(), wanted, "{body}");
        }
    }

    #[test]
    fn a_body_that_is_not_what_it_says_is_refused() {
        for (media_type, body, wanted) in [
            (Some("application/json"), &b"{"[..], "invalid_json"),
            (Some("application/json"), b"[[[[[[[[[1]]]]]]]]]", "too_deep"),
            (Some("text/plain"), b"\xff", "not_utf8"),
            (Some("text/plain; charset=latin1"), b"x", "unsupported_media_type"),
        ] {
            assert_eq!(seen(&of_type(media_type), body, 8).unwrap_err().code(), wanted);
        }
    }

    #[test]
    fn headers_that_prove_somebody_are_not_passed_on() {
        let given = HeaderMap::from_iter([
            (header::AUTHORIZATION, "Bearer x".parse().unwrap()),
            (header::COOKIE, "a=b".parse().unwrap()),
            (header::ACCEPT, "a".parse().unwrap()),
        ]);
        let seen = headers(&given);
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [("accept".to_owned(), "a".to_owned())]);
    }
}
