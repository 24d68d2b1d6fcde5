//! What was seen in a chaos test: by those who asked, by the target, and in the journals.

use gathering_domain::Timestamp;

/// All of it.
#[derive(Debug, Default, Clone)]
pub(crate) struct History {
    /// Answers to starts, one for each that came.
    pub(crate) accepted: Vec<Accepted>,
    /// Every run that there is at the end.
    pub(crate) runs: Vec<Run>,
    /// What reached the target.
    pub(crate) arrivals: Vec<Arrival>,
    /// What people said of unknown outcomes.
    pub(crate) verdicts: Vec<Verdict>,
    /// The events as they came to one who resumed over all faults.
    pub(crate) watched: Vec<Event>,
    /// The events as they are read at the end, from the first one.
    pub(crate) replayed: Vec<Event>,
    /// Whether a process may have been paused amid a request that arrived after others had gone on.
    pub(crate) pauses: bool,
}

/// A start that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Accepted {
    /// The idempotency key of the start.
    pub(crate) key: String,
    pub(crate) run_id: String,
}

/// A run and its journal.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) id: String,
    /// What started it: `manual` for a customer.
    pub(crate) trigger: String,
    pub(crate) title: String,
    pub(crate) status: String,
    /// What its effects carry in their paths; none for a run without any.
    pub(crate) token: Option<String>,
    pub(crate) journal: Vec<Entry>,
}

/// An entry of a journal, as far as anything is checked of it.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) seq: u32,
    pub(crate) at: Timestamp,
    pub(crate) kind: String,
    pub(crate) key: Option<String>,
    pub(crate) attempt: Option<u32>,
    /// What repeating the effect means.
    pub(crate) effect: Option<String>,
    /// What follows a failed attempt: `retry`, `postpone`, `reconcile`, `ask`, `abandon`.
    pub(crate) next: Option<String>,
    /// The code of the error.
    pub(crate) code: Option<String>,
}

/// A request that reached the target.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) path: String,
    pub(crate) effect_id: Option<String>,
    pub(crate) at: Timestamp,
}

/// What a person said of an unknown outcome.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    pub(crate) run_id: String,
    pub(crate) key: String,
    pub(crate) attempt: u32,
    pub(crate) path: String,
    /// Whether it was said to have happened.
    pub(crate) done: bool,
    /// How often it had reached the target when they looked.
    pub(crate) seen: usize,
}

/// An event of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) position: i64,
    pub(crate) of_type: String,
    pub(crate) run_id: String,
    pub(crate) seq: u32,
}

impl Run {
    /// Whether it has ended.
    pub(crate) fn has_ended(&self) -> bool {
        ["succeeded", "failed", "cancelled", "timed_out"].contains(&self.status.as_str())
    }
}

/// The time by the clock of this machine, which is also that of the instances and databases.
pub(crate) fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "compared with the times of real processes")]
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap())
}
