//! The canonical form of a JSON value, so that equal values have equal hashes.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// SHA-256 over the value's JSON without spaces and with sorted keys.
pub(crate) fn hash(value: &Value) -> [u8; 32] {
    let mut text = String::new();
    write(value, &mut text);
    Sha256::digest(text.as_bytes()).into()
}

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
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(key, _)| key.as_str());
            text.push('{');
            for (at, (key, member)) in members.into_iter().enumerate() {
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

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_keys_does_not_count_and_that_of_items_does() {
        let read = |text: &str| hash(&serde_json::from_str(text).unwrap());
        assert_eq!(
            read(r#"{"a":[1,{"x":1,"y":2}],"b":"é"}"#),
            read(r#"{"b":"é","a":[1,{"y":2,"x":1}]}"#)
        );
        assert_ne!(read("[1,2]"), read("[2,1]"));
        assert_ne!(read(r#"{"a":1}"#), read(r#"{"a":"1"}"#));
        assert_eq!(hex(&[0, 171]), "00ab");
    }
}
