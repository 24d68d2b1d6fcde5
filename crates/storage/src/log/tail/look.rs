//! Looks for the end of the log on PostgreSQL, where the order of positions is not that of commits.
//!
//! A position is drawn before its transaction commits, and a transaction that fails leaves a gap. So a
//! gap may still be filled, until every transaction has ended that could have drawn it. Each of them
//! had its id before it drew (the fence comes first). So: take the last drawn position, *then* draw a
//! transaction id; once no older transaction of this database is under way, gaps up to that position stay
//! gaps.
//!
//! The upper end of a snapshot (`pg_snapshot_xmax`) will not do in place of an id of one's own: it is
//! the first id behind the last one that has *ended*, and a transaction under way may be above it.

use std::time::Duration;

use gathering_database::{Engine, params};
use tokio_util::sync::CancellationToken;

use super::LogTail;
use crate::{Result, log};

/// How often the end is looked for: what other instances write is seen this late.
const POLL: Duration = Duration::from_millis(50);
/// How often while a gap is in the way.
const GAP_POLL: Duration = Duration::from_millis(2);
/// Rows that one look takes in.
const ROWS_PER_LOOK: i64 = 4_096;

/// Looks for the end of the log on PostgreSQL; has nothing to do on SQLite.
pub struct LogTailService {
    tail: LogTail,
    /// False in the test that shows what the protection is for.
    protected: bool,
}

/// What is in the way of the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
    /// Nothing.
    None,
    /// A position behind this row is not taken. Mostly a flush that is about to end.
    Behind(i64),
    /// Positions up to `row` are final once no transaction older than `barrier` is under way.
    Barred { row: i64, barrier: i64 },
}

impl LogTailService {
    pub(super) const fn new(tail: LogTail) -> Self {
        Self { tail, protected: true }
    }

    #[cfg(feature = "sabotage")]
    pub(super) fn unprotected(self) -> Self {
        Self { protected: false, ..self }
    }

    /// Looks for the end of the log until told to stop.
    pub async fn run(self, shutdown: CancellationToken) {
        if self.tail.shared.database.engine() == Engine::Sqlite {
            return;
        }
        let mut gap = Gap::None;
        while !shutdown.is_cancelled() {
            gap = match self.look(gap).await {
                Ok(gap) => gap,
                Err(error) => {
                    tracing::warn!(%error, "could not look for the end of the log");
                    Gap::None
                }
            };
            let pause = if gap == Gap::None { POLL } else { GAP_POLL };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn look(&self, gap: Gap) -> Result<Gap> {
        let database = &self.tail.shared.database;
        // Invariant: read before a barrier is drawn.
        let drawn: Option<(i64,)> = database.query_opt(log::LAST_DRAWN, Vec::new()).await?;
        let drawn = drawn.map_or(0, |(row,)| row);
        if !self.protected {
            self.tail.settle(drawn);
        }
        let before = self.tail.last_row();
        if before >= drawn {
            return Ok(Gap::None);
        }
        if before > 0 {
            let params = params![before, ROWS_PER_LOOK];
            let rows: Vec<(i64,)> = database.query(log::IDS_AFTER, params).await?;
            self.tail.committed(rows.into_iter().map(|(row,)| row));
        }
        let last = self.tail.last_row();
        match gap {
            _ if last >= drawn => Ok(Gap::None),
            Gap::Barred { row, barrier } if row > last => {
                let oldest: Option<(i64,)> = database.query_opt(log::OLDEST, Vec::new()).await?;
                if oldest.is_none_or(|(oldest,)| oldest < barrier) {
                    return Ok(gap);
                }
                self.tail.settle(row);
                self.tail.committed([]);
                Ok(Gap::None)
            }
            // It was there at the last look, or this is the first look at all.
            Gap::Behind(row) if row == last => self.bar(drawn).await,
            _ if last == 0 => self.bar(drawn).await,
            _ => Ok(Gap::Behind(last)),
        }
    }

    async fn bar(&self, row: i64) -> Result<Gap> {
        let database = &self.tail.shared.database;
        let drawn: Option<(i64,)> = database.query_opt(log::DRAW_TRANSACTION, Vec::new()).await?;
        Ok(drawn.map_or(Gap::None, |(barrier,)| Gap::Barred { row, barrier }))
    }
}
