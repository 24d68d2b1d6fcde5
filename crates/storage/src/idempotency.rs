//! Idempotency keys: what was asked under a key, and what came of it.

use gathering_database::{Sql, params, row};
use gathering_domain::{ProjectId, Timestamp};
use uuid::Uuid;

use crate::statement::{Query, Write, statements};

/// The constraint that refuses a second use of a key.
pub const IDEMPOTENCY_CONSTRAINT: &str = "idempotency_keys_pkey";

/// A key under which something is asked for once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// What kind of request, such as `run.start`; keys of different scopes do not meet.
    pub scope: String,
    /// The caller's key.
    pub key: String,
    /// A hash of the request, to tell a repetition from a mistake.
    pub request_hash: Vec<u8>,
}

row! {
    /// What was asked under a key.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct IdempotencyRow {
        /// A hash of the request.
        pub request_hash: Vec<u8>,
        /// What was created for it.
        pub target_id: Uuid,
        /// When.
        pub created_at: Timestamp as i64,
    }
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO idempotency_keys (project_id, scope, key, request_hash, target_id, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6)"
    );
    FIND -> IdempotencyRow = Sql::both(
        "SELECT request_hash, target_id, created_at FROM idempotency_keys \
         WHERE project_id = $1 AND scope = $2 AND key = $3"
    );
}

/// Takes a key; fails the unit with a violation of [`IDEMPOTENCY_CONSTRAINT`] if it is taken.
pub fn take_idempotency_key(
    project_id: ProjectId,
    idempotency: &Idempotency,
    target_id: Uuid,
    now: Timestamp,
) -> Write {
    let Idempotency { scope, key, request_hash } = idempotency;
    Write::new(
        INSERT,
        params![
            project_id.uuid(),
            scope.as_str(),
            key.as_str(),
            request_hash.as_slice(),
            target_id,
            now.micros()
        ],
    )
}

/// What was asked under a key, if it was used.
pub fn find_idempotency_key(
    project_id: ProjectId,
    scope: &str,
    key: &str,
) -> Query<IdempotencyRow> {
    Query::new(FIND, params![project_id.uuid(), scope, key])
}
