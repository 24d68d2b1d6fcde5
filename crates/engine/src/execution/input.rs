//! Inputs: what happened outside, turned into entries.

use gathering_domain::{
    Actor, Duration, EffectId, EffectKind, Failure, MicroUsd, RunId, Timestamp, Usage,
};

use super::{
    Ambient, Execution,
    step::{Flight, Phase},
};
use crate::{ChildSettled, EntryBody, Key, KeyState, Limit, OnCost, Payload, SignalReceived};

/// Something that happened outside.
#[derive(Debug, Clone)]
pub enum Input {
    /// An attempt ended.
    Outcome {
        /// The effect.
        key: Key,
        /// Which attempt; one that is no longer under way means nothing.
        attempt: u32,
        /// Its output, or what went wrong.
        result: Result<Payload, Failure>,
        /// What the attempt used.
        usage: Usage,
    },
    /// An attempt could not even be tried: its target's breaker is open, or its queue is full.
    Postponed {
        /// The effect.
        key: Key,
        /// Which attempt.
        attempt: u32,
        /// How long to wait.
        after: Duration,
        /// Why.
        error: Failure,
    },
    /// The budgets were asked for money. Where a granted one means nothing any more, whoever
    /// drives the execution gives the money back.
    Reserved {
        /// The effect that will cost it.
        key: Key,
        /// What they answer.
        answer: Reservation,
    },
    /// The budget of the run or of an ancestor was raised: what it refused is asked for again.
    Raised {
        /// Whose budget.
        budget: RunId,
        /// What may be spent now.
        cost: MicroUsd,
        /// Who raised it.
        actor: Actor,
    },
    /// The ledger refused an attempt, because another run's attempt of the effect may have happened.
    Held {
        /// The effect.
        key: Key,
        /// Which attempt was refused.
        attempt: u32,
        /// What the target may have seen.
        effect_id: EffectId,
        /// What repeating it means.
        kind: EffectKind,
    },
    /// The target was asked whether an attempt happened. `Ok(None)`: it did not.
    Reconciled {
        /// The effect.
        key: Key,
        /// Which attempt.
        attempt: u32,
        /// What the target said, or why it could not be asked.
        answer: Result<Option<Payload>, Failure>,
    },
    /// A person says what became of an attempt whose outcome is unknown.
    Resolved {
        /// The effect.
        key: Key,
        /// Which attempt they speak of; of another one it says nothing.
        attempt: u32,
        /// What they say.
        resolution: Resolution,
        /// Who.
        actor: Actor,
    },
    /// Somebody answers what the run awaits.
    Signal(SignalReceived),
    /// A child run has ended.
    Child(ChildSettled),
    /// Somebody wants the run to end.
    Cancel {
        /// Who.
        actor: Actor,
        /// Why.
        reason: String,
    },
    /// A limit that only the store knows stopped an attempt.
    Limit {
        /// Which limit.
        limit: Limit,
        /// The effect that was not attempted.
        key: Option<Key>,
    },
}

/// What budgets answer when they are asked for money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reservation {
    /// It is reserved.
    Granted,
    /// One of them has too little, and this is what its limit says about that.
    Refused(OnCost),
}

/// What a person says of an attempt whose outcome is unknown.
#[derive(Debug, Clone, PartialEq)]
pub enum Resolution {
    /// It happened, with this result.
    Done(Payload),
    /// It did not happen: try again.
    NotDone,
    /// It failed: do not try again.
    Failed(String),
}

impl Execution {
    /// Takes in what happened. Answers whether it meant anything: what comes late, twice or for
    /// something given up changes nothing.
    pub fn input(&mut self, input: Input, env: Ambient<'_>) -> bool {
        if self.state.finished().is_some() {
            return false;
        }
        match input {
            Input::Outcome { key, attempt, result, usage } => {
                let Some(flight) = self.land(&key, Phase::Performing, attempt) else {
                    return false;
                };
                self.outcome(&key, &flight, result, usage, env)
            }
            Input::Postponed { key, attempt, after, error } => {
                let Some(flight) = self.land(&key, Phase::Performing, attempt) else {
                    return false;
                };
                self.postponed(&key, &flight, after, error, env.now)
            }
            Input::Reserved { key, answer } => {
                let attempt = self.flights.get(&key).map_or(0, |flight| flight.attempt);
                let Some(flight) = self.land(&key, Phase::Reserving, attempt) else { return false };
                self.reserved(&key, &flight, answer, env.now)
            }
            Input::Raised { budget, cost, actor } => self.raised(budget, cost, actor, env.now),
            Input::Held { key, attempt, effect_id, kind } => {
                let waits = match self.state.key(&key) {
                    None => true,
                    Some(KeyState::Backoff { attempt: next, .. }) => *next == attempt,
                    Some(_) => false,
                };
                waits && self.held(key, &Flight::lost(attempt, effect_id, kind), env.now)
            }
            Input::Reconciled { key, attempt, answer } => {
                let Some(flight) = self.land(&key, Phase::Reconciling, attempt) else {
                    return false;
                };
                self.reconciled(&key, &flight, answer, env)
            }
            Input::Resolved { key, attempt, resolution, actor } => {
                self.resolved(&key, attempt, &resolution, actor, env.now)
            }
            Input::Signal(signal) => {
                let awaited = matches!(self.state.key(&signal.key), Some(KeyState::Awaited { .. }));
                self.push_if(awaited, env.now, EntryBody::SignalReceived(signal))
            }
            Input::Child(child) => {
                let expected = matches!(self.state.key(&child.key), Some(KeyState::Child { run_id }) if *run_id == child.run_id);
                self.push_if(expected, env.now, EntryBody::ChildSettled(child))
            }
            Input::Cancel { actor, reason } => {
                let first = self.state.cancel().is_none();
                self.push_if(first, env.now, EntryBody::CancelRequested { actor, reason })
            }
            Input::Limit { limit, key } => {
                let first = !self.state.limits_reached().contains(&limit);
                self.push_if(first, env.now, EntryBody::LimitReached { limit, key })
            }
        }
    }

    pub(super) fn push_if(&mut self, meant: bool, now: Timestamp, body: EntryBody) -> bool {
        if meant {
            self.push(now, body);
        }
        meant
    }
}
