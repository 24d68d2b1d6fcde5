//! Rows: what the simulated store keeps of runs, messages and effects.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use gathering_domain::{Actor, EffectId, EffectKind, MicroUsd, RunId, RunStatus, Timestamp};
use gathering_engine::{
    ChildSettled, Entry, EntryBody, Key, LedgerState, Outcome, Resolution, RunStarted, RunState,
    SignalReceived,
};

use super::Instance;

/// A run, its journal and its inbox.
#[derive(Debug, Clone)]
pub(crate) struct RunRow {
    pub(crate) id: RunId,
    pub(crate) journal: Vec<Entry>,
    /// The fold of the journal, kept as entries arrive.
    pub(crate) state: RunState,
    pub(crate) status: RunStatus,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) owner: Option<Instance>,
    pub(crate) wake_at: Option<Timestamp>,
    /// How often the inbox was written to.
    pub(crate) pokes: u32,
    /// How often it was recovered since it last made progress.
    pub(crate) recoveries: u32,
    pub(crate) inbox: Vec<InboxRow>,
    pub(crate) consumed: Vec<u64>,
    pub(crate) waits: BTreeSet<Key>,
    pub(crate) budget: Option<Budget>,
    /// Money that budgets granted for attempts that are not in the journal.
    pub(crate) grants: BTreeMap<Key, Grant>,
    /// The chain of retries that it belongs to, as how many came before it.
    pub(crate) retries: u32,
    /// What people said of attempts after the run had ended.
    pub(crate) settled_since: HashMap<Key, Resolution>,
}

/// What a run and its descendants may spend, and have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    pub(crate) limit: MicroUsd,
    pub(crate) spent: MicroUsd,
}

/// Money for an attempt that is not in the journal, and the question that it answers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grant {
    pub(crate) number: u64,
    pub(crate) amount: MicroUsd,
}

/// A message to a run's owner.
#[derive(Debug, Clone)]
pub(crate) struct InboxRow {
    pub(crate) id: u64,
    pub(crate) message: Message,
}

/// What others tell a run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Message {
    Signal(SignalReceived),
    Child(ChildSettled),
    Cancel { actor: Actor },
    Resolved { effect_id: EffectId, key: Key, attempt: u32, resolution: Resolution },
}

/// An effect that must not be repeated.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LedgerRow {
    pub(crate) run_id: RunId,
    pub(crate) key: Key,
    pub(crate) kind: EffectKind,
    pub(crate) attempt: u32,
    pub(crate) state: LedgerState,
}

impl RunRow {
    /// A run that was accepted, with entries that it takes over from an earlier one.
    pub(crate) fn new(
        id: RunId,
        started: RunStarted,
        taken_over: Vec<(Timestamp, EntryBody)>,
        now: Timestamp,
        owner: Option<Instance>,
    ) -> Self {
        let budget = started.limits.cost.map(|limit| Budget { limit, spent: MicroUsd::ZERO });
        let mut row = Self {
            id,
            journal: Vec::with_capacity(16),
            state: RunState::default(),
            status: if owner.is_some() { RunStatus::Running } else { RunStatus::Queued },
            outcome: None,
            owner,
            wake_at: None,
            pokes: 0,
            recoveries: 0,
            inbox: Vec::new(),
            consumed: Vec::new(),
            waits: BTreeSet::new(),
            budget,
            grants: BTreeMap::new(),
            retries: 0,
            settled_since: HashMap::new(),
        };
        row.append(Entry { seq: 0, at: now, body: EntryBody::RunStarted(Box::new(started)) });
        for (seq, (at, body)) in (1..).zip(taken_over) {
            row.append(Entry { seq, at, body });
        }
        row
    }

    pub(crate) fn append(&mut self, entry: Entry) {
        self.state.apply(&entry);
        self.journal.push(entry);
    }

    /// How the run began.
    pub(crate) fn started(&self) -> &RunStarted {
        match &self.journal[0].body {
            EntryBody::RunStarted(started) => started,
            other => unreachable!("a journal does not begin with {}", other.kind()),
        }
    }
}
