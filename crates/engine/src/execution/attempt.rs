//! Attempts: when an effect may start, what a lost attempt means, and the start of child runs.

use std::collections::BTreeMap;

use gathering_domain::{EffectId, Failure, MicroUsd, RunId, Timestamp, Usage, Waiting};

use super::{
    Action, Ambient, EffectOrder, Execution, LedgerState, Lineage, NewChild, Spend,
    answer::ask_whom,
    plan::Pass,
    step::{Flight, Phase},
};
use crate::{
    AttemptFailed, ChildSpec, ChildStarted, Effect, EffectAttempted, EntryBody, Key, KeyState,
    Limit, Next, Origin, ParentLink, Settlement, effect,
};

/// The code of an attempt whose process died.
pub(super) const ATTEMPT_LOST: &str = "attempt_lost";

/// How many runs may stand above one, each having started the next.
pub const MAX_DEPTH: u32 = 16;

impl Execution {
    pub(super) fn perform(&mut self, effect: Effect, pass: &mut Pass, env: Ambient<'_>) {
        if self.in_flight.contains(&effect.key) {
            return;
        }
        match self.state.key(&effect.key) {
            None => self.attempt(effect, 1, pass, env),
            Some(KeyState::Backoff { attempt, at, .. }) if *at <= env.now => {
                let attempt = *attempt;
                self.attempt(effect, attempt, pass, env);
            }
            Some(KeyState::Backoff { at, .. }) => {
                pass.wake(*at);
                pass.wait(Waiting::Timer);
            }
            // The process that made this attempt is gone, and its outcome with it.
            Some(KeyState::Attempted(lost)) if lost.kind.may_repeat() => {
                let attempt = lost.attempt + 1;
                self.attempt(effect, attempt, pass, env);
            }
            Some(KeyState::Attempted(lost)) => {
                let lost = lost.clone();
                let why = "the process that made this attempt ended before its outcome was known";
                self.lost(&lost, why, env.now);
                pass.again = true;
            }
            Some(KeyState::Reconciling { at: Some(at), .. }) if *at > env.now => {
                pass.wake(*at);
                pass.wait(Waiting::Timer);
            }
            Some(KeyState::Reconciling { attempt, effect_id, .. }) => {
                let (attempt, effect_id) = (*attempt, *effect_id);
                if self.effect_id(&effect) == effect_id {
                    let order = self.order(effect, attempt, Phase::Reconciling);
                    self.step.actions.push(Action::Reconcile(order));
                } else {
                    self.cannot_reconcile(effect.key, attempt, env.now);
                    pass.again = true;
                }
            }
            Some(KeyState::Unknown { .. }) => pass.wait(Waiting::UnknownOutcome),
            Some(over) => debug_assert!(false, "{:?} was asked for again: {over:?}", effect.key),
        }
    }

    fn attempt(&mut self, effect: Effect, attempt: u32, pass: &mut Pass, env: Ambient<'_>) {
        if let Some(limit) = self.limit_for(&effect) {
            self.limited(&effect.key, limit, env.now);
            pass.again = true;
            return;
        }
        if let Some(earlier) = self.left_behind(&effect.key) {
            self.push(env.now, EntryBody::EffectAttempted(earlier.clone()));
            let why = "an earlier run has made this attempt, before something that is done anew";
            self.lost(&earlier, why, env.now);
            pass.again = true;
            return;
        }
        let (key, kind, reserved) = (effect.key.clone(), effect.kind, effect.reserve);
        if let (Some(budgets), Some(delta)) = (self.budgets(), reserved) {
            if let Some(ask_at) = self.refused_until(&key, env.now) {
                pass.wake(ask_at);
                pass.wait(Waiting::Budget);
                return;
            }
            if !self.was_granted(&key, delta) {
                self.order(effect, attempt, Phase::Reserving);
                self.step.actions.push(Action::Reserve { key, spend: Spend { budgets, delta } });
                return;
            }
            self.step.grants.used.push(key.clone());
        }
        let order = self.order(effect, attempt, Phase::Performing);
        if kind.logs_attempt() || reserved.is_some() {
            self.ledger(
                &key,
                &Flight::lost(attempt, order.effect_id, kind),
                LedgerState::Attempted,
            );
            let attempted =
                EffectAttempted { key, attempt, effect_id: order.effect_id, kind, reserved };
            self.push(env.now, EntryBody::EffectAttempted(attempted));
        }
        self.step.actions.push(Action::Perform(order));
    }

