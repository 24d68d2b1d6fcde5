//! The audit trail: entries in chains, one chain for each process that writes.

use gathering_database::{Sql, params, row};
use gathering_domain::{ProjectId, Timestamp};
use uuid::Uuid;

use crate::statement::{Query, Write, statements};

/// The bytes of the hash of an entry and of everything before it.
pub type ChainHash = [u8; 32];

row! {
    /// The end of a chain.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ChainEnd {
        /// The number of its last entry.
        pub seq: u64,
        /// That entry's hash.
        pub hash: Vec<u8>,
    }
}

/// An entry that comes into being.
#[derive(Debug, Clone)]
pub struct NewAuditEntry<'a> {
    /// The chain: the id of the process that writes.
    pub stream: Uuid,
    /// Its number in the chain, from 1.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// The entry, as JSON.
    pub content: &'a str,
    /// The hash of the entry and of everything before it.
    pub hash: &'a ChainHash,
    /// The word of what was done.
    pub action: &'a str,
    /// Who did it, as JSON.
    pub actor: &'a str,
    /// The word of how it ended.
    pub outcome: &'a str,
    /// The project in which it was done, if in one.
    pub project_id: Option<ProjectId>,
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO audit_entries \
         (stream, seq, at, content, hash, action, actor, outcome, project_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    );
    END -> ChainEnd = Sql::both(
        "SELECT seq, hash FROM audit_entries WHERE stream = $1 ORDER BY seq DESC LIMIT 1",
    );
}

/// Adds an entry to its chain.
pub fn insert(entry: &NewAuditEntry<'_>) -> Write {
    let NewAuditEntry { stream, seq, at, content, hash, action, actor, outcome, project_id } =
        *entry;
    let seq = i64::try_from(seq).unwrap_or(i64::MAX);
    let project_id = project_id.map(ProjectId::uuid);
    Write::new(
        INSERT,
        params![stream, seq, at.micros(), content, &hash[..], action, actor, outcome, project_id],
    )
}

/// The end of a chain; none while it has no entry.
pub fn end(stream: Uuid) -> Query<ChainEnd> {
    Query::new(END, params![stream])
}
