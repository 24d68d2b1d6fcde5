//! One run in hand: its fold, its machine, and what this process has under way for it.

mod step;

mod answer;
mod input;
mod plan;

mod attempt;
mod give_up;
mod money;
mod retried;

use std::collections::{HashMap, HashSet};

use gathering_domain::{IdSource, MicroUsd, RunId, Timestamp};

pub use answer::PERSON_SAYS_NOT_DONE;
pub use attempt::MAX_DEPTH;
pub use input::{Input, Reservation, Resolution};
pub use money::ASK_BUDGETS_AGAIN;
pub use retried::TakenOver;
pub use step::{
    Action, CloseReason, EffectOrder, Finished, Grants, LedgerChange, LedgerState, Lineage,
    NewChild, Parked, Spend, Step,
};

use crate::{Entry, EntryBody, Key, Machine, RunState};

/// What comes from outside into an otherwise pure computation.
#[derive(Clone, Copy)]
pub struct Ambient<'a> {
    /// The present instant.
    pub now: Timestamp,
    /// Where ids of child runs come from.
    pub ids: &'a dyn IdSource,
    /// A number drawn from 0 to 1 for the jitter of delays.
    pub jitter: f64,
}

/// A journal that cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CorruptJournal {
    /// The first entry is not `run_started`.
    #[error("journal of {0} does not begin with `run_started`")]
    NoStart(RunId),
    /// An entry is missing or stands twice.
    #[error("journal of {run_id} has entry {got} where entry {want} belongs")]
    Gap {
        /// Whose journal.
        run_id: RunId,
        /// The place.
        want: u32,
        /// What is there.
        got: u32,
    },
}

/// One run, folded and ready to go on.
///
/// Inputs and [`step`](Self::step) apply entries to the fold at once and hand them out for the
/// log. Whoever drives it appends them in order and takes no action before they are durable; if
/// an append fails, the execution is dropped and folded afresh from the log.
pub struct Execution {
    run_id: RunId,
    state: RunState,
    machine: Box<dyn Machine>,
    /// What this process performs now. Empty after a replay.
    flights: HashMap<Key, step::Flight>,
    in_flight: HashSet<Key>,
    /// Money that the budgets granted, for attempts that have not begun.
    reservations: HashMap<Key, MicroUsd>,
    /// Effects for which budgets had too little, and when to ask them again. Empty after a replay: whoever
    /// goes on with the run asks at once.
    refused: HashMap<Key, Timestamp>,
    /// Timers, waits and children that were given up in this process already.
    given_up: HashSet<Key>,
    step: Step,
}

impl Execution {
    /// Folds a journal.
    pub fn replay(
        run_id: RunId,
        machine: Box<dyn Machine>,
        entries: impl IntoIterator<Item = Entry>,
    ) -> Result<Self, CorruptJournal> {
        let mut execution = Self {
            run_id,
            state: RunState::default(),
            machine,
            flights: HashMap::new(),
            in_flight: HashSet::new(),
            reservations: HashMap::new(),
            refused: HashMap::new(),
            given_up: HashSet::new(),
            step: Step::default(),
        };
        for entry in entries {
            let want = execution.state.next_seq();
            if entry.seq != want {
                return Err(CorruptJournal::Gap { run_id, want, got: entry.seq });
            }
            if want == 0 && !matches!(entry.body, EntryBody::RunStarted(_)) {
                return Err(CorruptJournal::NoStart(run_id));
            }
            execution.apply(&entry);
        }
        if execution.state.started().is_none() {
            return Err(CorruptJournal::NoStart(run_id));
        }
        Ok(execution)
    }

    /// The run.
    pub const fn run_id(&self) -> RunId {
        self.run_id
    }

    /// The fold.
    pub const fn state(&self) -> &RunState {
        &self.state
    }

    /// Whether this process performs anything for the run now.
    pub fn is_busy(&self) -> bool {
        !self.flights.is_empty()
    }

    /// The machine, for views of its own state.
    pub fn machine(&self) -> &dyn Machine {
        self.machine.as_ref()
    }

    fn apply(&mut self, entry: &Entry) {
        self.state.apply(entry);
        self.machine.apply(entry);
    }

    /// Writes an entry: into the fold now, into the log with the step.
    fn push(&mut self, at: Timestamp, body: EntryBody) {
        let entry = Entry { seq: self.state.next_seq(), at, body };
        self.apply(&entry);
        self.step.entries.push(entry);
    }
}

impl std::fmt::Debug for Execution {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Execution")
            .field("run_id", &self.run_id)
            .field("entries", &self.state.next_seq())
            .field("in_flight", &self.in_flight)
            .finish_non_exhaustive()
    }
}
