//! Triggers: what starts runs when something happens, and the last events of each.

mod firings;

use gathering_database::{Sql, params, row};
use gathering_domain::{Actor, ApiKeyId, ProjectId, Timestamp, TriggerId};
use uuid::Uuid;

pub(crate) use firings::STATEMENTS as FIRING_STATEMENTS;
pub use firings::{
    FiringOutcome, FiringRow, any_since, count_in, fire, forget, list_firings, prune,
};

use crate::{
    Position,
    actor::actor_text,
    statement::{Query, Write, statements},
};

row! {
    /// A trigger.
    #[derive(Debug, Clone, PartialEq)]
    pub struct TriggerRow {
        /// Its id.
        pub id: TriggerId as Uuid,
        /// Its project.
        pub project_id: ProjectId as Uuid,
        /// Who changed it last.
        pub actor: Actor as String => |text| serde_json::from_str(&text).ok(),
        /// By which API key they did.
        pub api_key_id: Option<ApiKeyId> as Option<Uuid> => |id| Some(id.map(ApiKeyId::from_uuid)),
        /// Its name.
        pub name: String,
        /// What it starts, and for which events.
        pub rules: serde_json::Value,
        /// Whether it fires.
        pub enabled: bool,
        /// It fires for what comes after this place in the log.
        pub since: Position as i64 => |position| Some(Position(position)),
        /// Rises with each change.
        pub version: u64,
        /// When it was made.
        pub created_at: Timestamp as i64,
        /// When it was changed last.
        pub updated_at: Timestamp as i64,
        /// How many events started a run.
        pub started: u64,
        /// How many started none, so that there is no end to it, or too many at once.
        pub dropped: u64,
        /// How many started none, though they should have.
        pub failed: u64,
        /// When the last one came.
        pub last_at: Option<Timestamp> as Option<i64> => |at| Some(at.map(Timestamp::from_micros)),
    }
}

macro_rules! select {
    ($rest:literal) => {
        Sql::both(concat!(
            "SELECT id, project_id, actor, api_key_id, name, rules, enabled, since, version, created_at, \
             updated_at, started, dropped, failed, last_at FROM triggers ",
            $rest
        ))
    };
}

statements! {
    /// It fires for what comes after the present end: 4096 entries fit into a row.
    INSERT = Sql::both(
        "INSERT INTO triggers (id, project_id, actor, api_key_id, name, rules, enabled, since, version, \
         created_at, updated_at, started, dropped, failed) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, (SELECT COALESCE(MAX(id), 0) * 4096 + 4095 FROM log), 1, \
         $8, $8, 0, 0, 0)",
    );
    UPDATE = Sql::both(
        "UPDATE triggers SET actor = $3, api_key_id = $4, name = $5, rules = $6, enabled = $7, \
         since = CASE WHEN enabled THEN since \
           ELSE (SELECT COALESCE(MAX(id), 0) * 4096 + 4095 FROM log) END, \
         version = version + 1, updated_at = $8 \
         WHERE id = $1 AND project_id = $2 AND version = $9",
    );
    FIND -> TriggerRow = select!("WHERE project_id = $1 AND id = $2");
    FIND_NAMED -> TriggerRow = select!("WHERE project_id = $1 AND name = $2");
    LIST -> TriggerRow = select!("WHERE project_id = $1 AND id > $2 ORDER BY id LIMIT $3");
    /// Nobody acts in a project that was closed.
    LIST_ENABLED -> TriggerRow = select!(
        "WHERE project_id = $1 AND enabled AND NOT EXISTS \
         (SELECT 1 FROM projects WHERE projects.id = triggers.project_id AND closed_at IS NOT NULL) \
         ORDER BY id LIMIT $2"
    );
    ANY_ENABLED = Sql::both("SELECT 1 FROM triggers WHERE enabled LIMIT 1");
    COUNT = Sql::both("SELECT count(*) FROM triggers WHERE project_id = $1");
    DELETE = Sql::both("DELETE FROM triggers WHERE project_id = $1 AND id = $2");
}

/// Makes a trigger of version 1, which fires for what comes from now on.
pub fn insert(trigger: &TriggerRow) -> Write {
    Write::new(
        INSERT,
        params![
            trigger.id.uuid(),
            trigger.project_id.uuid(),
            actor_text(trigger.actor),
            trigger.api_key_id.map(ApiKeyId::uuid),
            trigger.name.as_str(),
            &trigger.rules,
            trigger.enabled,
            trigger.created_at.micros(),
        ],
    )
}

/// Writes what may change of a trigger, if it still has the version of `trigger`. One that did not fire
/// until now fires for what comes from now on.
pub fn update(trigger: &TriggerRow) -> Write {
    Write::new(
        UPDATE,
        params![
            trigger.id.uuid(),
            trigger.project_id.uuid(),
            actor_text(trigger.actor),
            trigger.api_key_id.map(ApiKeyId::uuid),
            trigger.name.as_str(),
            &trigger.rules,
            trigger.enabled,
            trigger.updated_at.micros(),
            i64::try_from(trigger.version).unwrap_or(i64::MAX),
        ],
    )
}

/// The trigger of that id.
pub fn find(project_id: ProjectId, id: TriggerId) -> Query<TriggerRow> {
    Query::new(FIND, params![project_id.uuid(), id.uuid()])
}

/// The trigger of that name.
pub fn find_named(project_id: ProjectId, name: &str) -> Query<TriggerRow> {
    Query::new(FIND_NAMED, params![project_id.uuid(), name])
}

/// Triggers in the order in which they were made.
pub fn list(project_id: ProjectId, after: Option<Uuid>, limit: u32) -> Query<TriggerRow> {
    Query::new(LIST, params![project_id.uuid(), after.unwrap_or_default(), limit])
}

/// Triggers of an open project that fire.
pub fn list_enabled(project_id: ProjectId, limit: u32) -> Query<TriggerRow> {
    Query::new(LIST_ENABLED, params![project_id.uuid(), limit])
}

/// Finds a row if any trigger fires.
pub fn any_enabled() -> Query<(i32,)> {
    Query::new(ANY_ENABLED, params![])
}

/// How many triggers there are.
pub fn count(project_id: ProjectId) -> Query<(u64,)> {
    Query::new(COUNT, params![project_id.uuid()])
}

/// Removes a trigger.
pub fn delete(project_id: ProjectId, id: TriggerId) -> Write {
    Write::new(DELETE, params![project_id.uuid(), id.uuid()])
}
