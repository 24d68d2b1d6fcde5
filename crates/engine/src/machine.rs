//! The machine trait: a pure function from a run's journal to what it wants next.

use std::collections::HashSet;

use crate::{Decision, Entry, Key, KeyState, Limit, RunState};

/// Decides for one run of one kind; performs nothing.
///
/// Invariant: equal entries applied in equal order give equal decisions, on any machine, in any
/// process, at any time. A key that its journal has settled is never asked for again, and one that it
/// has not is asked for with the same input each time: the input is part of an effect's id.
pub trait Machine: Send {
    /// Takes in one entry, in order, the `run_started` one included. Called once for each entry,
    /// whether it is replayed or new. Keeps what later decisions need and nothing else.
    fn apply(&mut self, entry: &Entry);

    /// Answers everything that the run wants now, in order of preference. An empty answer means
    /// that the machine is broken, and fails the run: a run always wants something or ends.
    fn decide(&mut self, facts: &Facts<'_>) -> Vec<Decision>;

    /// Whether a retry of this run takes over what its journal has settled under `key`. Asked
    /// after the whole journal was applied, only for keys that settled well.
    fn carries(&self, key: &Key) -> bool;
}

/// What the engine knows of a run, as a machine may ask it.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub(crate) state: &'a RunState,
    pub(crate) in_flight: &'a HashSet<Key>,
}

impl Facts<'_> {
    /// Whether what the key stands for is being done or waited for, so that
    /// [`Decision::Keep`](crate::Decision::Keep) is enough.
    pub fn under_way(&self, key: &Key) -> bool {
        match self.state.key(key) {
            Some(KeyState::Timer { .. } | KeyState::Awaited { .. } | KeyState::Child { .. }) => {
                true
            }
            _ => self.in_flight.contains(key),
        }
    }

    /// What the journal says of the key, if anything.
    pub fn key(&self, key: &Key) -> Option<&KeyState> {
        self.state.key(key)
    }

    /// The limits that were reached, in order.
    pub fn limits_reached(&self) -> &[Limit] {
        self.state.limits_reached()
    }

    /// The whole folded state.
    pub fn state(&self) -> &RunState {
        self.state
    }
}
