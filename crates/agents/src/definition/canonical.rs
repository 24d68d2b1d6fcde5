//! Canonical JSON and its hash: members sorted by key, no white space.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// `sha256:` and the digest, in hexadecimal.
pub(crate) fn hash(value: &Value) -> String {
    let digest = digest(value);
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let digits = digits.filter_map(|digit| char::from_digit(u32::from(digit), 16));
    "sha256:".chars().chain(digits).collect()
}

/// The digest of the value in canonical form.
pub(crate) fn digest(value: &Value) -> [u8; 32] {
    Sha256::digest(sorted(value).to_string()).into()
}

/// The same value with sorted members, whichever map the JSON library was built with.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(key, _)| *key);
            let sorted: Map<_, _> =
                members.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            Value::Object(sorted)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}
