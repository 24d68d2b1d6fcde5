//! Partitions of the log on PostgreSQL: made ahead, and dropped whole once they lie below the line.
//!
//! What is written never waits for a partition: a row for which there is none goes to the rest, from which
//! rows are deleted one by one. On SQLite there are no partitions.

use gathering_database::{Database, Engine, Error as DatabaseError, Sql, params, row};

use crate::log;
use crate::statement::statements;
use crate::{Result, StorageError};

/// Numbers of one partition: a day of twelve rows a second.
pub const LOG_PARTITION_ROWS: i64 = 1 << 20;
/// Partitions that are made ahead: more than is written between two looks.
const AHEAD: i64 = 4;
/// Partitions that one call makes.
const MADE_AT_ONCE: usize = 8;

row! {
    /// A partition, and between which numbers it is.
    struct PartitionRow {
        name: String,
        bounds: String,
    }
}

statements! {
    PARTITIONS -> PartitionRow = Sql::each(
        "SELECT '' AS name, '' AS bounds WHERE 1 = 0",
        "SELECT CAST(c.relname AS text) AS name, pg_get_expr(c.relpartbound, c.oid) AS bounds \
         FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid \
         WHERE i.inhparent = to_regclass('log')",
    );
    /// Somebody who still sees the line where it was before it last rose. A snapshot that was taken since
    /// may look so as well, for as long as an older transaction is under way.
    LATE_READER = Sql::each(
        "SELECT 1 WHERE 1 = 0",
        "SELECT 1 FROM pg_stat_activity AS a, projections AS p \
         WHERE p.name = 'log_line' AND a.datname = current_database() AND a.backend_xmin IS NOT NULL \
           AND a.pid <> pg_backend_pid() AND age(a.backend_xmin) >= age(p.xmin) LIMIT 1",
    );
}

/// How long the statements of a change of partitions wait for whoever writes or reads: others wait
/// behind them.
const SOON: &str = "SET LOCAL lock_timeout = '200ms'";

/// Makes the partitions that are written next, of so many numbers each; says how many it made.
pub async fn make_partitions(database: &Database, rows: i64) -> Result<u64> {
    if database.engine() == Engine::Sqlite {
        return Ok(0);
    }
    let drawn: Option<(i64,)> = database.query_opt(log::LAST_DRAWN, Vec::new()).await?;
    let drawn = drawn.map_or(0, |(row,)| row);
    let top = partitions(database).await?.iter().filter_map(|of| of.upto).max().unwrap_or(0);
    // Where none was made in time, rows are in the rest already: the first one begins behind those.
    let first = if drawn >= top { (drawn / rows + 1) * rows } else { top };
    let wanted = (0..).map(|number| first + number * rows);
    let wanted = wanted.take_while(|from| *from <= drawn + AHEAD * rows).take(MADE_AT_ONCE);
    let mut made = 0;
    for from in wanted {
        let text = format!("{SOON}; {}", partition(from, rows));
        if !change(database, text).await? {
            break;
        }
        made += 1;
    }
    Ok(made)
}

/// Drops partitions that lie below the line as a whole, unless somebody may still be reading there; says
/// how many it dropped.
pub async fn drop_partitions(database: &Database) -> Result<u64> {
    if database.engine() == Engine::Sqlite {
        return Ok(0);
    }
    let line = super::log_line(database).await?;
    let below = partitions(database).await?.into_iter();
    let below: Vec<_> = below.filter(|of| of.upto.is_some_and(|upto| upto <= line + 1)).collect();
    let mut dropped = 0;
    for partition in below {
        if database.query_opt::<(i64,)>(LATE_READER, params![]).await?.is_some() {
            break;
        }
        let text = format!("{SOON}; DROP TABLE \"{}\"", partition.name);
        if !change(database, text).await? {
            break;
        }
        dropped += 1;
    }
    Ok(dropped)
}

/// The statements that make the partition of the numbers from this one on.
pub(crate) fn partition(from: i64, rows: i64) -> String {
    let upto = from.saturating_add(rows);
    format!(
        "CREATE TABLE log_{from} (LIKE log INCLUDING STORAGE) WITH (toast_tuple_target = 8160); \
         ALTER TABLE log ATTACH PARTITION log_{from} FOR VALUES FROM ({from}) TO ({upto})"
    )
}

/// A partition.
struct Partition {
    name: String,
    /// The first number behind it; none for the rest.
    upto: Option<i64>,
}

async fn partitions(database: &Database) -> Result<Vec<Partition>> {
    let rows: Vec<PartitionRow> = database.query(PARTITIONS, Vec::new()).await?;
    Ok(rows
        .into_iter()
        .map(|PartitionRow { name, bounds }| Partition { name, upto: upto(&bounds) })
        .collect())
}

/// Reads the upper end of `FOR VALUES FROM ('1') TO ('2')`.
fn upto(bounds: &str) -> Option<i64> {
    let (_, end) = bounds.rsplit_once("TO (")?;
    end.trim_end_matches(')').trim_matches('\'').parse().ok()
}

/// Changes partitions; false if that has to wait for somebody, or somebody else has done it.
async fn change(database: &Database, text: String) -> Result<bool> {
    let changed =
        database.transact(move |tx| -> gathering_database::Result<()> { tx.script(&text) });
    match changed.await {
        Ok(()) => Ok(true),
        Err(
            error @ (DatabaseError::Lost { .. }
            | DatabaseError::Unavailable { .. }
            | DatabaseError::Closed),
        ) => Err(StorageError::from(error)),
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::debug!(error, "could not change the partitions of the log now");
            Ok(false)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_partitions_are_read() {
        for (bounds, end) in [
            ("FOR VALUES FROM ('1048576') TO ('2097152')", Some(2_097_152)),
            ("FOR VALUES FROM (MINVALUE) TO ('1048576')", Some(1_048_576)),
            ("DEFAULT", None),
        ] {
            assert_eq!(upto(bounds), end, "{bounds}");
        }
    }
}
