//! Chains: where each ends, and how records get to the end of one.

use gathering_database::{Sql, Unit, params, row};
use uuid::Uuid;

use super::{ChainHash, PendingRow, pending};
use crate::statement::{Query, Write, statements};

row! {
    /// Where a chain ends.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ChainEndRow {
        /// The chain.
        pub stream: Uuid,
        /// The number of its last entry.
        pub seq: u64,
        /// That entry's hash.
        pub hash: Vec<u8>,
    }
}

/// An entry of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The chain.
    pub stream: Uuid,
    /// Its number there, from 1.
    pub seq: u64,
    /// Its hash.
    pub hash: ChainHash,
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO audit_entries \
         (stream, seq, at, content, hash, action, actor, outcome, project_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    );
    END -> ChainEndRow = Sql::both(
        "SELECT stream, seq, hash FROM audit_streams WHERE stream = $1",
    );
    BEGIN = Sql::both(
        "INSERT INTO audit_streams (stream, seq, hash, sealed_seq) VALUES ($1, $2, $3, 0)",
    );
    GROW = Sql::both(
        "UPDATE audit_streams SET seq = $2, hash = $3 WHERE stream = $1 AND seq = $4",
    );
    UNSEALED -> ChainEndRow = Sql::both(
        "SELECT stream, seq, hash FROM audit_streams WHERE seq > sealed_seq ORDER BY stream LIMIT $1",
    );
    SEAL = Sql::both("UPDATE audit_streams SET sealed_seq = $2 WHERE stream = $1 AND sealed_seq < $2");
}

/// Where a chain ends; none while it has no entry.
pub fn end(stream: Uuid) -> Query<ChainEndRow> {
    Query::new(END, params![stream])
}

/// The ends of chains that no checkpoint has sealed yet.
pub fn unsealed(limit: u32) -> Query<ChainEndRow> {
    Query::new(UNSEALED, params![limit])
}

/// Notes that a checkpoint has sealed a chain up to there.
pub(super) fn seal(head: &Head) -> Write {
    Write::new(SEAL, params![head.stream, number(head.seq)])
}

/// Moves records to the end of a chain, all or none: they must be there still, and the chain must end
/// where it was seen to end.
#[derive(Debug)]
pub struct Chaining {
    stream: Uuid,
    found: u64,
    end: Option<(u64, ChainHash)>,
    unit: Unit,
}

impl Chaining {
    /// Begins at the end of the chain: after `seq` entries.
    pub fn after(stream: Uuid, seq: u64) -> Self {
        Self { stream, found: seq, end: None, unit: Unit::new() }
    }

    /// Moves a record to the end; with it, everything before it has this hash.
    pub fn push(&mut self, row: PendingRow, hash: ChainHash) {
        let seq = self.end.map_or(self.found, |(seq, _)| seq) + 1;
        let PendingRow { id, at, content, action, actor, outcome, project_id } = row;
        let (stream, hash_bytes) = (self.stream, hash.to_vec());
        let values = params![
            stream,
            number(seq),
            at.micros(),
            content,
            hash_bytes,
            action,
            actor,
            outcome,
            project_id
        ];
        self.unit.push(pending::delete(id).into());
        self.unit.push(Write::new(INSERT, values).into());
        self.end = Some((seq, hash));
    }

    /// All of it as one unit.
    pub fn unit(self) -> Unit {
        let Self { stream, found, end, mut unit } = self;
        if let Some((seq, hash)) = end {
            let grown = match found {
                0 => Write::new(BEGIN, params![stream, number(seq), hash.to_vec()]),
                _ => Write::new(GROW, params![stream, number(seq), hash.to_vec(), number(found)]),
            };
            unit.push(grown.expecting(1).into());
        }
        unit
    }
}

fn number(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
