//! Every bound of this crate, with its unit in its name or its type.

use std::time::Duration;

/// Units and closures that may wait for the writer or a batch; beyond it callers wait.
pub(crate) const WRITE_QUEUE: usize = 8_192;
/// Time a caller waits for a place in a queue before it gets `Busy`.
pub(crate) const ENQUEUE_WAIT: Duration = Duration::from_secs(5);
/// Units and closures committed as one group.
pub(crate) const GROUP_JOBS_MAX: usize = 512;

/// Reads that may wait for a reader thread.
pub(crate) const READ_QUEUE: usize = 1_024;
/// Reader threads on SQLite, unless the options say otherwise.
pub(crate) const SQLITE_READERS: usize = 4;
/// Prepared statements kept per SQLite connection.
pub(crate) const SQLITE_STATEMENT_CACHE: usize = 512;
/// Time a SQLite connection waits for a lock of another (a reader during recovery or a checkpoint).
pub(crate) const SQLITE_BUSY_WAIT: Duration = Duration::from_secs(10);
/// Pages in the write-ahead log before the writer copies them into the database file.
pub(crate) const SQLITE_CHECKPOINT_PAGES: u32 = 4_096;
/// Page cache per SQLite connection, in KiB.
pub(crate) const SQLITE_CACHE_KIB: u32 = 16_384;

/// Notices that a listener may lag behind before it gets `Missed`.
pub(crate) const NOTICES_KEPT: usize = 1_024;
