//! Planning: decisions of the machine, held against the fold, become entries and actions.

use std::collections::HashSet;

use gathering_domain::{Duration, Failure, RunStatus, Timestamp, Usage, Waiting};

use super::{Ambient, CloseReason, Execution, Parked, Step, step::Finished};
use crate::{
    AwaitRequest, Decision, EffectSettled, EntryBody, EventEmitted, Facts, Key, KeyState, Limit,
    MAX_TIMEOUT, Outcome, Settlement, SignalAwaited, Until,
};

/// How often in one step a machine may be asked again after its own records. More than the items of the
/// largest map, each of which may record a result of its own.
const MAX_ROUNDS: usize = 65_536;
/// The longest that a run sleeps at a time.
const MAX_SLEEP: Duration = MAX_TIMEOUT;

/// What one pass over the decisions found.
#[derive(Default)]
pub(super) struct Pass {
    wanted: HashSet<Key>,
    waiting: Option<Waiting>,
    wake_at: Option<Timestamp>,
    /// Whether the machine's own state changed, so that it must be asked again.
    pub(super) again: bool,
    finished: bool,
}

impl Execution {
    /// Works out everything that can be done now.
    pub fn step(&mut self, env: Ambient<'_>) -> Step {
        if self.state.finished().is_none() {
            self.plan(env);
        }
        std::mem::take(&mut self.step)
    }

    /// Hands out what inputs have written, without beginning anything: for a process that stops.
    /// Money that was granted for attempts that have not begun goes back.
    pub fn written(&mut self) -> Step {
        self.return_grants(|_| true);
        std::mem::take(&mut self.step)
    }

    fn plan(&mut self, env: Ambient<'_>) {
        self.fire_timers(env.now);
        for _ in 0..MAX_ROUNDS {
            if let Some(outcome) = self.imposed_end(env.now) {
                return self.finish(outcome, env.now);
            }
            let decisions =
                self.machine.decide(&Facts { state: &self.state, in_flight: &self.in_flight });
            if decisions.is_empty() {
                let stuck = Failure::fatal(
                    "machine_stuck",
                    "the run's machine wants nothing and does not end",
                );
                return self.finish(Outcome::failed(stuck), env.now);
            }
            let mut pass = Pass::default();
            for decision in decisions {
                self.decision(decision, &mut pass, env);
                if pass.finished {
                    return;
                }
            }
            if !pass.again {
                if self.is_stuck(&pass) {
                    let stuck = Failure::fatal(
                        "machine_stuck",
                        "the run's machine wants nothing that could still come",
                    );
                    return self.finish(Outcome::failed(stuck), env.now);
                }
                self.give_up_unwanted(&pass.wanted, env.now);
                return self.park(&pass);
            }
        }
        let endless =
            Failure::fatal("machine_endless", "the run's machine records results without end");
        self.finish(Outcome::failed(endless), env.now);
    }

    /// The end that the engine imposes whatever the machine wants.
    fn imposed_end(&mut self, now: Timestamp) -> Option<Outcome> {
        if let Some((_, reason)) = self.state.cancel() {
            return Some(Outcome::cancelled(reason));
        }
        if self.deadline().is_some_and(|deadline| now >= deadline) {
            self.push(now, EntryBody::LimitReached { limit: Limit::Timeout, key: None });
            return Some(Outcome::timed_out());
        }
        if self.state.limits_reached().contains(&Limit::Recoveries) {
            let why = "the run was recovered again and again without progress";
            return Some(Outcome::failed(Failure::fatal("poisoned", why)));
        }
        None
    }

    fn deadline(&self) -> Option<Timestamp> {
        let timeout = self.state.limits().timeout?;
        Some(self.state.started_at()? + timeout)
    }

    fn fire_timers(&mut self, now: Timestamp) {
        let is_due = |state: &KeyState| matches!(state, KeyState::Timer { due } if *due <= now);
        let due: Vec<Key> = self
            .state
            .open_keys()
            .filter(|(_, state)| is_due(state))
            .map(|(key, _)| key.clone())
            .collect();
        for key in due {
            self.push(now, EntryBody::TimerFired { key });
        }
    }

    fn decision(&mut self, decision: Decision, pass: &mut Pass, env: Ambient<'_>) {
        if let Some(key) = decision.key() {
            pass.wanted.insert(key.clone());
        }
        match decision {
            Decision::Finish(outcome) => {
                self.finish(outcome, env.now);
                pass.finished = true;
            }
            Decision::Perform(effect) => self.perform(effect, pass, env),
            Decision::Keep(key) => self.keep(&key, pass),
            Decision::Record { key, result } => {
                if !self.is_settled(&key) {
                    self.record(&key, result, env.now);
                    pass.again = true;
                }
            }
            Decision::Emit { key, subject, data } => {
                if !self.is_settled(&key) {
                    self.push(
                        env.now,
                        EntryBody::EventEmitted(EventEmitted { key, subject, data }),
                    );
                    pass.again = true;
                }
            }
            Decision::Sleep { key, until } => self.sleep(&key, until, pass, env.now),
            Decision::Await { key, request } => self.await_signal(key, request, pass, env.now),
            Decision::StartChild { key, child } => self.start_child(&key, child, pass, env),
        }
    }