    /// Notes an attempt, or a question about it, as under way in this process.
    fn order(&mut self, effect: Effect, attempt: u32, phase: Phase) -> EffectOrder {
        let effect_id = self.effect_id(&effect);
        let (kind, retry, timeout) = (effect.kind, effect.retry, effect.timeout);
        let reserved = match phase {
            Phase::Reserving | Phase::Performing => effect.reserve.unwrap_or_default(),
            // What an attempt without an outcome had reserved stays spent.
            Phase::Reconciling => MicroUsd::ZERO,
        };
        self.in_flight.insert(effect.key.clone());
        let flight =
            Flight { phase, attempt, effect_id, kind, retry, timeout, reserved, outdated: false };
        self.flights.insert(effect.key.clone(), flight);
        let lineage = self.state.started().map(|started| Lineage {
            depth: started.origin.depth,
            budgets: started.origin.all_budgets().collect(),
            triggers: started.origin.triggers.clone(),
            private_to: started.origin.private_to,
        });
        EffectOrder { effect, attempt, effect_id, lineage: lineage.unwrap_or_default() }
    }

    /// Only the target, or a person, can say what became of an attempt.
    fn lost(&mut self, lost: &EffectAttempted, why: &str, now: Timestamp) {
        let flight = Flight::lost(lost.attempt, lost.effect_id, lost.kind);
        self.ledger(&lost.key, &flight, LedgerState::Unknown);
        let error = Failure::unknown(ATTEMPT_LOST, why);
        let failed = AttemptFailed {
            key: lost.key.clone(),
            attempt: lost.attempt,
            error,
            next: ask_whom(lost.kind),
            usage: Usage::default(),
        };
        self.push(now, EntryBody::AttemptFailed(failed));
    }

    /// Another run may have made this attempt: its target or a person is asked before one is made here.
    pub(super) fn held(&mut self, key: Key, refused: &Flight, now: Timestamp) -> bool {
        let (attempt, effect_id, kind) = (refused.attempt, refused.effect_id, refused.kind);
        self.ledger(&key, refused, LedgerState::Unknown);
        let why = "another run has made this attempt, or may have";
        let failed = AttemptFailed {
            key: key.clone(),
            attempt,
            error: Failure::unknown(ATTEMPT_LOST, why),
            next: ask_whom(kind),
            usage: Usage::default(),
        };
        let attempted = EffectAttempted { key, attempt, effect_id, kind, reserved: None };
        self.push(now, EntryBody::EffectAttempted(attempted));
        self.push(now, EntryBody::AttemptFailed(failed));
        true
    }

    /// A target can be asked about what it was asked to do, and not about another effect that this run
    /// wants under the same key.
    fn cannot_reconcile(&mut self, key: Key, attempt: u32, now: Timestamp) {
        let why = "the attempt was made with another input than the effect has now";
        let error = Failure::unknown("cannot_reconcile", why);
        let usage = Usage::default();
        let failed = AttemptFailed { key, attempt, error, next: Next::Ask, usage };
        self.push(now, EntryBody::AttemptFailed(failed));
    }

    /// What an earlier run did under a key that this run has not come to yet.
    fn left_behind(&self, key: &Key) -> Option<EffectAttempted> {
        let earlier = self.state.started()?.origin.left_behind.get(key)?;
        let earlier = EffectAttempted { reserved: None, ..earlier.clone() };
        self.state.key(key).is_none().then_some(earlier)
    }

