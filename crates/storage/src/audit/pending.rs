//! Records that have no place in a chain yet.

use gathering_database::{Sql, params, row};
use gathering_domain::{ProjectId, RunId, Timestamp};
use uuid::Uuid;

use crate::statement::{Query, Write, statements};

/// A record, as it is written beside what it tells.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its place among the records of its process.
    pub id: Uuid,
    /// The process that writes it.
    pub stream: Uuid,
    /// When.
    pub at: Timestamp,
    /// The entry, as JSON.
    pub content: String,
    /// The word of what was done.
    pub action: &'static str,
    /// Who did it, as JSON.
    pub actor: String,
    /// The word of how it ended.
    pub outcome: &'static str,
    /// The project in which it was done, if in one.
    pub project_id: Option<ProjectId>,
}

row! {
    /// A record that waits for its place in a chain.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct PendingRow {
        /// Its place among the records of its process.
        pub id: Uuid,
        /// When.
        pub at: Timestamp as i64,
        /// The entry, as JSON.
        pub content: String,
        /// The word of what was done.
        pub action: String,
        /// Who did it, as JSON.
        pub actor: String,
        /// The word of how it ended.
        pub outcome: String,
        /// The project in which it was done, if in one.
        pub project_id: Option<Uuid>,
    }
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO audit_pending (id, stream, at, content, action, actor, outcome, project_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    );
    /// Comes after the message was put into the inbox, unless the run has ended or another was faster.
    INSERT_IF_TOLD = Sql::both(
        "INSERT INTO audit_pending (id, stream, at, content, action, actor, outcome, project_id) \
         SELECT $1, $2, $3, $4, $5, $6, $7, $8 \
         FROM inbox WHERE run_id = $9 AND key = $10 AND message = $11",
    );
    PENDING -> PendingRow = Sql::both(
        "SELECT id, at, content, action, actor, outcome, project_id FROM audit_pending \
         WHERE stream = $1 OR at < $2 ORDER BY id LIMIT $3",
    );
    DELETE = Sql::both("DELETE FROM audit_pending WHERE id = $1");
}

/// Records something, in the transaction of what it tells.
pub fn record(record: Record) -> Write {
    let Record { id, stream, at, content, action, actor, outcome, project_id } = record;
    let project_id = project_id.map(ProjectId::uuid);
    Write::new(
        INSERT,
        params![id, stream, at.micros(), content, action, actor, outcome, project_id],
    )
}

/// Records something if this message lies in the run's inbox under this key.
pub fn record_if_told(record: Record, run_id: RunId, key: String, message: String) -> Write {
    let Record { id, stream, at, content, action, actor, outcome, project_id } = record;
    let project_id = project_id.map(ProjectId::uuid);
    let at = at.micros();
    let values = params![
        id,
        stream,
        at,
        content,
        action,
        actor,
        outcome,
        project_id,
        run_id.uuid(),
        key,
        message
    ];
    Write::new(INSERT_IF_TOLD, values)
}

/// The first records of a process, and of any that has left some behind since before.
pub fn pending(stream: Uuid, left_before: Timestamp, limit: u32) -> Query<PendingRow> {
    Query::new(PENDING, params![stream, left_before.micros(), limit])
}

/// Takes a record away; it must be there.
pub(super) fn delete(id: Uuid) -> Write {
    Write::new(DELETE, params![id]).expecting(1)
}