    fn is_settled(&self, key: &Key) -> bool {
        matches!(self.state.key(key), Some(KeyState::Settled { .. }))
    }

    /// Settles a key with a result that needed nobody outside.
    pub(super) fn record(&mut self, key: &Key, result: Settlement, now: Timestamp) {
        let settled = EffectSettled {
            key: key.clone(),
            attempt: 0,
            result,
            usage: Usage::default(),
            settled_by: None,
            earlier_attempt: None,
        };
        self.push(now, EntryBody::EffectSettled(settled));
    }

    fn keep(&self, key: &Key, pass: &mut Pass) {
        match self.state.key(key) {
            Some(KeyState::Timer { due }) => pass.wake(*due),
            Some(KeyState::Awaited { request }) => pass.wait(waiting_for(request)),
            Some(KeyState::Child { .. }) => pass.wait(Waiting::Child),
            _ => debug_assert!(self.in_flight.contains(key), "nothing is under way for {key:?}"),
        }
    }

    fn sleep(&mut self, key: &Key, until: Until, pass: &mut Pass, now: Timestamp) {
        let due = match (self.state.key(key), until) {
            (Some(KeyState::Timer { due }), _) => return pass.wake(*due),
            (Some(_), _) => return debug_assert!(false, "timer {key:?} was asked for again"),
            (None, Until::At(due)) => due,
            (None, Until::After(wait)) => now + wait,
        };
        if due.since(now) > MAX_SLEEP {
            let due = due.to_rfc3339();
            let why = format!("{due} lies further ahead than the {MAX_SLEEP} that a run may sleep");
            self.record(key, Settlement::Error(Failure::fatal("sleep_too_long", why)), now);
            pass.again = true;
            return;
        }
        self.push(now, EntryBody::TimerSet { key: key.clone(), due });
        pass.wake(due);
        if due <= now {
            self.push(now, EntryBody::TimerFired { key: key.clone() });
            pass.again = true;
        }
    }

    fn await_signal(&mut self, key: Key, request: AwaitRequest, pass: &mut Pass, now: Timestamp) {
        match self.state.key(&key) {
            None => {}
            Some(KeyState::Awaited { .. }) => return pass.wait(waiting_for(&request)),
            Some(_) => return debug_assert!(false, "{key:?} was awaited again"),
        }
        pass.wait(waiting_for(&request));
        self.step.opened.push((key.clone(), request.clone()));
        self.push(now, EntryBody::SignalAwaited(SignalAwaited { key, request }));
    }

    fn finish(&mut self, mut outcome: Outcome, now: Timestamp) {
        debug_assert!(outcome.status.is_final(), "a run ends in a final status");
        self.give_up_all(now);
        for (_, reason) in &mut self.step.closed {
            *reason = CloseReason::RunEnded;
        }
        outcome.usage = self.state.usage();
        if outcome.status == RunStatus::Succeeded {
            outcome.error = None;
        }
        self.push(now, EntryBody::RunFinished(outcome.clone()));
        let parent = self.state.started().and_then(|started| started.origin.parent.clone());
        self.step.finished = Some(Finished { outcome, parent });
    }

    /// Whether nothing is under way that could bring the run on.
    fn is_stuck(&self, pass: &Pass) -> bool {
        let wanted_in_flight = self.in_flight.iter().any(|key| pass.wanted.contains(key));
        !wanted_in_flight && pass.waiting.is_none() && pass.wake_at.is_none()
    }

    fn park(&mut self, pass: &Pass) {
        let wake_at = [pass.wake_at, self.deadline()].into_iter().flatten().min();
        self.step.wake_at = wake_at;
        if self.flights.is_empty() {
            // Whoever goes on with the run does not know of them.
            self.return_grants(|_| true);
            self.step.parked =
                Some(Parked { waiting: pass.waiting.unwrap_or(Waiting::Timer), wake_at });
        }
    }
}

impl Pass {
    pub(super) fn wake(&mut self, at: Timestamp) {
        self.wake_at = Some(self.wake_at.map_or(at, |earlier| earlier.min(at)));
    }

    pub(super) fn wait(&mut self, waiting: Waiting) {
        self.waiting = Some(self.waiting.map_or(waiting, |first| first.min(waiting)));
    }
}

const fn waiting_for(request: &AwaitRequest) -> Waiting {
    match request {
        AwaitRequest::Signal { .. } => Waiting::Signal,
        AwaitRequest::Approval { .. } => Waiting::Approval,
    }
}
