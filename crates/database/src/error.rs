//! What can go wrong, told apart by what the caller can do about it.

use std::path::PathBuf;
use std::sync::Arc;

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The driver's own error. Shared, because one failed commit fails every unit in it.
pub type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// A refusal or failure of the database. Nothing of the work was applied, except where a variant says
/// that the outcome is unknown.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another row has the same key.
    #[error("unique constraint `{constraint}` refused a row")]
    Unique {
        /// Name of the constraint or unique index, the same on both engines: `table_pkey` for a
        /// primary key, the index's name for a unique index, `table_column_key` for an unnamed one.
        constraint: String,
        /// The driver's error.
        #[source]
        source: Cause,
    },
    /// A row refers to one that does not exist, or is still referred to.
    #[error("foreign key refused a row")]
    ForeignKey {
        /// Name of the constraint (PostgreSQL only; SQLite does not tell).
        constraint: Option<String>,
        /// The driver's error.
        #[source]
        source: Cause,
    },
    /// A check or not-null constraint refused a row.
    #[error("constraint refused a row")]
    Constraint {
        /// Name of the constraint, where the engine tells.
        constraint: Option<String>,
        /// The driver's error.
        #[source]
        source: Cause,
    },
    /// A statement touched another number of rows than it expected.
    #[error("statement {statement} touched {got} rows where {want} were expected")]
    Conflict {
        /// Position of the statement in its unit or transaction, counted from 0.
        statement: usize,
        /// Rows touched.
        got: u64,
        /// Rows expected.
        want: u64,
    },
    /// The guard of a unit found no row: its writer has been fenced off.
    #[error("guard found no row")]
    GuardFailed,
    /// Too much work is waiting, or others held what this needed for too long. Worth a retry.
    #[error("gave up waiting for {waited_for}")]
    Busy {
        /// What was waited for.
        waited_for: &'static str,
        /// The driver's error, if one ended the wait.
        #[source]
        source: Option<Cause>,
    },
    /// The database has been closed.
    #[error("the database is closed")]
    Closed,
    /// No connection could be had; nothing was sent. Worth a retry.
    #[error("could not reach the database")]
    Unavailable {
        /// Why, where known.
        #[source]
        source: Option<Cause>,
    },
    /// The connection broke while the work was on its way: **the outcome is unknown**.
    #[error("lost the connection to the database; the outcome is unknown")]
    Lost {
        /// The driver's error.
        #[source]
        source: Cause,
    },
    /// The disk refused a commit: **the outcome is unknown**, and the process must end and start anew.
    #[error("the disk refused a commit")]
    Fatal {
        /// The driver's error.
        #[source]
        source: Cause,
    },
    /// Another process has the data directory open.
    #[error("data directory `{}` is in use by {}", .directory.display(), .holder.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}")))]
    InUse {
        /// The data directory.
        directory: PathBuf,
        /// The holder's process id, where readable.
        holder: Option<u32>,
    },
    /// The store of a data directory has gone to another database, or is about to.
    #[error("the store of data directory `{}` has gone to another database", .directory.display())]
    Departed {
        /// The data directory.
        directory: PathBuf,
    },
    /// The server or file is set up so that it could lose what it acknowledged, or is too old.
    #[error("the database's `{setting}` is `{found}` where {needed} is needed")]
    Unfit {
        /// The setting.
        setting: &'static str,
        /// What it is.
        found: String,
        /// What it must be.
        needed: &'static str,
    },
    /// A column does not hold what the row type expects.
    #[error("column {index} holds {found} where {expected} was expected")]
    Column {
        /// Position of the column, counted from 0.
        index: usize,
        /// The type expected.
        expected: &'static str,
        /// The type found.
        found: &'static str,
    },
    /// A statement, parameter or setting that cannot work: a defect of the caller.
    #[error("could not {attempted}")]
    Other {
        /// What was attempted.
        attempted: &'static str,
        /// The driver's error.
        #[source]
        source: Cause,
    },
}

impl Error {
    pub(crate) fn other(
        attempted: &'static str,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self::Other { attempted, source: Arc::new(source) }
    }

    /// True if the work may or may not have been applied.
    pub const fn outcome_unknown(&self) -> bool {
        matches!(self, Self::Lost { .. } | Self::Fatal { .. })
    }

    /// True if the same work may succeed later, and nothing of it was applied.
    pub const fn worth_a_retry(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Unavailable { .. })
    }
}
