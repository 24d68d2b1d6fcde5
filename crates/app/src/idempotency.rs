//! Idempotency keys: what is asked under one, and what a second use of it means.

use gathering_domain::{ContentHash, ProjectId};
use gathering_storage::{
    Idempotency, IdempotencyRow, Tx, find_idempotency_key, take_idempotency_key,
};
use serde_json::Value;
use uuid::Uuid;

use crate::{App, Conflict, Error, Result};

/// The longest key, in bytes.
const MAX_KEY_BYTES: usize = 200;

/// What is stored of a key and of the request that came with it, if one came. Keys of different
/// scopes do not meet.
pub(crate) fn asked_once(
    scope: &str,
    key: Option<String>,
    request: impl FnOnce() -> Value,
) -> Result<Option<Idempotency>> {
    let Some(key) = key else { return Ok(None) };
    check_key(&key)?;
    let request_hash = ContentHash::of(&request()).bytes().to_vec();
    Ok(Some(Idempotency { scope: scope.to_owned(), key, request_hash }))
}

/// Refuses a key that is none.
pub(crate) fn check_key(key: &str) -> Result<()> {
    if (1..=MAX_KEY_BYTES).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()) {
        return Ok(());
    }
    let message = format!("an idempotency key has 1 to {MAX_KEY_BYTES} printable ASCII characters");
    Err(Error::invalid_field("/idempotency_key", "invalid_key", message))
}

/// Refuses a key that came with another request before.
pub(crate) fn require_same(row: &IdempotencyRow, asked: &Idempotency) -> Result<()> {
    if row.request_hash == asked.request_hash {
        return Ok(());
    }
    let message = format!("the key `{}` came with another request before", asked.key);
    Err(Error::conflict(Conflict::IdempotencyMismatch, message))
}

impl App {
    /// What an earlier request with the same key made. Asked before anything else is looked at: what
    /// the first request needed may be gone meanwhile.
    pub(crate) async fn made_before(
        &self,
        project_id: ProjectId,
        asked: Option<&Idempotency>,
    ) -> Result<Option<IdempotencyRow>> {
        let Some(asked) = asked else { return Ok(None) };
        let earlier = find_idempotency_key(project_id, &asked.scope, &asked.key);
        let earlier = earlier.first(self.database()).await?;
        earlier.map(|row| require_same(&row, asked).map(|()| row)).transpose()
    }

    /// Makes the thing of that id in one transaction, once for a key. Of two requests with the same
    /// key that come at once, the later is given what the earlier made.
    pub(crate) async fn make_once<T: Send + 'static>(
        &self,
        project_id: ProjectId,
        asked: Option<Idempotency>,
        id: Uuid,
        make: impl Fn(&mut Tx<'_>, Option<&IdempotencyRow>) -> Result<T> + Send + Sync + 'static,
    ) -> Result<T> {
        let now = self.now();
        let made = self.audited(move |tx| {
            let Some(asked) = &asked else { return make(tx, None) };
            let earlier = find_idempotency_key(project_id, &asked.scope, &asked.key);
            if let Some(earlier) = earlier.first_in(tx)? {
                require_same(&earlier, asked)?;
                return make(tx, Some(&earlier));
            }
            let made = make(tx, None)?;
            take_idempotency_key(project_id, asked, id, now).run_in(tx)?;
            Ok(made)
        });
        made.await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_short_and_printable() {
        for key in ["a", "0197-…".trim_end_matches('…')] {
            assert!(check_key(key).is_ok(), "{key:?}");
        }
        for key in ["", "a b", "a\n", "ü", &"x".repeat(201)] {
            assert_eq!(check_key(key).unwrap_err().code(), "invalid", "{key:?}");
        }
    }
}
