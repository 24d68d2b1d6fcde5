//! Entries: everything durable that can happen to a run, in a few generic kinds.
//!
//! Their JSON form is stored for as long as runs are kept. Fields are added with a default and
//! never renamed; recorded journals in the tests hold this.

mod origin;

use std::sync::Arc;

use gathering_domain::{
    Actor, Advice, Duration, EffectId, EffectKind, Failure, MicroUsd, RunId, Timestamp, Usage,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use origin::{Origin, ParentLink};

use crate::{AwaitRequest, Key, Limit, Limits, Outcome};

/// A JSON value that is shared, not copied.
pub type Payload = Arc<Value>;

/// One thing that happened to a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its place in the run's journal, from 0 without a gap.
    pub seq: u32,
    /// When its owner wrote it.
    pub at: Timestamp,
    /// What happened.
    pub body: EntryBody,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryBody {
    /// The run exists. Always the first entry, and only there.
    RunStarted(Box<RunStarted>),
    /// An attempt is about to start.
    EffectAttempted(EffectAttempted),
    /// An attempt ended without settling its effect.
    AttemptFailed(AttemptFailed),
    /// An effect has its final result.
    EffectSettled(EffectSettled),
    /// A durable timer runs.
    TimerSet {
        /// The timer.
        key: Key,
        /// When it is due.
        due: Timestamp,
    },
    /// A timer was due.
    TimerFired {
        /// The timer.
        key: Key,
    },
    /// The run waits for somebody outside.
    SignalAwaited(SignalAwaited),
    /// Somebody outside answered.
    SignalReceived(SignalReceived),
    /// A child run exists.
    ChildStarted(ChildStarted),
    /// A child run has ended.
    ChildSettled(ChildSettled),
    /// The run told the world something, through its log.
    EventEmitted(EventEmitted),
    /// A limit stopped something from being done.
    LimitReached {
        /// Which.
        limit: Limit,
        /// What was not done, if one thing was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<Key>,
    },
    /// Somebody raised a limit.
    LimitRaised(LimitRaised),
    /// Somebody wants the run to end.
    CancelRequested {
        /// Who.
        actor: Actor,
        /// Why, in their words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// The run has ended. Always the last entry.
    RunFinished(Outcome),
}

/// How a run began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunStarted {
    /// Which machine decides: `pipeline`, `agent_turn`.
    pub machine: String,
    /// The numbered behaviour of that machine to which the run is pinned.
    pub behaviour: u32,
    /// The definitions to which the run is pinned, in the machine's own shape.
    pub definition: Payload,
    /// The run's input.
    pub input: Payload,
    /// Who started it.
    pub actor: Actor,
    /// How it was started: `manual`, `schedule`, `webhook`, `event`, `parent`, `retry`.
    pub trigger: String,
    /// Its hard limits.
    #[serde(default, skip_serializing_if = "Limits::is_unlimited")]
    pub limits: Limits,
    /// Where effect ids and ancestry come from.
    pub origin: Origin,
}

/// An attempt that is in the log before it starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EffectAttempted {
    /// The effect.
    pub key: Key,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// What the target sees.
    pub effect_id: EffectId,
    /// What repeating it means.
    pub kind: EffectKind,
    /// The most it may cost; spent unless a later entry says less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved: Option<MicroUsd>,
}

/// An attempt that did not settle its effect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttemptFailed {
    /// The effect.
    pub key: Key,
    /// Which attempt.
    pub attempt: u32,
    /// What went wrong.
    pub error: Failure,
    /// What follows.
    pub next: Next,
    /// What the attempt used all the same.
    #[serde(default, skip_serializing_if = "Usage::is_zero")]
    pub usage: Usage,
}

/// What follows a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// Another attempt at this time.
    Retry {
        /// When.
        at: Timestamp,
    },
    /// The same attempt again at this time: its target could not be tried.
    Postpone {
        /// When.
        at: Timestamp,
    },
    /// The target is asked whether it happened.
    Reconcile,
    /// The target could not say whether it happened, and is asked again at this time.
    ReconcileLater {
        /// When.
        at: Timestamp,
    },
    /// A person is asked whether it happened.
    Ask,
    /// Nothing: nobody wants it any more. For an unsafe effect the outcome stays unknown.
    Abandon,
}