    fn limit_for(&self, effect: &Effect) -> Option<Limit> {
        let limits = self.state.limits();
        let attempts = self.state.attempts() + self.attempts_not_logged();
        if limits.attempts.is_some_and(|most| attempts >= most) {
            return Some(Limit::Attempts);
        }
        let reserve = effect.reserve?;
        // A budget that the store found spent: nothing more is reserved from it.
        let spent = self.state.limits_reached().contains(&Limit::Cost);
        let over = limits.cost.is_some_and(|most| self.state.spent() + reserve > most);
        // Where a run waits for its budget the store has the say: it knows first that it was raised.
        let store_says = !limits.on_cost.is_fail() && self.is_budgeted();
        (spent || (over && !store_says)).then_some(Limit::Cost)
    }

    /// Attempts under way that only their outcomes will count.
    fn attempts_not_logged(&self) -> u64 {
        let flights = self.flights.iter().filter(|(key, flight)| {
            flight.phase == Phase::Performing
                && !matches!(self.state.key(key), Some(KeyState::Attempted(_)))
        });
        flights.count() as u64
    }

    /// Says once that a limit was reached; a machine that asks all the same gets a failure.
    pub(super) fn limited(&mut self, key: &Key, limit: Limit, now: Timestamp) {
        if !self.state.limits_reached().contains(&limit) {
            return self.push(now, EntryBody::LimitReached { limit, key: Some(key.clone()) });
        }
        let (code, what) = match limit {
            Limit::Cost => ("budget_exceeded", "money"),
            Limit::Attempts => ("attempts_exceeded", "attempts"),
            Limit::Timeout => ("timeout", "time"),
            Limit::Recoveries => ("poisoned", "recoveries"),
        };
        let error = Failure::fatal(code, format!("the run's limit of {what} is reached"));
        self.record(key, Settlement::Error(error), now);
    }

    pub(super) fn start_child(
        &mut self,
        key: &Key,
        spec: ChildSpec,
        pass: &mut Pass,
        env: Ambient<'_>,
    ) {
        match self.state.key(key) {
            None => {}
            Some(KeyState::Child { .. }) => return pass.wait(Waiting::Child),
            Some(_) => return debug_assert!(false, "child {key:?} was started again"),
        }
        let Some(origin) = self.state.started().map(|started| &started.origin) else { return };
        if origin.depth >= MAX_DEPTH {
            let why = format!("a run may have at most {MAX_DEPTH} ancestors");
            let error = Failure::fatal("too_many_ancestors", why);
            self.record(key, Settlement::Error(error), env.now);
            pass.again = true;
            return;
        }
        let run_id = RunId::next(env.ids);
        let mut budgets = origin.budgets.clone();
        budgets.extend(spec.limits.cost.map(|_| run_id));
        let origin = Origin {
            chain: effect::derive(origin.chain, key),
            root: origin.root,
            parent: Some(ParentLink { run_id: self.run_id, key: key.clone() }),
            depth: origin.depth + 1,
            budgeted: origin.budgeted,
            budgets,
            retry_of: origin.retry_children.get(key).copied(),
            retry_children: BTreeMap::new(),
            left_behind: BTreeMap::new(),
            api_key_id: origin.api_key_id,
            fire_id: None,
            schedule_id: None,
            triggers: origin.triggers.clone(),
            private_to: origin.private_to,
        };
        self.step.children.push(NewChild { run_id, spec, origin });
        self.push(env.now, EntryBody::ChildStarted(ChildStarted { key: key.clone(), run_id }));
        pass.wait(Waiting::Child);
    }

    fn effect_id(&self, effect: &Effect) -> EffectId {
        let chain = self.state.started().map_or(self.run_id.uuid(), |started| started.origin.chain);
        effect::effect_id(chain, effect)
    }
}
