//! The end of the log: which row is the last that no late commit can come before, and how far the
//! journal index lags behind it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gathering_database::{Database, Engine};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{Result, log};

/// Rows that the journal index may lag behind the log; beyond it appends wait.
pub(crate) const TAIL_ROWS_MAX: i64 = 2_048;
/// How often the end is looked for when nothing was flushed here, while somebody watches.
const WATCHED_POLL: Duration = Duration::from_millis(50);
/// How often an end that is known to lag is looked for again.
const PENDING_POLL: Duration = Duration::from_millis(1);

/// What this process knows of the end of the log. Cheap to clone.
#[derive(Clone)]
pub struct LogTail {
    shared: Arc<Shared>,
}

struct Shared {
    database: Database,
    /// The last row that this process has written.
    flushed: watch::Sender<i64>,
    /// The last row before which none can appear any more.
    settled: watch::Sender<i64>,
    /// The last row that the journal index covers.
    applied: watch::Sender<i64>,
    /// Whether the journal index is being kept up.
    indexing: AtomicBool,
}

/// Looks for the end of the log on PostgreSQL; has nothing to do on SQLite.
pub struct LogTailService {
    tail: LogTail,
    /// False in the test that shows what the protection is for.
    protected: bool,
}

/// An end of the log that becomes final once the transactions of its time have ended.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    row: i64,
    horizon: i64,
}

impl LogTail {
    /// Finds the present end.
    pub async fn open(database: &Database) -> Result<(Self, LogTailService)> {
        let (settled, _) = watch::channel(0);
        let (flushed, _) = watch::channel(0);
        let (applied, _) = watch::channel(0);
        let shared = Shared {
            database: database.clone(),
            flushed,
            settled,
            applied,
            indexing: false.into(),
        };
        let tail = Self { shared: Arc::new(shared) };
        if database.engine() == Engine::Sqlite {
            let last: Option<(i64,)> = database.query_opt(log::LAST_ROW, Vec::new()).await?;
            tail.settle(last.map_or(0, |(row,)| row));
        }
        Ok((tail.clone(), LogTailService { tail, protected: true }))
    }

    /// An end that does not wait for late commits: a broken promise, for the test of the promise.
    #[cfg(feature = "sabotage")]
    pub async fn open_unprotected(database: &Database) -> Result<(Self, LogTailService)> {
        let (tail, service) = Self::open(database).await?;
        Ok((tail, LogTailService { protected: false, ..service }))
    }

    /// The last final row, as far as this process knows.
    pub fn last_row(&self) -> i64 {
        *self.shared.settled.borrow()
    }

    /// Watches the last final row: subscribers read up to it and no further.
    pub fn watch(&self) -> watch::Receiver<i64> {
        self.shared.settled.subscribe()
    }

    /// The last row that this process has written.
    pub fn last_written_row(&self) -> i64 {
        *self.shared.flushed.borrow()
    }

    /// The last row that the journal index covers, as far as this process knows.
    pub fn indexed_row(&self) -> i64 {
        *self.shared.applied.borrow()
    }

    /// Notes a row that this process has written.
    pub(crate) fn flushed(&self, row: i64) {
        raise(&self.shared.flushed, row);
        // SQLite has one writer: what is committed is final.
        if self.shared.database.engine() == Engine::Sqlite {
            self.settle(row);
        }
    }

    /// Notes how far the journal index has come.
    pub(crate) fn applied(&self, row: i64) {
        raise(&self.shared.applied, row);
    }

    /// Says that the journal index is kept up from now on, or not any more.
    pub(crate) fn indexing(&self, yes: bool) {
        self.shared.indexing.store(yes, Ordering::Relaxed);
        self.shared.applied.send_modify(|_| {});
    }

    /// Waits while the journal index lags too far behind.
    pub(crate) async fn wait_for_room(&self) {
        let shared = &self.shared;
        let lags = |applied: i64| {
            shared.indexing.load(Ordering::Relaxed)
                && *shared.flushed.borrow() - applied > TAIL_ROWS_MAX
        };
        if lags(*shared.applied.borrow()) {
            let _ = shared.applied.subscribe().wait_for(|applied| !lags(*applied)).await;
        }
    }

    fn settle(&self, row: i64) {
        raise(&self.shared.settled, row);
    }
}

impl LogTailService {
    /// Looks for the end of the log until told to stop.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut flushed = self.tail.shared.flushed.subscribe();
        let mut candidate = None;
        while !shutdown.is_cancelled() {
            if self.tail.shared.database.engine() == Engine::Postgres
                && let Err(error) = self.look(&mut candidate).await
            {
                tracing::warn!(%error, "could not look for the end of the log");
            }
            let pause = if candidate.is_some() { PENDING_POLL } else { WATCHED_POLL };
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = flushed.changed() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Invariant: the last drawn row is read before the horizon. Whatever draws a lower row had its
    /// transaction's id by then, so it has ended once the oldest transaction is past that horizon.
    async fn look(&self, candidate: &mut Option<Candidate>) -> Result<()> {
        let database = &self.tail.shared.database;
        let drawn: Option<(i64,)> = database.query_opt(log::LAST_DRAWN, Vec::new()).await?;
        let row = drawn.map_or(0, |(row,)| row);
        let horizon: Option<(i64, i64)> = database.query_opt(log::HORIZON, Vec::new()).await?;
        let Some((oldest, next)) = horizon else { return Ok(()) };
        if candidate.is_some_and(|candidate| oldest >= candidate.horizon) {
            self.tail.settle(candidate.take().map_or(0, |candidate| candidate.row));
        }
        if candidate.is_none() && row > self.tail.last_row() {
            if oldest >= next || !self.protected {
                self.tail.settle(row);
            } else {
                *candidate = Some(Candidate { row, horizon: next });
            }
        }
        Ok(())
    }
}

fn raise(at: &watch::Sender<i64>, row: i64) {
    at.send_if_modified(|known| {
        let higher = row > *known;
        if higher {
            *known = row;
        }
        higher
    });
}
