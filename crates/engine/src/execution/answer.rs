//! Answers: how attempts, reservations and questions about them end, turned into entries.

use gathering_domain::{Actor, Advice, Duration, EffectKind, Failure, MicroUsd, Timestamp, Usage};

use super::{
    Action, Ambient, Execution, LedgerChange, LedgerState, Resolution,
    attempt::ATTEMPT_LOST,
    step::{Flight, Phase},
};
use crate::{
    AttemptFailed, EffectSettled, EntryBody, Key, KeyState, Next, Payload, Settlement,
    retry::MAX_ASKED_WAIT, state::cost_of,
};

/// The code of an attempt of which a person says that it did not happen. A target that says so has
/// another.
pub const PERSON_SAYS_NOT_DONE: &str = "not_done";

/// How often in a row an effect's attempt is put off before the failure counts.
const MAX_POSTPONEMENTS: u32 = 1_000;

impl Resolution {
    /// The final result that it means; none if the effect is to be tried again.
    pub(super) fn settlement(&self) -> Option<Settlement> {
        match self {
            Self::Done(output) => Some(Settlement::Output(Payload::clone(output))),
            Self::Failed(why) => {
                Some(Settlement::Error(Failure::fatal("settled_as_failed", why.as_str())))
            }
            Self::NotDone => None,
        }
    }
}

impl Execution {
    pub(super) fn outcome(
        &mut self,
        key: &Key,
        flight: &Flight,
        result: Result<Payload, Failure>,
        usage: Usage,
        env: Ambient<'_>,
    ) -> bool {
        let error = match result {
            Ok(output) => {
                return self.settle(key, flight, Settlement::Output(output), usage, env.now);
            }
            Err(error) => error,
        };
        let asked = match error.advice {
            Advice::Fail => {
                return self.settle(key, flight, Settlement::Error(error), usage, env.now);
            }
            Advice::Unknown { .. } if !flight.kind.may_repeat() => {
                self.ledger(key, flight, LedgerState::Unknown);
                return self.attempt_failed(
                    key,
                    flight,
                    error,
                    ask_whom(flight.kind),
                    usage,
                    env.now,
                );
            }
            Advice::Retry { after } | Advice::Unknown { after } => after,
        };
        if flight.attempt >= flight.retry.attempts {
            return self.settle(key, flight, Settlement::Error(error), usage, env.now);
        }
        let at = env.now + flight.retry.delay(flight.attempt, env.jitter, asked);
        self.refund(flight.reserved, cost_of(flight.reserved, usage, Some(&error)));
        self.ledger(key, flight, LedgerState::NotDone);
        self.attempt_failed(key, flight, error, Next::Retry { at }, usage, env.now)
    }

    pub(super) fn postponed(
        &mut self,
        key: &Key,
        flight: &Flight,
        after: Duration,
        error: Failure,
        now: Timestamp,
    ) -> bool {
        if self.state.postponements(key) >= MAX_POSTPONEMENTS {
            return self.settle(key, flight, Settlement::Error(error), Usage::default(), now);
        }
        self.refund(flight.reserved, MicroUsd::ZERO);
        self.ledger(key, flight, LedgerState::NotDone);
        self.attempt_failed(
            key,
            flight,
            error,
            Next::Postpone { at: now + after.min(MAX_ASKED_WAIT) },
            Usage::default(),
            now,
        )
    }

    pub(super) fn reconciled(
        &mut self,
        key: &Key,
        flight: &Flight,
        answer: Result<Option<Payload>, Failure>,
        env: Ambient<'_>,
    ) -> bool {
        let now = env.now;
        match answer {
            Ok(Some(output)) => {
                self.settle(key, flight, Settlement::Output(output), Usage::default(), now)
            }
            Ok(None) => match self.may_still_happen(key, flight, now) {
                Some(until) => self.not_done_yet(key, flight, until, now),
                None => self.reconciled_as_not_done(key, flight, env),
            },
            Err(error) => {
                self.ledger(key, flight, LedgerState::Unknown);
                let next = self.after_no_answer(key, flight, &error, env);
                self.attempt_failed(key, flight, error, next, Usage::default(), now)
            }
        }
    }

    /// A target that could not say what happened is asked again, as often as the effect may be tried
    /// at all; then a person is.
    fn after_no_answer(
        &self,
        key: &Key,
        flight: &Flight,
        error: &Failure,
        env: Ambient<'_>,
    ) -> Next {
        let asked = match self.state.key(key) {
            Some(KeyState::Reconciling { asked, .. }) => asked + 1,
            _ => 1,
        };
        match error.advice {
            Advice::Retry { after } | Advice::Unknown { after }
                if asked < flight.retry.attempts =>
            {
                let wait = flight.retry.delay(asked, env.jitter, after);
                Next::ReconcileLater { at: env.now + wait }
            }
            Advice::Retry { .. } | Advice::Unknown { .. } | Advice::Fail => Next::Ask,
        }
    }

    /// Until when an attempt of which the target knows nothing may be on its way to it, or in its hands,
    /// if it still may: as long as the attempt may take. Whoever makes it anew before then makes it
    /// twice.
    fn may_still_happen(&self, key: &Key, flight: &Flight, now: Timestamp) -> Option<Timestamp> {
        let until = self.state.attempted_at(key)? + flight.timeout;
        (now < until).then_some(until)
    }

