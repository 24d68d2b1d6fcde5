//! A history: what happened in a simulation or on real servers, as checkers read it.

use std::collections::{BTreeMap, BTreeSet};

use gathering_domain::{EffectId, EffectKind, MicroUsd, RunId, RunStatus, Timestamp};
use gathering_engine::{Entry, Key, LedgerState, Outcome, RunState};

/// Everything that checkers may want to know. What an observer cannot know stays empty.
#[derive(Debug, Default)]
pub struct History {
    /// The journal of every run, at the end.
    pub journals: BTreeMap<RunId, Vec<Entry>>,
    /// What projections say at the end.
    pub projections: BTreeMap<RunId, Projection>,
    /// Every append, in the order in which they became visible.
    pub appends: Vec<Append>,
    /// What was answered as accepted.
    pub acknowledged: Vec<Acknowledged>,
    /// Messages that are in the store or were consumed from it.
    pub messages: BTreeSet<u64>,
    /// Entries that somebody was shown.
    pub shown: Vec<(RunId, Entry)>,
    /// Effects on the world, in order of time.
    pub performed: Vec<Performed>,
    /// When a person said that an attempt did not happen.
    pub said_not_done: Vec<(Timestamp, EffectId)>,
    /// States that a process held in its memory, with the length of the journal they stand for.
    pub remembered: Vec<(RunId, usize, Box<RunState>)>,
}

/// What the store says of a run besides its journal.
#[derive(Debug, Clone, PartialEq)]
pub struct Projection {
    /// Its status.
    pub status: RunStatus,
    /// Its end.
    pub outcome: Option<Outcome>,
    /// Waits that stand open.
    pub waits: BTreeSet<Key>,
    /// Its rows in the ledger of effects.
    pub ledger: BTreeMap<EffectId, LedgerState>,
    /// What is spent of its budget, for a run that has one.
    pub spent: Option<MicroUsd>,
    /// Money that budgets granted for attempts that are not in the journal.
    pub granted: MicroUsd,
    /// Keys of which a person said what became of them after the run had ended.
    pub settled_since: BTreeSet<Key>,
}

/// One transaction that appended to a journal.
#[derive(Debug, Clone, Copy)]
pub struct Append {
    /// When it became visible.
    pub at: Timestamp,
    /// Whose journal.
    pub run_id: RunId,
    /// Who appended, as a number of a registered instance.
    pub instance: u64,
    /// Whether that instance was alive in the store at that moment.
    pub alive: bool,
    /// Whether that instance owned the run at that moment.
    pub owner: bool,
}

/// Something that was answered as accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acknowledged {
    /// A run exists.
    Start(RunId),
    /// A signal, cancel or resolution is on its way to its run.
    Message(u64),
}

/// One effect on the world, as its target counted it.
#[derive(Debug, Clone)]
pub struct Performed {
    /// When.
    pub at: Timestamp,
    /// For which run.
    pub run_id: RunId,
    /// Under which key.
    pub key: Key,
    /// What the target saw.
    pub effect_id: EffectId,
    /// What repeating it means.
    pub kind: EffectKind,
    /// Stands for the input.
    pub input: u64,
    /// What the target charged.
    pub charged: MicroUsd,
    /// Whether it had an effect. A target that knows an idempotent effect's id does nothing again.
    pub happened: bool,
}
