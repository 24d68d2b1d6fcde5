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
/// Pages in the write-ahead log before the writer copies them into the database file. Few, because every
/// commit waits meanwhile.
pub(crate) const SQLITE_CHECKPOINT_PAGES: u32 = 1_000;
/// Page cache per SQLite connection, in KiB.
pub(crate) const SQLITE_CACHE_KIB: u32 = 16_384;

/// Rows of a batch of a scan, and the bytes of its values after which it is full: one row more may come.
pub(crate) const SCAN_ROWS: usize = 4_096;
pub(crate) const SCAN_BYTES: usize = 4 * 1024 * 1024;
/// Batches of a scan that may wait to be taken.
pub(crate) const SCAN_BATCHES: usize = 2;

/// Notices that a listener may lag behind before it gets `Missed`.
pub(crate) const NOTICES_KEPT: usize = 1_024;

/// Pooled PostgreSQL connections, for reads and closures, unless the options say otherwise.
pub(crate) const POSTGRES_POOL: usize = 16;
/// Tasks that commit batches of units on PostgreSQL, each on a connection of its own.
pub(crate) const BATCHERS: usize = 2;
/// Units that may wait for a lane.
pub(crate) const LANE_QUEUE: usize = 64;
/// Wait for a pooled connection.
pub(crate) const POOL_WAIT: Duration = Duration::from_secs(5);
/// Wait for a new connection.
pub(crate) const CONNECT_WAIT: Duration = Duration::from_secs(5);
/// Time that sent data may stay unacknowledged before the connection counts as lost, on both ends.
/// Shorter than the silence after which another instance takes over.
pub(crate) const TCP_USER_TIMEOUT: Duration = Duration::from_secs(3);
/// Silence on a connection before the first probe, and between two probes.
pub(crate) const KEEPALIVE_IDLE: Duration = Duration::from_secs(5);
pub(crate) const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(2);
/// Probes without an answer before the connection counts as lost.
pub(crate) const KEEPALIVE_RETRIES: u32 = 2;
/// Time after which the server ends a session that idles inside a transaction.
pub(crate) const IDLE_IN_TRANSACTION: Duration = Duration::from_secs(3);
/// Time after which the server gives up a statement.
pub(crate) const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);
/// Time after which the server gives up a statement of a script, which may rebuild a table.
pub(crate) const SCRIPT_TIMEOUT: Duration = Duration::from_hours(1);
/// Time after which the server gives up waiting for a row lock.
pub(crate) const LOCK_TIMEOUT: Duration = Duration::from_secs(10);
/// Wait for the server's answer to one step of a bulk, which a busy disk may keep long.
pub(crate) const BULK_WAIT: Duration = Duration::from_mins(5);
/// Wait for the server's answer beyond its own timeouts; then the connection counts as lost.
pub(crate) const ANSWER_WAIT: Duration = Duration::from_secs(35);
/// Tries of a read whose connection turns out to be lost.
pub(crate) const READ_ATTEMPTS: u32 = 3;
/// Tries of a closure or batch that collides with others.
pub(crate) const COLLISION_ATTEMPTS: u32 = 24;
/// Collisions after which a closure is tried with no other closure of this process beside it.
pub(crate) const COLLISIONS_TOLERATED: u32 = 2;
/// Longest pause before another try; the first tries follow at once.
pub(crate) const COLLISION_PAUSE_MAX: Duration = Duration::from_millis(50);
/// Time within which a lost backend must be gone, and the pause between two looks.
pub(crate) const GONE_WAIT: Duration = Duration::from_secs(10);
pub(crate) const GONE_LOOK: Duration = Duration::from_millis(5);
/// Pauses between tries to connect the listening connection again.
pub(crate) const LISTEN_PAUSE_FIRST: Duration = Duration::from_millis(20);
pub(crate) const LISTEN_PAUSE_MAX: Duration = Duration::from_secs(2);
/// Silence on the listening connection before it is asked whether it lives.
pub(crate) const LISTEN_PING: Duration = Duration::from_secs(5);
/// Requests to listen that may wait for the listening connection.
pub(crate) const LISTEN_QUEUE: usize = 64;
/// Longest slice of a wait for an advisory lock: a blocked wait holds a snapshot.
pub(crate) const LOCK_SLICE_MAX: Duration = Duration::from_secs(10);
/// Wait for the tasks of a database to end at its close.
pub(crate) const CLOSE_WAIT: Duration = Duration::from_secs(5);
/// Bytes of the payload of a notice, by PostgreSQL's limit.
pub(crate) const NOTICE_BYTES: usize = 7_999;
/// Bytes of the name of a channel, by PostgreSQL's limit.
pub(crate) const CHANNEL_BYTES: usize = 63;
/// Time between a premature acknowledgement and the commit, for a test to kill the process in.
#[cfg(feature = "sabotage")]
pub(crate) const SABOTAGE_PAUSE: Duration = Duration::from_millis(50);
