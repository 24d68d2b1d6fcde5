//! States of a run and of a node in it.

use serde::{Deserialize, Serialize};

/// Where a run is: `queued → running ⇄ waiting →` one of four ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Accepted, not begun.
    Queued,
    /// An instance works on it.
    Running,
    /// Nothing to do until something happens; holds no memory and no task.
    Waiting,
    /// Ended well.
    Succeeded,
    /// Ended with a failure.
    Failed,
    /// Ended because somebody asked.
    Cancelled,
    /// Ended by its time limit.
    TimedOut,
}

impl RunStatus {
    /// Whether the run has ended; an ended run never changes.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Queued | Self::Running | Self::Waiting => false,
            Self::Succeeded | Self::Failed | Self::Cancelled | Self::TimedOut => true,
        }
    }

    /// The word that the API and the database use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::TimedOut => "timed_out",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        const ALL: [RunStatus; 7] = [
            RunStatus::Queued,
            RunStatus::Running,
            RunStatus::Waiting,
            RunStatus::Succeeded,
            RunStatus::Failed,
            RunStatus::Cancelled,
            RunStatus::TimedOut,
        ];
        ALL.into_iter().find(|status| status.as_str() == word)
    }
}

/// What a waiting run waits for. With several, the one that a person can act on comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Waiting {
    /// A person must settle an effect whose outcome is unknown.
    UnknownOutcome,
    /// A person must decide.
    Approval,
    /// The budget is spent; a person may raise it.
    Budget,
    /// Somebody must send a signal.
    Signal,
    /// A child run must end.
    Child,
    /// Time must pass.
    Timer,
}

impl Waiting {
    /// The word that the API and the database use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownOutcome => "unknown_outcome",
            Self::Approval => "approval",
            Self::Budget => "budget",
            Self::Signal => "signal",
            Self::Child => "child",
            Self::Timer => "timer",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        const ALL: [Waiting; 6] = [
            Waiting::UnknownOutcome,
            Waiting::Approval,
            Waiting::Budget,
            Waiting::Signal,
            Waiting::Child,
            Waiting::Timer,
        ];
        ALL.into_iter().find(|waiting| waiting.as_str() == word)
    }
}

/// Where a node of a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeStatus {
    /// Its turn has not come.
    Pending,
    /// At work.
    Running,
    /// Waits for a timer, a person or a child.
    Waiting,
    /// Has its output.
    Succeeded,
    /// Has its failure.
    Failed,
    /// Its branch was not taken.
    Skipped,
    /// Stopped before its end.
    Cancelled,
    /// Stopped by its time limit.
    TimedOut,
}
