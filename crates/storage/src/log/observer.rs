//! What the writer of the log tells of its work, to whoever counts it.

use std::time::Duration;

use gathering_database::Error as DatabaseError;
use gathering_domain::{RunStatus, Waiting};

/// Hears of every flush of the log. Called on the lane that flushes, so it must not wait.
pub trait LogObserver: Send + Sync {
    /// A flush has ended, well or not.
    fn flushed(&self, flush: &Flushed);
}

/// One transaction of the log.
#[derive(Debug)]
pub struct Flushed {
    /// Appends in it.
    pub appends: usize,
    /// Their bytes, blobs included.
    pub bytes: usize,
    /// How long its commit took.
    pub took: Duration,
    /// What it changed for runs once the disk had it, or in a word why nothing is known to be written.
    pub result: Result<RunsChanged, &'static str>,
}

/// What became of runs in one transaction.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct RunsChanged {
    /// How many came into being.
    pub started: u64,
    /// How those ended that did.
    pub ended: Vec<RunStatus>,
    /// What those wait for that were parked.
    pub parked: Vec<Waiting>,
}

/// The word for a failure, one of a few. `refused` is no failure of the store: somebody lost a race or
/// broke a rule, and only they are told.
pub(super) const fn word(error: &DatabaseError) -> &'static str {
    match error {
        DatabaseError::Unique { .. }
        | DatabaseError::ForeignKey { .. }
        | DatabaseError::Constraint { .. }
        | DatabaseError::Conflict { .. } => "refused",
        DatabaseError::GuardFailed => "fenced",
        DatabaseError::Busy { .. } => "busy",
        DatabaseError::Closed => "closed",
        DatabaseError::Unavailable { .. } => "unavailable",
        DatabaseError::Lost { .. } => "lost",
        DatabaseError::Fatal { .. } => "fatal",
        _ => "other",
    }
}
