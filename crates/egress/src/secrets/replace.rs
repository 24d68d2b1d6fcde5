//! Putting names in the place of values, in bytes and in JSON.

use std::borrow::Cow;

use serde_json::Value;

use super::needles::Needles;

/// Replaces what is found; borrowed if there is nothing.
pub(super) fn replaced<'a>(needles: &Needles, bytes: &'a [u8]) -> Cow<'a, [u8]> {
    if needles.is_empty() {
        return Cow::Borrowed(bytes);
    }
    let (mut shown, mut from, mut at) = (Vec::new(), 0, 0);
    while at < bytes.len() {
        if let Some((length, marker)) = needles.at_beginning(&bytes[at..]) {
            shown.extend_from_slice(&bytes[from..at]);
            shown.extend_from_slice(marker);
            at += length;
            from = at;
        } else {
            at += 1;
        }
    }
    if from == 0 {
        return Cow::Borrowed(bytes);
    }
    shown.extend_from_slice(&bytes[from..]);
    Cow::Owned(shown)
}

/// Replaces what is found in every text and key; nothing if there is nothing.
pub(super) fn redact_value(needles: &Needles, value: &Value) -> Option<Value> {
    let text = |text: &str| match replaced(needles, text.as_bytes()) {
        Cow::Borrowed(_) => None,
        Cow::Owned(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
    };
    match value {
        Value::Null | Value::Bool(_) => None,
        // A value may be all digits.
        Value::Number(number) => text(&number.to_string()).map(Value::String),
        Value::String(own) => text(own).map(Value::String),
        Value::Array(items) => {
            let found: Vec<_> = items.iter().map(|item| redact_value(needles, item)).collect();
            let found_any = found.iter().any(Option::is_some);
            let items = items.iter().zip(found);
            found_any.then(|| items.map(|(old, new)| new.unwrap_or_else(|| old.clone())).collect())
        }
        Value::Object(fields) => {
            let found: Vec<_> = fields
                .iter()
                .map(|(key, value)| (text(key), redact_value(needles, value)))
                .collect();
            let found_any = found.iter().any(|(key, value)| key.is_some() || value.is_some());
            let fields = fields.iter().zip(found);
            found_any.then(|| {
                let fields = fields.map(|((old_key, old), (key, new))| {
                    (key.unwrap_or_else(|| old_key.clone()), new.unwrap_or_else(|| old.clone()))
                });
                Value::Object(fields.collect())
            })
        }
    }
}