    /// The target is asked once more when the attempt can no longer happen, however often it was asked.
    /// An answer after that is believed, so this comes once for an attempt unless clocks disagree.
    fn not_done_yet(
        &mut self,
        key: &Key,
        flight: &Flight,
        until: Timestamp,
        now: Timestamp,
    ) -> bool {
        self.ledger(key, flight, LedgerState::Unknown);
        let why = "the target says that it did not happen, and it still may";
        let error = Failure::retryable("not_done_yet", why, None);
        let next = Next::ReconcileLater { at: until };
        self.attempt_failed(key, flight, error, next, Usage::default(), now)
    }

    /// An attempt of which the target knows nothing failed after all: the policy says what follows.
    fn reconciled_as_not_done(&mut self, key: &Key, flight: &Flight, env: Ambient<'_>) -> bool {
        let why = "the target says that it did not happen";
        let said = Failure::retryable("target_not_done", why, None);
        match self.state.key(key) {
            Some(KeyState::Reconciling { error, .. }) if error.code != ATTEMPT_LOST => {
                if flight.attempt >= flight.retry.attempts {
                    let error = Settlement::Error(error.clone());
                    return self.settle(key, flight, error, Usage::default(), env.now);
                }
                let asked = error.advice.asked_wait();
                let at = env.now + flight.retry.delay(flight.attempt, env.jitter, asked);
                self.not_done(key, flight, said, at, env.now)
            }
            // The target is not to blame for the end of a process.
            _ => self.not_done(key, flight, said, env.now, env.now),
        }
    }

    pub(super) fn resolved(
        &mut self,
        key: &Key,
        spoken_of: u32,
        resolution: &Resolution,
        actor: Actor,
        now: Timestamp,
    ) -> bool {
        let (attempt, effect_id, kind) = match self.state.key(key) {
            // A person may know it before the target can say it.
            Some(
                KeyState::Unknown { attempt, effect_id, kind, .. }
                | KeyState::Reconciling { attempt, effect_id, kind, .. },
            ) => (*attempt, *effect_id, *kind),
            _ => return false,
        };
        if attempt != spoken_of {
            return false;
        }
        if self.land(key, Phase::Reconciling, attempt).is_some() {
            self.step.actions.push(Action::Drop(key.clone()));
        }
        let flight = Flight::lost(attempt, effect_id, kind);
        let Some(result) = resolution.settlement() else {
            let why = "a person says that it did not happen";
            let said = Failure::retryable(PERSON_SAYS_NOT_DONE, why, None);
            return self.not_done(key, &flight, said, now, now);
        };
        let well = matches!(result, Settlement::Output(_));
        self.ledger(key, &flight, if well { LedgerState::Done } else { LedgerState::Failed });
        let settled = EffectSettled {
            key: key.clone(),
            attempt: flight.attempt,
            result,
            usage: Usage::default(),
            settled_by: Some(actor),
            earlier_attempt: None,
        };
        self.push(now, EntryBody::EffectSettled(settled));
        true
    }

    /// Ends what is under way for a key, if the answer is to that: one that comes twice must not
    /// be taken for the answer to the next attempt.
    pub(super) fn land(&mut self, key: &Key, phase: Phase, attempt: u32) -> Option<Flight> {
        let flight = self.flights.get(key)?;
        if (flight.phase, flight.attempt) != (phase, attempt) {
            return None;
        }
        self.in_flight.remove(key);
        self.flights.remove(key)
    }

    fn settle(
        &mut self,
        key: &Key,
        flight: &Flight,
        result: Settlement,
        usage: Usage,
        now: Timestamp,
    ) -> bool {
        let error = match &result {
            Settlement::Output(_) => None,
            Settlement::Error(error) => Some(error),
        };
        let well = error.is_none();
        self.refund(flight.reserved, cost_of(flight.reserved, usage, error));
        self.ledger(key, flight, if well { LedgerState::Done } else { LedgerState::Failed });
        self.push(
            now,
            EntryBody::EffectSettled(EffectSettled {
                key: key.clone(),
                attempt: flight.attempt,
                result,
                usage,
                settled_by: None,
                earlier_attempt: None,
            }),
        );
        true
    }

    fn not_done(
        &mut self,
        key: &Key,
        flight: &Flight,
        said: Failure,
        at: Timestamp,
        now: Timestamp,
    ) -> bool {
        self.ledger(key, flight, LedgerState::NotDone);
        self.attempt_failed(key, flight, said, Next::Retry { at }, Usage::default(), now)
    }

    fn attempt_failed(
        &mut self,
        key: &Key,
        flight: &Flight,
        error: Failure,
        next: Next,
        usage: Usage,
        now: Timestamp,
    ) -> bool {
        let failed =
            AttemptFailed { key: key.clone(), attempt: flight.attempt, error, next, usage };
        self.push(now, EntryBody::AttemptFailed(failed));
        true
    }

    pub(super) fn ledger(&mut self, key: &Key, flight: &Flight, state: LedgerState) {
        if flight.kind.logs_attempt() {
            let (effect_id, kind, attempt) = (flight.effect_id, flight.kind, flight.attempt);
            self.step.ledger.push(LedgerChange {
                effect_id,
                key: key.clone(),
                kind,
                attempt,
                state,
            });
        }
    }
}

/// Who can say whether an attempt of this kind happened.
pub(super) const fn ask_whom(kind: EffectKind) -> Next {
    match kind {
        EffectKind::Reconcilable => Next::Reconcile,
        EffectKind::Pure | EffectKind::Idempotent | EffectKind::Unsafe => Next::Ask,
    }
}
