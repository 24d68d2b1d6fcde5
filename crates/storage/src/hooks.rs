//! Hooks: addresses at which requests from outside start runs, and the last requests of each.

mod deliveries;

use gathering_database::{Sql, params, row};
use gathering_domain::{Actor, ApiKeyId, HookId, ProjectId, Timestamp};
use uuid::Uuid;

pub(crate) use deliveries::STATEMENTS as DELIVERY_STATEMENTS;
pub use deliveries::{DeliveryOutcome, HookDeliveryRow, deliver, forget, list_deliveries, prune};

use crate::{
    actor::actor_text,
    secrets::SealedItemRow,
    statement::{Query, Write, statements},
};

row! {
    /// A hook.
    #[derive(Debug, Clone, PartialEq)]
    pub struct HookRow {
        /// Its id.
        pub id: HookId as Uuid,
        /// Its project.
        pub project_id: ProjectId as Uuid,
        /// Who changed it last.
        pub actor: Actor as String => |text| serde_json::from_str(&text).ok(),
        /// By which API key they did.
        pub api_key_id: Option<ApiKeyId> as Option<Uuid> => |id| Some(id.map(ApiKeyId::from_uuid)),
        /// Its name.
        pub name: String,
        /// The hash of its token.
        pub token_hash: Vec<u8>,
        /// What it starts, and of which requests.
        pub rules: serde_json::Value,
        /// The secret by which requests are verified, sealed.
        pub sealed: Option<Vec<u8>>,
        /// Whether it takes requests.
        pub enabled: bool,
        /// Rises with each change.
        pub version: u64,
        /// When it was made.
        pub created_at: Timestamp as i64,
        /// When it was changed last.
        pub updated_at: Timestamp as i64,
        /// How many requests started a run.
        pub started: u64,
        /// How many had come before.
        pub repeated: u64,
        /// How many its filter did not want.
        pub ignored: u64,
        /// How many could not be verified.
        pub refused: u64,
        /// How many started no run, though they should have.
        pub failed: u64,
        /// When the last one came.
        pub last_at: Option<Timestamp> as Option<i64> => |at| Some(at.map(Timestamp::from_micros)),
    }
}

macro_rules! select {
    ($rest:literal) => {
        Sql::both(concat!(
            "SELECT id, project_id, actor, api_key_id, name, token_hash, rules, sealed, enabled, version, \
             created_at, updated_at, started, repeated, ignored, refused, failed, last_at FROM hooks ",
            $rest
        ))
    };
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO hooks (id, project_id, actor, api_key_id, name, token_hash, rules, sealed, enabled, \
         version, created_at, updated_at, started, repeated, ignored, refused, failed) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, $10, 0, 0, 0, 0, 0)",
    );
    UPDATE = Sql::both(
        "UPDATE hooks SET actor = $3, api_key_id = $4, name = $5, token_hash = $6, rules = $7, sealed = $8, \
         enabled = $9, version = version + 1, updated_at = $10 \
         WHERE id = $1 AND project_id = $2 AND version = $11",
    );
    FIND -> HookRow = select!("WHERE project_id = $1 AND id = $2");
    FIND_NAMED -> HookRow = select!("WHERE project_id = $1 AND name = $2");
    /// Nobody acts in a project that was closed.
    FIND_BY_TOKEN -> HookRow = select!(
        "WHERE token_hash = $1 AND NOT EXISTS \
         (SELECT 1 FROM projects WHERE projects.id = hooks.project_id AND closed_at IS NOT NULL)"
    );
    LIST -> HookRow = select!("WHERE project_id = $1 AND id > $2 ORDER BY id LIMIT $3");
    COUNT = Sql::both("SELECT count(*) FROM hooks WHERE project_id = $1");
    DELETE = Sql::both("DELETE FROM hooks WHERE project_id = $1 AND id = $2");
    UNDER_OTHERS = Sql::both(
        "SELECT count(*) FROM hooks WHERE sealed IS NOT NULL AND substr(sealed, 2, 8) <> $1"
    );
    NEXT_UNDER_OTHERS -> SealedItemRow = Sql::both(
        "SELECT id, project_id, name, sealed FROM hooks \
         WHERE sealed IS NOT NULL AND substr(sealed, 2, 8) <> $1 AND id > $2 ORDER BY id LIMIT $3",
    );
    RESEAL = Sql::both("UPDATE hooks SET sealed = $3 WHERE id = $1 AND sealed = $2");
}

/// Makes a hook of version 1.
pub fn insert(hook: &HookRow) -> Write {
    Write::new(
        INSERT,
        params![
            hook.id.uuid(),
            hook.project_id.uuid(),
            actor_text(hook.actor),
            hook.api_key_id.map(ApiKeyId::uuid),
            hook.name.as_str(),
            hook.token_hash.as_slice(),
            &hook.rules,
            hook.sealed.as_deref(),
            hook.enabled,
            hook.created_at.micros(),
        ],
    )
}

/// Writes what may change of a hook, if it still has the version of `hook`.
pub fn update(hook: &HookRow) -> Write {
    Write::new(
        UPDATE,
        params![
            hook.id.uuid(),
            hook.project_id.uuid(),
            actor_text(hook.actor),
            hook.api_key_id.map(ApiKeyId::uuid),
            hook.name.as_str(),
            hook.token_hash.as_slice(),
            &hook.rules,
            hook.sealed.as_deref(),
            hook.enabled,
            hook.updated_at.micros(),
            i64::try_from(hook.version).unwrap_or(i64::MAX),
        ],
    )
}

/// The hook of that id.
pub fn find(project_id: ProjectId, id: HookId) -> Query<HookRow> {
    Query::new(FIND, params![project_id.uuid(), id.uuid()])
}

/// The hook of that name.
pub fn find_named(project_id: ProjectId, name: &str) -> Query<HookRow> {
    Query::new(FIND_NAMED, params![project_id.uuid(), name])
}

/// The hook whose token has this hash, in a project that is open.
pub fn find_by_token(hash: &[u8]) -> Query<HookRow> {
    Query::new(FIND_BY_TOKEN, params![hash])
}

/// Hooks in the order in which they were made.
pub fn list(project_id: ProjectId, after: Option<Uuid>, limit: u32) -> Query<HookRow> {
    Query::new(LIST, params![project_id.uuid(), after.unwrap_or_default(), limit])
}

/// How many hooks there are.
pub fn count(project_id: ProjectId) -> Query<(u64,)> {
    Query::new(COUNT, params![project_id.uuid()])
}

/// Removes a hook.
pub fn delete(project_id: ProjectId, id: HookId) -> Write {
    Write::new(DELETE, params![project_id.uuid(), id.uuid()])
}

/// How many secrets of hooks are sealed under another key than this one.
pub fn count_under_others(key_id: &[u8]) -> Query<(u64,)> {
    Query::new(UNDER_OTHERS, params![key_id])
}

/// Secrets of hooks that are sealed under another key than this one, in the order of the hooks' ids.
pub fn next_under_others(key_id: &[u8], after: Uuid, limit: u32) -> Query<SealedItemRow> {
    Query::new(NEXT_UNDER_OTHERS, params![key_id, after, limit])
}

/// Puts a sealed secret in the place of the same secret sealed otherwise; nothing if it was written anew
/// meanwhile.
pub fn reseal(id: Uuid, from: &[u8], to: &[u8]) -> Write {
    Write::new(RESEAL, params![id, from, to])
}
