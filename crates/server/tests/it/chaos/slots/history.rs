//! What was seen of schedules: each form that they had, every fire, every run, and what reached the target.

use gathering_domain::Timestamp;
use gathering_schedules::{Policy, Timing};

use crate::chaos::history::Arrival;

/// All of it.
#[derive(Debug, Default, Clone)]
pub(crate) struct History {
    pub(crate) schedules: Vec<Schedule>,
    /// Every run that a schedule has started, and those that were tried again.
    pub(crate) runs: Vec<Run>,
    /// What reached the target.
    pub(crate) arrivals: Vec<Arrival>,
}

/// A schedule, from its making to the end of the test.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    pub(crate) name: String,
    /// The path at the target under which its fires arrive, if it starts requests.
    pub(crate) path: Option<String>,
    /// Its forms, one after the other.
    pub(crate) forms: Vec<Form>,
    pub(crate) fires: Vec<Fire>,
    /// How many slots have fired, as it says itself.
    pub(crate) counted: u64,
    /// When it was looked at last. By then nothing of it was under way.
    pub(crate) seen: Timestamp,
}

/// A form of a schedule: what it was from one change to the next.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    pub(crate) version: u64,
    pub(crate) timing: Timing,
    pub(crate) policy: Policy,
    pub(crate) paused: bool,
    /// When it began, by the instance that changed it.
    pub(crate) since: Timestamp,
    /// When it was known to hold.
    pub(crate) told: Timestamp,
}

/// What became of a slot.
#[derive(Debug, Clone)]
pub(crate) struct Fire {
    pub(crate) id: String,
    pub(crate) slot: Timestamp,
    pub(crate) manual: bool,
    pub(crate) status: String,
    /// Its last run.
    pub(crate) run: Option<String>,
    pub(crate) attempts: u64,
    pub(crate) missed: u64,
    pub(crate) missed_until: Option<Timestamp>,
    /// When it was handled.
    pub(crate) at: Timestamp,
}

/// A run, as far as anything is checked of it.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) id: String,
    /// The slot that its input names.
    pub(crate) slot: Option<Timestamp>,
    pub(crate) retry_of: Option<String>,
    pub(crate) status: String,
    pub(crate) began: Timestamp,
    pub(crate) ended: Option<Timestamp>,
}

impl Fire {
    /// Whether something was started for it, or would have been.
    pub(crate) fn fired(&self) -> bool {
        !["skipped", "missed", "refused"].contains(&self.status.as_str())
    }
}
