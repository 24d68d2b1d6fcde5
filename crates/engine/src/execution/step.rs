//! A step: entries to append in one transaction with their consequences, then actions to take.

use std::sync::Arc;

use gathering_domain::{
    Actor, Duration, EffectId, EffectKind, MicroUsd, RunId, Timestamp, TriggerId, Waiting,
};

use crate::{
    AwaitRequest, ChildSpec, Effect, Entry, Key, Origin, Outcome, ParentLink, RetryPolicy,
};

/// What follows from inputs and decisions. Everything but the actions belongs to one transaction;
/// the actions wait until it is durable.
#[derive(Debug, Default)]
pub struct Step {
    /// What goes into the log, in order.
    pub entries: Vec<Entry>,
    /// Child runs to be created.
    pub children: Vec<NewChild>,
    /// Child runs to be cancelled.
    pub cancelled_children: Vec<RunId>,
    /// Changes of the ledger of effects that must not be repeated.
    pub ledger: Vec<LedgerChange>,
    /// Waits that now stand open.
    pub opened: Vec<(Key, AwaitRequest)>,
    /// Waits that nobody needs to answer any more.
    pub closed: Vec<(Key, CloseReason)>,
    /// What goes back to, or is taken from, the budgets that the run's spending counts against.
    pub spend: Option<Spend>,
    /// What becomes of money that was granted to attempts that had not begun. The end of a run gives back
    /// all that is left of its grants besides.
    pub grants: Grants,
    /// When the run must be looked at again even if nothing happens.
    pub wake_at: Option<Timestamp>,
    /// Set when the run needs nothing from this process until something happens.
    pub parked: Option<Parked>,
    /// Set when the run has ended with this step.
    pub finished: Option<Finished>,
    /// What to do once all of the above is durable.
    pub actions: Vec<Action>,
}

impl Step {
    /// Whether anything of it must be written before the run goes on. Actions alone need not, and
    /// neither does a time to wake up.
    pub const fn is_durable(&self) -> bool {
        let Self {
            entries,
            children,
            cancelled_children,
            ledger,
            opened,
            closed,
            spend,
            grants,
            wake_at: _,
            parked,
            finished,
            actions: _,
        } = self;
        !(entries.is_empty()
            && children.is_empty()
            && cancelled_children.is_empty()
            && ledger.is_empty()
            && opened.is_empty()
            && closed.is_empty()
            && spend.is_none()
            && grants.is_empty()
            && parked.is_none()
            && finished.is_none())
    }
}

/// The end of a run, and whom to tell.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// How it ended.
    pub outcome: Outcome,
    /// The parent that waits for it.
    pub parent: Option<ParentLink>,
}

/// Something to do in this process, without a durable trace of its own.
#[derive(Debug)]
pub enum Action {
    /// Take money from the budgets of the run and of its ancestors, in a transaction of its own that is
    /// refused if it would pass one of them, and in place of what they granted for the effect before;
    /// comes back as [`Input::Reserved`](crate::Input). What a process that dies was granted is taken
    /// over by whoever asks for the effect next, or goes back with the run's end.
    Reserve {
        /// The effect that will cost it.
        key: Key,
        /// From whose budgets, and how much.
        spend: Spend,
    },
    /// Perform an attempt; its end comes back as [`Input::Outcome`](crate::Input).
    Perform(EffectOrder),
    /// Ask the target whether an attempt happened; comes back as [`Input::Reconciled`](crate::Input).
    Reconcile(EffectOrder),
    /// Drop the attempt in flight.
    Drop(Key),
}

/// What is under way for an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The budgets are asked for money.
    Reserving,
    /// An attempt is made.
    Performing,
    /// The target is asked whether an attempt happened.
    Reconciling,
}

/// An attempt to be made.
#[derive(Debug, Clone)]
pub struct EffectOrder {
    /// The effect.
    pub effect: Effect,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// What the target sees.
    pub effect_id: EffectId,
    /// What a run that the effect starts has from the run whose effect it is.
    pub lineage: Lineage,
}

/// What a run hands down to a topmost run that one of its effects starts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lineage {
    /// How many runs stand above the one that hands it down.
    pub depth: u32,
    /// The budgets that its spending counts against.
    pub budgets: Vec<RunId>,
    /// The event triggers that stand above it.
    pub triggers: Vec<TriggerId>,
    /// Whose it is alone, if it is somebody's.
    pub private_to: Option<Actor>,
}

/// A child run to be created in the step's transaction.
#[derive(Debug, Clone)]
pub struct NewChild {
    /// The child.
    pub run_id: RunId,
    /// What runs in it.
    pub spec: ChildSpec,
    /// Its ancestry; `retry_of` names an earlier child whose settled entries it takes over.
    pub origin: Origin,
}

/// A change in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerChange {
    /// The effect.
    pub effect_id: EffectId,
    /// Its key in this run.
    pub key: Key,
    /// What repeating it means.
    pub kind: EffectKind,
    /// Which attempt.
    pub attempt: u32,
    /// What is known of it now.
    pub state: LedgerState,
}

/// What is known of an effect that must not be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LedgerState {
    /// An attempt is under way, or was when its process died.
    Attempted,
    /// It certainly did not happen.
    NotDone,
    /// It happened.
    Done,
    /// It failed for good.
    Failed,
    /// Nobody knows; a person must say.
    Unknown,
}

/// Why a wait was closed without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// The run went on without it: its deadline, or another branch.
    Expired,
    /// The run ended.
    RunEnded,
}

/// A change of the budgets of a run and of its ancestors: of all of them, or of none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spend {
    /// Whose budgets, from above. There is at least one.
    pub budgets: Arc<[RunId]>,
    /// By how much the spent part of each grows, or shrinks.
    pub delta: MicroUsd,
}

/// What becomes of grants, by the effects for which they were asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    /// The step logs their attempts, which reserve the same amounts.
    pub used: Vec<Key>,
    /// Nobody wants them any more.
    pub returned: Vec<Key>,
}

/// Why and until when nothing is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parked {
    /// What the run waits for.
    pub waiting: Waiting,
    /// When it must be looked at again even if nothing happens.
    pub wake_at: Option<Timestamp>,
}

/// Something under way in this process for an effect.
#[derive(Debug, Clone)]
pub(super) struct Flight {
    pub(super) phase: Phase,
    pub(super) attempt: u32,
    pub(super) effect_id: EffectId,
    pub(super) kind: EffectKind,
    pub(super) retry: RetryPolicy,
    pub(super) timeout: Duration,
    pub(super) reserved: MicroUsd,
    /// Whether budgets may have more by now than when they were asked.
    pub(super) outdated: bool,
}

impl Grants {
    /// Whether nothing becomes of any.
    pub const fn is_empty(&self) -> bool {
        self.used.is_empty() && self.returned.is_empty()
    }
}

impl LedgerState {
    /// The word that the API and the database use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Attempted => "attempted",
            Self::NotDone => "not_done",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

impl Flight {
    /// An attempt of which nothing is left but its place in the log.
    pub(super) const fn lost(attempt: u32, effect_id: EffectId, kind: EffectKind) -> Self {
        let (phase, retry, reserved) = (Phase::Performing, RetryPolicy::NONE, MicroUsd::ZERO);
        let (timeout, outdated) = (Duration::ZERO, false);
        Self { phase, attempt, effect_id, kind, retry, timeout, reserved, outdated }
    }
}
