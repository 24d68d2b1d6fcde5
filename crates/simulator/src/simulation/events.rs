//! Events and the queue that orders them in virtual time.

use std::{cmp::Ordering, collections::BinaryHeap};

use gathering_domain::{Duration, EffectId, RunId, Timestamp};
use gathering_engine::{Input, Key};

use super::Applied;
use crate::store::Instance;

/// Something that happens at an instant.
#[derive(Debug)]
pub(super) enum Event {
    /// A transaction is on disk.
    Commit(u64),
    /// Its answer arrives.
    Answered {
        tx: Box<Answer>,
    },
    /// Something comes back to a run's owner from the world.
    Input {
        process: usize,
        incarnation: u32,
        run_id: RunId,
        input: Box<Input>,
    },
    /// A run's timer is due in the process that hosts it.
    Wake {
        process: usize,
        incarnation: u32,
        run_id: RunId,
    },
    /// A run's owner is told of its inbox.
    Poke {
        instance: Instance,
        run_id: RunId,
    },
    /// A process looks for work.
    Poll {
        process: usize,
        incarnation: u32,
        again: bool,
    },
    /// A process checks that it still counts as alive.
    Beat {
        process: usize,
        incarnation: u32,
    },
    Kill {
        process: usize,
    },
    Restart {
        process: usize,
    },
    Pause {
        process: usize,
        length: Duration,
    },
    Resume {
        process: usize,
        incarnation: u32,
    },
    /// Others find that an instance is gone.
    TakeOver {
        instance: Instance,
    },
    /// The store loses its connections and what is not on disk.
    StoreCrash {
        outage: Duration,
    },
    StoreBack,
    /// A store that skips its syncs gets to one at last.
    LateSync,
    /// Somebody outside does something.
    Person(Step),
}

/// What somebody outside does. All but `Cancel` and `Retry` try until it has come about.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Start { run_id: RunId, number: usize },
    Answer { run_id: RunId, key: Key },
    Resolve { effect_id: EffectId },
    Cancel { run_id: RunId },
    Retry { run_id: RunId },
}

/// The end of a transaction on its way to whoever sent it.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) from: super::commit::From,
    pub(super) store_epoch: u32,
    pub(super) applied: Applied,
}

/// Events in order of time, and of their making within an instant.
#[derive(Debug, Default)]
pub(super) struct Queue {
    heap: BinaryHeap<Queued>,
    made: u64,
}

#[derive(Debug)]
struct Queued {
    at: Timestamp,
    number: u64,
    event: Event,
}

impl Queue {
    pub(super) fn push(&mut self, at: Timestamp, event: Event) {
        self.made += 1;
        self.heap.push(Queued { at, number: self.made, event });
    }

    pub(super) fn pop(&mut self) -> Option<(Timestamp, Event)> {
        self.heap.pop().map(|queued| (queued.at, queued.event))
    }
}

impl Ord for Queued {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Queued {}

impl Event {
    /// The process that must be running to see it.
    pub(super) const fn process(&self) -> Option<usize> {
        match self {
            Self::Input { process, .. }
            | Self::Wake { process, .. }
            | Self::Poll { process, .. }
            | Self::Beat { process, .. } => Some(*process),
            Self::Answered { tx } => Some(tx.from.process),
            Self::Commit(_)
            | Self::Poke { .. }
            | Self::Kill { .. }
            | Self::Restart { .. }
            | Self::Pause { .. }
            | Self::Resume { .. }
            | Self::TakeOver { .. }
            | Self::StoreCrash { .. }
            | Self::StoreBack
            | Self::LateSync
            | Self::Person(_) => None,
        }
    }
}
