//! Entries of the trail, as they are looked at.

use gathering_database::{Sql, params, row};
use gathering_domain::{ProjectId, Timestamp};
use uuid::Uuid;

use crate::statement::{Query, statements};

row! {
    /// An entry.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct EntryRow {
        /// Its chain.
        pub stream: Uuid,
        /// Its number there.
        pub seq: u64,
        /// When, as the row has it.
        pub at: Timestamp as i64,
        /// The entry, as JSON.
        pub content: String,
        /// The hash of the entry and of everything before it.
        pub hash: Vec<u8>,
        /// What was done, as the row has it.
        pub action: String,
        /// Who did it, as the row has it.
        pub actor: String,
        /// How it ended, as the row has it.
        pub outcome: String,
        /// In which project, as the row has it.
        pub project_id: Option<Uuid>,
    }

    /// The first and the last entry of a part of a chain; none, if it is empty.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct SpanRow {
        /// The number of the first one.
        pub first: Option<u64>,
        /// The number of the last one.
        pub last: Option<u64>,
    }

    /// A link of a chain.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct LinkRow {
        /// The entry's number.
        pub seq: u64,
        /// Its hash.
        pub hash: Vec<u8>,
    }
}

/// The place of an entry in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryPlace {
    /// When.
    pub at: Timestamp,
    /// Its chain.
    pub stream: Uuid,
    /// Its number there.
    pub seq: u64,
}

/// Which entries a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryFilter {
    /// Those of this action.
    pub action: Option<&'static str>,
    /// Those of this actor, as JSON.
    pub actor: Option<String>,
    /// Those that ended so.
    pub outcome: Option<&'static str>,
    /// Those in this project.
    pub project_id: Option<ProjectId>,
    /// Those since then.
    pub from: Option<Timestamp>,
    /// Those before then.
    pub to: Option<Timestamp>,
}

/// The outcome that nearly all entries have, and that no index helps to find.
const USUAL: &str = "done";

/// Reads entries with what follows.
macro_rules! select {
    ($($rest:literal),+) => {
        Sql::both(concat!(
            "SELECT stream, seq, at, content, hash, action, actor, outcome, project_id FROM audit_entries ",
            $($rest),+
        ))
    };
}

/// Lists those entries that meet `$first`, which names the index that finds them, and `$also`.
macro_rules! list {
    ($first:literal, $also:literal) => {
        select!(
            "WHERE ",
            $first,
            "(at, stream, seq) < ($1, $2, $3) AND at >= $4 \
             AND (CAST($5 AS text) IS NULL OR outcome = $5) AND ($6 OR project_id = $7) ",
            $also,
            "ORDER BY at DESC, stream DESC, seq DESC LIMIT $8"
        )
    };
}

statements! {
    LIST -> EntryRow = list!("", "");
    LIST_BY_ACTION -> EntryRow = list!("action = $9 AND ", "");
    LIST_BY_ACTOR -> EntryRow = list!("actor = $9 AND ", "AND (CAST($10 AS text) IS NULL OR action = $10) ");
    LIST_BY_PROJECT -> EntryRow =
        list!("project_id = $9 AND ", "AND (CAST($10 AS text) IS NULL OR action = $10) ");
    /// Of those outcomes that have an index: all but the usual one.
    LIST_BY_OUTCOME -> EntryRow = list!("outcome = $9 AND outcome <> 'done' AND ", "");
    /// Loose: one step of the index for each chain.
    NEXT_STREAM -> (Uuid,) = Sql::both(
        "SELECT stream FROM audit_entries WHERE stream > $1 ORDER BY stream LIMIT 1",
    );
    OF_STREAM -> EntryRow = select!("WHERE stream = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4");
    LINK -> LinkRow = Sql::both("SELECT seq, hash FROM audit_entries WHERE stream = $1 AND seq = $2");
    LAST_OF -> LinkRow = Sql::both(
        "SELECT seq, hash FROM audit_entries WHERE stream = $1 ORDER BY seq DESC LIMIT 1",
    );
    /// The sums keep PostgreSQL from walking the chain from either end to the first that fits.
    BETWEEN -> SpanRow = Sql::both(
        "SELECT min(seq + 0) AS first, max(seq + 0) AS last FROM audit_entries \
         WHERE stream = $1 AND at >= $2 AND at < $3",
    );
}

/// Entries, the newest first, after a place.
pub fn list(filter: &EntryFilter, after: Option<EntryPlace>, limit: u32) -> Query<EntryRow> {
    let end = EntryPlace {
        at: filter.to.unwrap_or(Timestamp::from_micros(i64::MAX)),
        stream: Uuid::nil(),
        seq: 0,
    };
    let EntryPlace { at, stream, seq } = after.unwrap_or(end);
    let from = filter.from.unwrap_or(Timestamp::from_micros(i64::MIN));
    let mut values = params![
        at.micros(),
        stream,
        i64::try_from(seq).unwrap_or(i64::MAX),
        from.micros(),
        filter.outcome,
        filter.project_id.is_none(),
        filter.project_id.map(ProjectId::uuid),
        limit,
    ];
    let EntryFilter { action, actor, outcome, project_id, .. } = filter;
    // By what few entries have in common, as a rule.
    match (actor, project_id, action, outcome) {
        (Some(actor), ..) => {
            values.extend(params![actor.as_str(), *action]);
            Query::new(LIST_BY_ACTOR, values)
        }
        (None, Some(project_id), ..) => {
            values.extend(params![project_id.uuid(), *action]);
            Query::new(LIST_BY_PROJECT, values)
        }
        (None, None, Some(action), _) => {
            values.extend(params![*action]);
            Query::new(LIST_BY_ACTION, values)
        }
        (None, None, None, Some(outcome)) if *outcome != USUAL => {
            values.extend(params![*outcome]);
            Query::new(LIST_BY_OUTCOME, values)
        }
        (None, None, None, _) => Query::new(LIST, values),
    }
}

/// The first chain after one, by id.
pub fn streams(after: Uuid) -> Query<(Uuid,)> {
    Query::new(NEXT_STREAM, params![after])
}

/// Entries of a chain after one and up to another, in order.
pub fn of_stream(stream: Uuid, after: u64, upto: u64, limit: u32) -> Query<EntryRow> {
    let number = |seq: u64| i64::try_from(seq).unwrap_or(i64::MAX);
    Query::new(OF_STREAM, params![stream, number(after), number(upto), limit])
}

/// An entry's hash.
pub fn link(stream: Uuid, seq: u64) -> Query<LinkRow> {
    Query::new(LINK, params![stream, i64::try_from(seq).unwrap_or(i64::MAX)])
}

/// The last entry of a chain.
pub fn last_of(stream: Uuid) -> Query<LinkRow> {
    Query::new(LAST_OF, params![stream])
}

/// Which entries of a chain lie between two times, the second one excluded; there may be others among them.
pub fn between(stream: Uuid, from: Option<Timestamp>, to: Option<Timestamp>) -> Query<SpanRow> {
    let from = from.map_or(i64::MIN, Timestamp::micros);
    let to = to.map_or(i64::MAX, Timestamp::micros);
    Query::new(BETWEEN, params![stream, from, to])
}
