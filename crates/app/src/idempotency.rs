//! Idempotency keys: what is checked of them, and what a second use means.

use gathering_storage::{Idempotency, IdempotencyRow};
use serde_json::Value;

use crate::{Conflict, Error, Result, canonical};

/// The longest key, in bytes.
const MAX_KEY_BYTES: usize = 200;

/// Refuses a key that is none.
pub(crate) fn check_key(key: Option<&str>) -> Result<()> {
    let fits = |key: &str| {
        (1..=MAX_KEY_BYTES).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic())
    };
    if key.is_none_or(fits) {
        return Ok(());
    }
    let message = format!("an idempotency key has 1 to {MAX_KEY_BYTES} printable ASCII characters");
    Err(Error::invalid_field("/idempotency_key", "invalid_key", message))
}

/// What is stored of a key and of the request that came with it.
pub(crate) fn idempotency(
    scope: &str,
    key: Option<String>,
    request: &Value,
) -> Option<Idempotency> {
    let request_hash = canonical::hash(request).to_vec();
    key.map(|key| Idempotency { scope: scope.to_owned(), key, request_hash })
}

/// Refuses a key that came with another request before.
pub(crate) fn require_same(row: &IdempotencyRow, asked: &Idempotency) -> Result<()> {
    if row.request_hash == asked.request_hash {
        return Ok(());
    }
    let message = format!("the key `{}` came with another request before", asked.key);
    Err(Error::conflict(Conflict::IdempotencyMismatch, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_short_and_printable() {
        for key in [None, Some("a"), Some("0197-…".trim_end_matches('…'))] {
            assert!(check_key(key).is_ok(), "{key:?}");
        }
        for key in ["", "a b", "a\n", "ü", &"x".repeat(201)] {
            assert_eq!(check_key(Some(key)).unwrap_err().code(), "invalid", "{key:?}");
        }
    }
}
