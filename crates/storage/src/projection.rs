//! The journal index: which rows of the log hold entries of a run.
//!
//! One applier reads final rows in bounded slices and compares-and-sets how far it has come in the
//! same transaction, so that two appliers cannot index a row twice. Readers take the index together
//! with the short tail behind it.

mod slice;

use std::time::Duration;

use gathering_database::{
    Database, Engine, Error as DatabaseError, Lane, Sql, Statement, Unit, Value, params, row,
};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use self::slice::Slice;
pub(crate) use self::slice::read_rows;
use crate::log::LogTail;
use crate::log::batch::rows_json;
use crate::statement::statements;
use crate::{Result, log};

/// Rows of the log in one slice.
const SLICE_ROWS: i64 = 512;
/// How long an applier lets rows gather that do not fill a slice: a slice costs the same for one row
/// as for many, and readers read the tail behind the index.
const GATHER_REST: Duration = Duration::from_millis(10);
/// How long an applier rests after another one was faster.
const OUTRUN_REST: Duration = Duration::from_millis(200);
/// How long it rests after a failure.
const FAILURE_REST: Duration = Duration::from_millis(500);

row! {
    /// A row of the log without its entries.
    pub(crate) struct SectionsRow {
        pub(crate) id: i64,
        pub(crate) runs: bytes::Bytes,
    }

    /// Rows of the log that hold entries of a run.
    pub(crate) struct IndexRow {
        pub(crate) first_row: i64,
        pub(crate) rows: bytes::Bytes,
    }
}

statements! {
    APPLIED = Sql::both("SELECT applied FROM projections WHERE name = 'journal_index'");
    ADVANCE = Sql::both(
        "UPDATE projections SET applied = $2 WHERE name = 'journal_index' AND applied = $1"
    );
    INSERT = Sql::both("INSERT INTO journal_index (run_id, first_row, rows) VALUES ($1, $2, $3)");
    /// Many rows in one statement.
    INSERT_ALL = Sql::each(
        "SELECT 1 WHERE $1 IS NULL",
        "INSERT INTO journal_index (run_id, first_row, rows) \
         SELECT CAST(v->>0 AS uuid), CAST(v->>1 AS bigint), decode(v->>2, 'hex') \
         FROM jsonb_array_elements(CAST($1 AS jsonb)) AS v",
    );
    /// From the slice on that may hold the row `$2`.
    OF_RUN_FROM -> IndexRow = Sql::both(
        "SELECT first_row, rows FROM journal_index WHERE run_id = $1 AND first_row >= COALESCE(( \
           SELECT MAX(first_row) FROM journal_index WHERE run_id = $1 AND first_row <= $2), 0) \
         ORDER BY first_row LIMIT $3"
    );
    FORGET = Sql::both("DELETE FROM journal_index");
    RESET = Sql::both("UPDATE projections SET applied = 0 WHERE name = 'journal_index'");
}

/// Keeps the journal index up.
pub struct Projector {
    database: Database,
    tail: LogTail,
    /// Its own way to write: what it commits does not wait for the disk, and nothing of anybody else's may
    /// be in the same transaction.
    lane: OnceCell<Lane>,
}

/// Says that the index is kept up, for as long as it lives: nobody waits for a projector that panicked.
struct Indexing<'a>(&'a LogTail);

impl<'a> Indexing<'a> {
    fn begin(tail: &'a LogTail) -> Self {
        tail.indexing(true);
        Self(tail)
    }
}

impl Drop for Indexing<'_> {
    fn drop(&mut self) {
        self.0.indexing(false);
    }
}

/// What one slice did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sliced {
    /// The index covers the log up to this row now; there may be more.
    Advanced(i64),
    /// There is nothing more that is final.
    CaughtUp,
    /// Another applier was faster.
    Outrun,
}

impl Projector {
    /// A projector over the final rows of the log.
    pub fn new(database: &Database, tail: &LogTail) -> Self {
        Self { database: database.clone(), tail: tail.clone(), lane: OnceCell::new() }
    }

    /// Follows the log until told to stop.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut settled = self.tail.watch();
        let _indexing = Indexing::begin(&self.tail);
        while !shutdown.is_cancelled() {
            settled.mark_unchanged();
            let rest = match self.slice().await {
                Ok(Sliced::Advanced(upto)) if self.tail.last_row() - upto >= SLICE_ROWS => continue,
                Ok(Sliced::Advanced(_)) => Some(GATHER_REST),
                Ok(Sliced::CaughtUp) => None,
                Ok(Sliced::Outrun) => Some(OUTRUN_REST),
                Err(error) => {
                    tracing::warn!(%error, "could not extend the journal index");
                    Some(FAILURE_REST)
                }
            };
            let wake = async {
                match rest {
                    Some(rest) => tokio::time::sleep(rest).await,
                    None => drop(settled.changed().await),
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = wake => {}
            }
        }
    }

    /// Indexes the next slice of final rows.
    pub async fn slice(&self) -> Result<Sliced> {
        let last = self.tail.last_row();
        let found: Option<(i64,)> = self.database.query_opt(APPLIED, Vec::new()).await?;
        let applied = found.map_or(0, |(applied,)| applied);
        self.tail.applied(applied);
        if applied >= last {
            return Ok(Sliced::CaughtUp);
        }
        let rows: Vec<SectionsRow> =
            self.database.query(log::SECTIONS_AFTER, params![applied, last, SLICE_ROWS]).await?;
        let mut slice = Slice::default();
        for row in &rows {
            slice.add(row)?;
        }
        // Rows whose transaction failed leave gaps, also at the end.
        let full = i64::try_from(rows.len()).is_ok_and(|count| count == SLICE_ROWS);
        let upto = if full { rows.last().map_or(last, |row| row.id) } else { last };
        let mut unit = Unit::new().expect(1, ADVANCE, params![applied, upto]);
        let rows =
            slice.into_rows().map(|(run_id, first, rows)| params![run_id.uuid(), first, rows]);
        match self.database.engine() {
            Engine::Sqlite => {
                for row in rows {
                    unit.push(Statement::new(INSERT, row));
                }
            }
            Engine::Postgres => {
                let rows: Vec<Vec<Value>> = rows.collect();
                let json = rows_json(rows.iter().map(Vec::as_slice));
                unit.push(Statement::new(INSERT_ALL, params![json]));
                // A crash of the server takes the index back, and how far it has come with it.
                unit.push(Statement::new(log::SYNC_LATER, params![]));
            }
        }
        let lane = self.lane.get_or_try_init(|| self.database.lane()).await?;
        match lane.apply(unit).await {
            Ok(_) => {
                self.tail.applied(upto);
                Ok(Sliced::Advanced(upto))
            }
            // Whichever of its statements is the first to notice.
            Err(DatabaseError::Conflict { .. } | DatabaseError::Unique { .. }) => {
                Ok(Sliced::Outrun)
            }
            Err(error @ (DatabaseError::Lost { .. } | DatabaseError::Unavailable { .. })) => {
                lane.recover().await?;
                Err(error.into())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Drops the journal index, so that a projector builds it anew from the log. Readers see the same
/// meanwhile: they read the log itself from where the index ends.
pub async fn forget_journal_index(database: &Database) -> Result<()> {
    database.apply(Unit::new().run(FORGET, params![]).run(RESET, params![])).await?;
    Ok(())
}
