//! The simulated store: the log, runs, inbox, ledger and instances, changed by whole transactions.

mod apply;
mod claim;
mod grants;
mod row;

use std::collections::BTreeMap;

use gathering_domain::{EffectId, RunId, Timestamp};
use gathering_engine::{
    AwaitRequest, CloseReason, Entry, Finished, Key, LedgerChange, LedgerState, NewChild, Parked,
    Spend,
};

pub(crate) use apply::{Applying, RetriedChild};
pub(crate) use row::{InboxRow, LedgerRow, Message, RunRow};

/// The number of a registered instance.
pub(crate) type Instance = u64;

/// The tables.
#[derive(Debug, Clone, Default)]
pub(crate) struct Store {
    pub(crate) runs: BTreeMap<RunId, RunRow>,
    pub(crate) ledger: BTreeMap<EffectId, LedgerRow>,
    /// Whether each registered instance is alive, by its number.
    pub(crate) alive: Vec<bool>,
    /// Whether a dead instance's writes are refused.
    pub(crate) unfenced: bool,
    pub(crate) next_message: u64,
}

/// A transaction: applied whole or not at all.
#[derive(Debug)]
pub(crate) enum Change {
    Start { row: Box<RunRow>, ledger: Vec<LedgerChange> },
    Append(Box<AppendTx>),
    Reserve(GrantRequest),
    GiveBack(GrantRequest),
    Claim { instance: Instance, room: usize },
    Message { run_id: RunId, message: Message },
}

/// A question for the money of an effect.
#[derive(Debug, Clone)]
pub(crate) struct GrantRequest {
    pub(crate) instance: Instance,
    pub(crate) run_id: RunId,
    pub(crate) key: Key,
    /// Tells the questions of all processes apart.
    pub(crate) number: u64,
    pub(crate) spend: Spend,
}

/// A step of a run with all its consequences.
#[derive(Debug)]
pub(crate) struct AppendTx {
    pub(crate) instance: Instance,
    pub(crate) run_id: RunId,
    pub(crate) entries: Vec<Entry>,
    pub(crate) children: Vec<NewChild>,
    pub(crate) cancelled_children: Vec<RunId>,
    pub(crate) ledger: Vec<LedgerChange>,
    pub(crate) opened: Vec<(Key, AwaitRequest)>,
    pub(crate) closed: Vec<(Key, CloseReason)>,
    pub(crate) spend: Option<Spend>,
    /// Grants whose attempts are in the entries, and such that nobody wants any more.
    pub(crate) used: Vec<(Key, u64)>,
    pub(crate) returned: Vec<(Key, u64)>,
    /// With how often the inbox had been written to when it was read last.
    pub(crate) parked: Option<(Parked, u32)>,
    pub(crate) finished: Option<Finished>,
    /// Inbox rows that went into the journal, or meant nothing.
    pub(crate) consumed: Vec<u64>,
}

/// How a transaction ended.
#[derive(Debug)]
pub(crate) enum Applied {
    /// Whether the run was released, for an append that wanted it.
    Appended {
        parked: bool,
    },
    Started,
    Reserved {
        granted: bool,
    },
    GivenBack,
    Claimed(Vec<RunId>),
    Accepted {
        message: u64,
    },
    /// The row that it needs is not there, or is there already.
    Declined,
    /// The instance is dead.
    Fenced,
}

/// Somebody who should look at something, if the message reaches them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Notice {
    /// The owner of a run has something in its inbox.
    Poke { instance: Instance, run_id: RunId },
    /// A run can be claimed, now or at a time.
    Claimable { at: Timestamp },
    /// Somebody outside is asked.
    Opened { run_id: RunId, key: Key },
    /// A person is asked about an outcome.
    Unknown { effect_id: EffectId },
    /// A run has ended.
    Ended { run_id: RunId },
}

impl Store {
    /// Adds an instance that is alive.
    pub(crate) fn register(&mut self) -> Instance {
        self.alive.push(true);
        self.alive.len() as u64 - 1
    }

    pub(crate) fn is_alive(&self, instance: Instance) -> bool {
        usize::try_from(instance).ok().and_then(|at| self.alive.get(at)).copied().unwrap_or(false)
    }

    fn may_write(&self, instance: Instance) -> bool {
        self.unfenced || self.is_alive(instance)
    }

    /// Marks an instance dead and frees its runs, in one transaction.
    pub(crate) fn take_over(&mut self, instance: Instance, now: Timestamp) -> Vec<Notice> {
        if let Ok(at) = usize::try_from(instance)
            && let Some(alive) = self.alive.get_mut(at)
        {
            *alive = false;
        }
        let mut freed = false;
        for run in self.runs.values_mut().filter(|run| run.owner == Some(instance)) {
            run.owner = None;
            freed = true;
        }
        if freed { vec![Notice::Claimable { at: now }] } else { Vec::new() }
    }

    /// Every message that was ever accepted and is not lost.
    pub(crate) fn messages(&self) -> impl Iterator<Item = u64> {
        self.runs
            .values()
            .flat_map(|run| run.inbox.iter().map(|row| row.id).chain(run.consumed.iter().copied()))
    }

    /// What a person finds in the ledger.
    pub(crate) fn unknown(&self, effect_id: EffectId) -> Option<&LedgerRow> {
        self.ledger.get(&effect_id).filter(|row| row.state == LedgerState::Unknown)
    }
}
