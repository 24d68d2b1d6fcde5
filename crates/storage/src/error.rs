//! What can go wrong in storage, told apart by what the caller can do about it.

use gathering_database::Error as DatabaseError;
use gathering_domain::{EffectId, RunId};

/// A result of this crate.
pub type Result<T, E = StorageError> = std::result::Result<T, E>;

/// A read or write that failed. Absence is not among them: it is `Ok(None)`.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The database refused or failed.
    #[error("the database did not do what was asked")]
    Database(#[from] DatabaseError),
    /// Stored bytes that this program cannot have written.
    #[error("stored {what} of {of} cannot be read: {why}")]
    Corrupt {
        /// What was read.
        what: &'static str,
        /// Whose it is.
        of: String,
        /// What is wrong with it.
        why: String,
    },
    /// An entry of a kind that this program does not know.
    #[error("{of} has an entry that a newer version of the program wrote, of kind {kind}")]
    NewerEntry {
        /// Whose it is.
        of: String,
        /// The number of its kind.
        kind: u8,
    },
    /// The schema was written by a newer version of the program.
    #[error(
        "the database has schema version {found}, and this program knows versions up to {known}: start a newer version of the program"
    )]
    Newer {
        /// Version in the database.
        found: i64,
        /// Newest version known to this program.
        known: i64,
    },
    /// A migration that was applied differs from the one that this program carries.
    #[error("migration {version} `{name}` was changed after it had been applied to this database")]
    Changed {
        /// Its number.
        version: i64,
        /// Its name.
        name: &'static str,
    },
    /// A migration failed; nothing of it was applied.
    #[error("could not apply migration {version} `{name}`")]
    Migration {
        /// Its number.
        version: i64,
        /// Its name.
        name: &'static str,
        /// Why.
        #[source]
        source: DatabaseError,
    },
    /// A database to which a store was to be moved holds something.
    #[error("the database holds {tables} tables, and a store moves into an empty one alone")]
    NotEmpty {
        /// How many.
        tables: usize,
    },
    /// A table is not the same on both sides of a move: a defect of the schema.
    #[error("table `{table}` is not the same in both databases")]
    OtherSchema {
        /// Its name.
        table: String,
    },
    /// What was written into a table is not what is read from it.
    #[error(
        "table `{table}`: {wrote} rows were written, and {read} rows that are not the same were read back"
    )]
    ReadsOtherwise {
        /// Its name.
        table: String,
        /// Rows written.
        wrote: u64,
        /// Rows read.
        read: u64,
    },
    /// The log writer has ended.
    #[error("the writer of the log has ended")]
    Closed,
}

impl StorageError {
    pub(crate) fn corrupt(
        what: &'static str,
        of: impl std::fmt::Display,
        why: impl std::fmt::Display,
    ) -> Self {
        Self::Corrupt { what, of: of.to_string(), why: why.to_string() }
    }
}

/// Why an append was not applied, or may not have been.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// The instance has been declared dead: it must drop all its runs and register anew.
    #[error("this instance has been fenced off")]
    Fenced,
    /// The run is not owned by the instance any more, or has ended.
    #[error("{0} is not owned by this instance")]
    NotOwner(RunId),
    /// A row with the same key exists: an idempotency key was used before.
    #[error("unique constraint `{constraint}` refused the append")]
    Conflict {
        /// Name of the constraint, `idempotency_keys_pkey` for a repeated start.
        constraint: String,
    },
    /// Another run has attempted this effect, and it may have happened, or has: it is not to be
    /// attempted before somebody has said what became of it.
    #[error("{0} may have happened in another run")]
    EffectHeld(EffectId),
    /// The grant of an attempt that was to be logged is gone: it was asked for again since. The run must be
    /// folded afresh, and asks again.
    #[error("the money for an attempt of {0} is not granted any more")]
    GrantGone(RunId),
    /// The append is larger than the store takes.
    #[error("an append of {bytes} bytes is larger than {limit}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The bound.
        limit: usize,
    },
    /// A value in the append is nested so deep that nobody could read it again.
    #[error("an entry is nested more than {levels} levels deep")]
    TooDeep {
        /// The bound.
        levels: usize,
    },
    /// The connection broke: **the outcome is unknown**, and the run must be folded afresh.
    #[error("lost the connection to the database; the outcome of the append is unknown")]
    Lost,
    /// The disk failed: **the outcome is unknown**, and the process must end.
    #[error("the disk refused a commit")]
    Fatal(#[source] DatabaseError),
    /// The store is overloaded or cannot be reached; nothing was applied, and the same append may
    /// succeed later.
    #[error("the store could not take the append now")]
    Busy(#[source] DatabaseError),
    /// The writer of the log has ended; nothing was applied.
    #[error("the writer of the log has ended")]
    Closed,
    /// Anything else: a defect.
    #[error("could not append")]
    Failed(#[source] StorageError),
}

impl AppendError {
    /// A failure to read: nothing was written.
    pub(crate) fn from_read(error: StorageError) -> Self {
        match error {
            StorageError::Database(error) if error.worth_a_retry() => Self::Busy(error),
            StorageError::Database(DatabaseError::Closed) => Self::Closed,
            error => Self::Failed(error),
        }
    }

    /// A failure of a unit with a fence.
    pub(crate) fn from_write(error: DatabaseError) -> Self {
        match error {
            DatabaseError::GuardFailed => Self::Fenced,
            DatabaseError::Lost { .. } => Self::Lost,
            error @ DatabaseError::Fatal { .. } => Self::Fatal(error),
            DatabaseError::Closed => Self::Closed,
            DatabaseError::Unique { constraint, .. } => Self::Conflict { constraint },
            error if error.worth_a_retry() => Self::Busy(error),
            error => Self::Failed(error.into()),
        }
    }

    /// True if the append may or may not have been applied, so that its runs must be folded afresh.
    pub const fn outcome_unknown(&self) -> bool {
        matches!(self, Self::Lost | Self::Fatal(_))
    }
}
