//! The end of the log: the last final row, and how far the journal index lags behind it.

mod look;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use gathering_database::{Database, Engine};
use tokio::sync::watch;

pub use self::look::LogTailService;

use crate::{Result, log};

/// Rows that the journal index may lag behind the log; beyond it appends wait.
pub(crate) const TAIL_ROWS_MAX: i64 = 2_048;
/// How long appends wait for the index before that is said, each time.
const LONG_WAIT: std::time::Duration = std::time::Duration::from_secs(1);

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
    /// Rows known to be committed behind the last settled one. Few: they wait for a flush of another
    /// lane, or for the service to look.
    committed: Mutex<BTreeSet<i64>>,
    /// Whether the journal index is being kept up.
    indexing: AtomicBool,
}

impl LogTail {
    /// Finds the present end. On PostgreSQL it is known only once the service runs.
    pub async fn open(database: &Database) -> Result<(Self, LogTailService)> {
        let (settled, _) = watch::channel(0);
        let (flushed, _) = watch::channel(0);
        let (applied, _) = watch::channel(0);
        let (committed, indexing) = (Mutex::default(), AtomicBool::new(false));
        let database = database.clone();
        let shared = Shared { database, flushed, settled, applied, committed, indexing };
        let tail = Self { shared: Arc::new(shared) };
        if tail.has_one_writer() {
            let last: Option<(i64,)> =
                tail.shared.database.query_opt(log::LAST_ROW, Vec::new()).await?;
            tail.settle(last.map_or(0, |(row,)| row));
        }
        Ok((tail.clone(), LogTailService::new(tail)))
    }

    /// An end that does not wait for late commits: a broken promise, for the test of the promise.
    #[cfg(feature = "sabotage")]
    pub async fn open_unprotected(database: &Database) -> Result<(Self, LogTailService)> {
        let (tail, service) = Self::open(database).await?;
        Ok((tail, service.unprotected()))
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

    /// Notes rows that this process has written.
    pub(crate) fn flushed(&self, rows: &[i64]) {
        let Some(last) = rows.iter().max() else { return };
        raise(&self.shared.flushed, *last);
        if self.has_one_writer() {
            self.settle(*last);
        } else {
            self.committed(rows.iter().copied());
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
        if !lags(*shared.applied.borrow()) {
            return;
        }
        let mut applied = shared.applied.subscribe();
        while tokio::time::timeout(LONG_WAIT, applied.wait_for(|applied| !lags(*applied)))
            .await
            .is_err()
        {
            let (last, indexed) = (self.last_written_row(), self.indexed_row());
            tracing::warn!(
                last,
                indexed,
                final_row = self.last_row(),
                "appends wait for the journal index"
            );
        }
    }

    /// SQLite has one writer: the order of its rows is that of their commits.
    fn has_one_writer(&self) -> bool {
        self.shared.database.engine() == Engine::Sqlite
    }

    fn settle(&self, row: i64) {
        raise(&self.shared.settled, row);
    }

    /// Takes in rows that are committed, and settles what follows the last final row without a gap:
    /// where every position is taken, none can be taken late.
    fn committed(&self, rows: impl IntoIterator<Item = i64>) {
        let mut committed = self.shared.committed.lock().unwrap_or_else(PoisonError::into_inner);
        committed.extend(rows);
        let mut last = self.last_row();
        // Nothing is known of what came before this process.
        if last == 0 && committed.first() != Some(&1) {
            return;
        }
        while let Some(first) = committed.first().copied()
            && first <= last + 1
        {
            committed.pop_first();
            last = last.max(first);
        }
        self.settle(last);
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
