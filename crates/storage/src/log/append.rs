//! What one run wants written: entries with all their consequences, in one transaction.

use gathering_domain::{
    Actor, ApprovalId, InstanceId, ProjectId, RunId, ScheduleId, Timestamp, Usage, Waiting,
};
use gathering_engine::{
    AwaitRequest, ChildSettled, CloseReason, Entry, Key, LedgerChange, Outcome, ParentLink, Spend,
};

use crate::{GrantChanges, InboxRow, NewRun};

/// A place in the log: `row * 4096 + index`. Rises with time, with gaps, and fits a JavaScript number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub i64);

/// Entries that one row of the log may hold, and so the factor between rows and positions.
pub const ENTRIES_PER_ROW: usize = 4_096;
const FACTOR: i64 = 4_096;
const _: () = assert!(FACTOR.unsigned_abs() == ENTRIES_PER_ROW as u64);

/// Entries of one run with their consequences: applied whole or not at all.
///
/// Invariant: a run has at most one append on its way. Whoever sends the next one has seen the end of
/// the one before.
#[derive(Debug, Clone)]
pub struct Append {
    /// The instance on whose behalf this is written; it must own the run.
    pub instance: InstanceId,
    /// The run.
    pub run_id: RunId,
    /// Its project.
    pub project_id: ProjectId,
    /// The present time.
    pub now: Timestamp,
    /// Entries, in order.
    pub entries: Vec<Entry>,
    /// What becomes of the run's row.
    pub change: RunChange,
    /// What the run has used in all so far; `None` leaves the row's figures as they are. Written with
    /// a change only.
    pub usage: Option<Usage>,
    /// Child runs that come into being.
    pub children: Vec<NewChildRun>,
    /// Child runs that are to be cancelled, on whose behalf and why.
    pub cancel: Vec<CancelRun>,
    /// Changes of the ledger.
    pub ledger: Vec<LedgerChange>,
    /// Approvals that now stand open.
    pub approvals_opened: Vec<NewApproval>,
    /// Approvals that nobody needs to decide any more.
    pub approvals_closed: Vec<(Key, CloseReason)>,
    /// The change of the budgets that the run's spending counts against.
    pub spend: Option<Spend>,
    /// What becomes of money that budgets have granted to the run, if any count for it.
    pub grants: Option<GrantChanges>,
    /// Keys of inbox rows that the entries take in.
    pub inbox_done: Vec<String>,
    /// The parent to tell that this run has ended.
    pub settle_parent: Option<(ParentLink, ChildSettled)>,
    /// Recoveries counted anew after progress.
    pub recovered: Option<Recovered>,
    /// The schedule of whose fire the run ends.
    pub ends_fire_of: Option<ScheduleId>,
}

/// What becomes of a run's row.
#[derive(Debug, Clone, Default)]
pub enum RunChange {
    /// Nothing.
    #[default]
    None,
    /// It comes into being.
    Create(Box<NewRun>),
    /// It waits, and nobody owns it any more, unless something was put into its inbox meanwhile.
    Parked {
        /// For what.
        waiting: Waiting,
        /// When it must be looked at even if nothing happens.
        wake_at: Option<Timestamp>,
        /// The number of pokes that its owner has seen.
        pokes_seen: i64,
    },
    /// Its owner lets go of it, for anyone to go on at once.
    Released,
    /// It has ended.
    Finished {
        /// How; the last of the entries says the same.
        outcome: Outcome,
    },
}

/// A child run with the first entries of its journal.
#[derive(Debug, Clone)]
pub struct NewChildRun {
    /// Its row.
    pub run: NewRun,
    /// Its first entries.
    pub entries: Vec<Entry>,
    /// What the ledger says of effects that it takes over.
    pub ledger: Vec<LedgerChange>,
}

/// A run that is to be cancelled.
#[derive(Debug, Clone)]
pub struct CancelRun {
    /// The run.
    pub run_id: RunId,
    /// Who wants it.
    pub actor: Actor,
    /// Why.
    pub reason: String,
}

/// An approval that is to be asked for.
#[derive(Debug, Clone)]
pub struct NewApproval {
    /// Its id.
    pub id: ApprovalId,
    /// The key under which the run waits.
    pub key: Key,
    /// What is asked; an [`AwaitRequest::Approval`].
    pub request: AwaitRequest,
}

/// The count of recoveries without progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recovered {
    /// Recoveries since the run last made progress.
    pub recoveries: u32,
    /// How long the journal was at the last recovery.
    pub seq: u32,
}

/// What an append did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Appended {
    /// The places of the run's first and last entry of this append, if it had any.
    pub positions: Option<(Position, Position)>,
    /// Whether the instance owns the run now. After [`RunChange::Parked`] that means that something
    /// was put into the inbox meanwhile: load it and go on. After [`RunChange::Create`] it is false
    /// for a run with a limit, which must be claimed.
    pub owned: bool,
    /// Runs that were told something: parents and cancelled children that have not ended.
    pub told: Vec<Told>,
    /// After a poke, what lies in the inbox under its key: the message itself, or one that was faster.
    pub held: Option<Box<InboxRow>>,
}

/// A run into whose inbox something was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// The run.
    pub run_id: RunId,
    /// Who must be woken to take it in; with `None` the run has become claimable.
    pub owner: Option<InstanceId>,
}

impl Append {
    /// An append that does nothing yet.
    pub const fn new(
        instance: InstanceId,
        run_id: RunId,
        project_id: ProjectId,
        now: Timestamp,
    ) -> Self {
        Self {
            instance,
            run_id,
            project_id,
            now,
            entries: Vec::new(),
            change: RunChange::None,
            usage: None,
            children: Vec::new(),
            cancel: Vec::new(),
            ledger: Vec::new(),
            approvals_opened: Vec::new(),
            approvals_closed: Vec::new(),
            spend: None,
            grants: None,
            inbox_done: Vec::new(),
            settle_parent: None,
            recovered: None,
            ends_fire_of: None,
        }
    }

    /// An append that creates a run: its row, its budget and its first entries.
    pub fn create(instance: InstanceId, now: Timestamp, run: NewRun, entries: Vec<Entry>) -> Self {
        let mut append = Self::new(instance, run.id, run.project_id, now);
        append.entries = entries;
        append.change = RunChange::Create(Box::new(run));
        append
    }
}

impl Position {
    /// The place of entry `index` of a row.
    #[expect(clippy::cast_possible_wrap, reason = "an index is below 4096")]
    pub const fn of(row: i64, index: usize) -> Self {
        Self(row * FACTOR + index as i64)
    }

    /// The row.
    pub const fn row(self) -> i64 {
        self.0.div_euclid(FACTOR)
    }

    /// The index in the row.
    #[expect(clippy::cast_possible_truncation, reason = "not negative, and below 4096")]
    pub const fn index(self) -> usize {
        self.0.rem_euclid(FACTOR) as usize
    }
}