/// A final result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EffectSettled {
    /// The effect.
    pub key: Key,
    /// The attempt that ended so, from 1; 0 for a result that took no attempt in this run.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempt: u32,
    /// The result.
    pub result: Settlement,
    /// What the last attempt used.
    #[serde(default, skip_serializing_if = "Usage::is_zero")]
    pub usage: Usage,
    /// The person who settled an unknown outcome, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_by: Option<Actor>,
    /// The attempt of an earlier run that led to a result which a retry took over, if it must not be
    /// made again unasked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier_attempt: Option<Box<EffectAttempted>>,
}

/// An output or a final error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settlement {
    /// It worked.
    Output(Payload),
    /// It failed for good.
    Error(Failure),
}

/// A wait for somebody outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignalAwaited {
    /// The key under which the run waits, and under which the answer arrives.
    pub key: Key,
    /// What is asked.
    pub request: AwaitRequest,
}

/// An answer from outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignalReceived {
    /// The key under which the run waits for it.
    pub key: Key,
    /// What was said.
    pub payload: Payload,
    /// By whom.
    pub actor: Actor,
}

/// A child run that was created with this entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChildStarted {
    /// The key under which the parent waits.
    pub key: Key,
    /// The child.
    pub run_id: RunId,
}

/// A child's end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChildSettled {
    /// The key under which the parent waits.
    pub key: Key,
    /// The child.
    pub run_id: RunId,
    /// How it ended, with all that it and its children used.
    pub outcome: Outcome,
}

/// A limit that was raised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LimitRaised {
    /// Which.
    pub limit: Limit,
    /// The money that may be spent now, for a limit of money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<MicroUsd>,
    /// Who raised it.
    pub actor: Actor,
}

/// An event that a run tells the world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventEmitted {
    /// The key.
    pub key: Key,
    /// The subject, such as `orders.paid`.
    pub subject: String,
    /// What happened.
    pub data: Payload,
}

impl EntryBody {
    /// The kind as a word, for people and indexes.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::RunStarted(_) => "run_started",
            Self::EffectAttempted(_) => "effect_attempted",
            Self::AttemptFailed(_) => "attempt_failed",
            Self::EffectSettled(_) => "effect_settled",
            Self::TimerSet { .. } => "timer_set",
            Self::TimerFired { .. } => "timer_fired",
            Self::SignalAwaited(_) => "signal_awaited",
            Self::SignalReceived(_) => "signal_received",
            Self::ChildStarted(_) => "child_started",
            Self::ChildSettled(_) => "child_settled",
            Self::EventEmitted(_) => "event_emitted",
            Self::LimitReached { .. } => "limit_reached",
            Self::LimitRaised(_) => "limit_raised",
            Self::CancelRequested { .. } => "cancel_requested",
            Self::RunFinished(_) => "run_finished",
        }
    }

    /// The key that the entry is about, if it is about one.
    pub const fn key(&self) -> Option<&Key> {
        match self {
            Self::EffectAttempted(e) => Some(&e.key),
            Self::AttemptFailed(e) => Some(&e.key),
            Self::EffectSettled(e) => Some(&e.key),
            Self::TimerSet { key, .. } | Self::TimerFired { key } => Some(key),
            Self::SignalAwaited(e) => Some(&e.key),
            Self::SignalReceived(e) => Some(&e.key),
            Self::ChildStarted(e) => Some(&e.key),
            Self::ChildSettled(e) => Some(&e.key),
            Self::EventEmitted(e) => Some(&e.key),
            Self::LimitReached { key, .. } => key.as_ref(),
            Self::RunStarted(_)
            | Self::LimitRaised(_)
            | Self::CancelRequested { .. }
            | Self::RunFinished(_) => None,
        }
    }
}

impl RunStarted {
    /// Whether money that the run spends counts against a limit.
    pub const fn has_cost_limit(&self) -> bool {
        self.limits.cost.is_some() || self.origin.budgeted || !self.origin.budgets.is_empty()
    }
}

impl AttemptFailed {
    /// When the next attempt may start, if one will.
    pub const fn retry_at(&self) -> Option<Timestamp> {
        match self.next {
            Next::Retry { at } | Next::Postpone { at } => Some(at),
            Next::Reconcile | Next::ReconcileLater { .. } | Next::Ask | Next::Abandon => None,
        }
    }

    /// Whether the attempt was in the log and was given up before anything acted on it.
    pub const fn never_began(&self) -> bool {
        matches!((self.next, self.error.advice), (Next::Abandon, Advice::Retry { .. }))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The longest time limit that a run may have.
pub const MAX_TIMEOUT: Duration = Duration::from_secs(366 * 24 * 3600);
