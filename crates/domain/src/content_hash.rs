//! The hash of a JSON value, equal for equal values however they were written down.

use std::fmt;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// SHA-256 over a value's canonical JSON: no spaces, members in the order of their keys' bytes.
/// Prints as hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash([u8; 32]);

impl ContentHash {
    /// The hash of a value.
    pub fn of(value: &Value) -> Self {
        let mut text = String::new();
        write(value, &mut text);
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// Its bytes.
    pub const fn bytes(self) -> [u8; 32] {
        self.0
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// Bytes as hexadecimal digits, in lower case.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).expect("four bits are a digit");
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Written here and not by `serde_json`, whose order of members depends on how it was built.
fn write(value: &Value, text: &mut String) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by_key(|(key, _)| key.as_str());
            text.push('{');
            for (at, (key, member)) in sorted.into_iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                write(member, text);
            }
            text.push('}');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            text.push_str(&value.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_is_that_of_the_canonical_text() {
        let mut text = String::new();
        write(&json!({ "b": [1, 2.5, null], "a": "é\"" }), &mut text);
        assert_eq!(text, r#"{"a":"é\"","b":[1,2.5,null]}"#);
        assert_eq!(
            ContentHash::of(&json!({})).to_string(),
            "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
        );
    }

    #[test]
    fn the_order_of_keys_does_not_count_and_that_of_items_does() {
        let read = |text: &str| ContentHash::of(&serde_json::from_str(text).unwrap());
        assert_eq!(
            read(r#"{"a":[1,{"x":1,"y":2}],"b":"é"}"#),
            read(r#"{"b":"é","a":[1,{"y":2,"x":1}]}"#)
        );
        assert_ne!(read("[1,2]"), read("[2,1]"));
        assert_ne!(read(r#"{"a":1}"#), read(r#"{"a":"1"}"#));
        assert_eq!(hex(&[0, 171]), "00ab");
    }
}
