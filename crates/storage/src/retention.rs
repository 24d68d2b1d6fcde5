//! Retention: what is old goes, in bounded steps, each of which may be the last before a crash.
//!
//! In this order, and each part from whatever the one before has left behind:
//!
//! 1. A [run](remove_runs) goes with its whole tree, in one transaction: from then on nobody finds it. A
//!    row remembers what is left of it.
//! 2. What is [left](clear_removed) of it goes once whoever had just found it has read it: payloads that
//!    nobody else refers to, its entries in the archive, its rows of the journal index.
//! 3. The [line](advance_line) of the log rises over rows whose runs are gone. What kept runs have there is
//!    copied into the archive in the same transaction, and read from there.
//! 4. What lies below the line is dropped: [partitions](drop_partitions) on PostgreSQL, and [row by
//!    row](drop_below_line) on SQLite, and where a partition was not made in time.
//!
//! Any number of instances may do any of it at the same time. None does while one is [alive](is_understood)
//! whose program would not look into the archive, or say which payloads it refers to; and no run goes
//! before those of earlier programs are [counted](count_blobs).

mod counting;
mod left;
mod line;
mod old;
mod partitions;
mod runs;

use gathering_database::{Database, Sql};

use crate::Result;
use crate::statement::{Declared, statements};

pub use counting::{Counted, count_blobs};
pub use left::{Cleared, clear_removed};
pub use line::{Passed, advance_line, drop_below_line, log_line};
pub use old::{remove_fires, remove_idempotency_keys, remove_instances};
pub(crate) use partitions::partition;
pub use partitions::{LOG_PARTITION_ROWS, drop_partitions, make_partitions};
pub use runs::{RunsWalk, Trees, remove_runs};

statements! {
    OTHERS = Sql::both("SELECT 1 FROM instances WHERE state = 'alive' AND NOT retains LIMIT 1");
}

pub(crate) const PARTS: [&[Declared]; 6] = [
    counting::STATEMENTS,
    left::STATEMENTS,
    line::STATEMENTS,
    old::STATEMENTS,
    partitions::STATEMENTS,
    runs::STATEMENTS,
];

/// Whether every instance that is alive knows that something may be gone.
pub async fn is_understood(database: &Database) -> Result<bool> {
    Ok(database.query_opt::<(i64,)>(OTHERS, Vec::new()).await?.is_none())
}

/// A statement over a list of ids, `$1`: the text before it, and after it.
macro_rules! of_ids {
    ($before:expr, $after:expr) => {
        gathering_database::Sql::each(
            concat!($before, " (SELECT unhex(value) FROM json_each($1)) ", $after),
            concat!(
                $before,
                " (SELECT CAST(value AS uuid) FROM \
                   jsonb_array_elements_text(CAST(CAST($1 AS text) AS jsonb))) ",
                $after
            ),
        )
    };
}
use of_ids;

/// A list of ids as [`of_ids`] takes it.
fn list(ids: impl Iterator<Item = uuid::Uuid>) -> gathering_database::Value {
    let ids: Vec<String> = ids.map(|id| id.simple().to_string()).collect();
    serde_json::Value::from(ids).to_string().into()
}
