//! Giving up what is under way and no longer wanted: branches not needed, and everything at the end.

use std::collections::HashSet;

use gathering_domain::{Failure, MicroUsd, Timestamp, Usage};

use super::{Action, CloseReason, Execution, LedgerState, step::Flight};
use crate::{AttemptFailed, EntryBody, Key, KeyState, Next};

impl Execution {
    /// Gives up everything that is under way and not in `wanted`.
    pub(super) fn give_up_unwanted(&mut self, wanted: &HashSet<Key>, now: Timestamp) {
        self.give_up_but(wanted, false, now);
    }

    /// Gives up everything: the run ends.
    pub(super) fn give_up_all(&mut self, now: Timestamp) {
        self.give_up_but(&HashSet::new(), true, now);
    }

    fn give_up_but(&mut self, wanted: &HashSet<Key>, ends: bool, now: Timestamp) {
        let mut dropped: Vec<Key> =
            self.in_flight.iter().filter(|key| !wanted.contains(*key)).cloned().collect();
        dropped.sort();
        self.return_grants(|key| !wanted.contains(key));
        self.refused.retain(|key, _| wanted.contains(key));
        let mut unbegun = HashSet::new();
        for key in dropped {
            self.in_flight.remove(&key);
            self.flights.remove(&key);
            if self.take_back(&key) {
                unbegun.insert(key);
            } else {
                self.step.actions.push(Action::Drop(key));
            }
        }
        let open: Vec<(Key, KeyState)> = self
            .state
            .open_keys()
            .filter(|(key, _)| !wanted.contains(*key) && !self.given_up.contains(*key))
            .map(|(key, state)| (key.clone(), state.clone()))
            .collect();
        for (key, state) in open {
            let begun = !unbegun.contains(&key);
            match state {
                // Nothing is under way for these; a retried run may come to want them only later.
                KeyState::Backoff { .. }
                | KeyState::Reconciling { .. }
                | KeyState::Unknown { .. }
                    if !ends => {}
                _ => self.give_up(key, &state, begun, now),
            }
        }
    }

    /// Gives back money that was granted for attempts that have not begun.
    pub(super) fn return_grants(&mut self, unused: impl Fn(&Key) -> bool) {
        let mut returned: Vec<Key> =
            self.reservations.keys().filter(|key| unused(key)).cloned().collect();
        returned.sort();
        for key in returned {
            self.reservations.remove(&key);
            self.step.grants.returned.push(key);
        }
    }

    /// Takes back an attempt that was planned in this very step and has not begun.
    fn take_back(&mut self, key: &Key) -> bool {
        let before = self.step.actions.len();
        self.step.actions.retain(|action| match action {
            Action::Perform(order) => order.effect.key != *key,
            Action::Reserve { key: reserving, .. } => reserving != key,
            Action::Reconcile(_) | Action::Drop(_) => true,
        });
        self.step.actions.len() < before
    }

    fn give_up(&mut self, key: Key, state: &KeyState, begun: bool, now: Timestamp) {
        match state {
            KeyState::Attempted(lost) => {
                let flight = Flight::lost(lost.attempt, lost.effect_id, lost.kind);
                if begun {
                    self.ledger(&key, &flight, LedgerState::Unknown);
                    self.abandon(key, lost.attempt, outcome_unknown(), now);
                } else {
                    self.spend(MicroUsd::ZERO - lost.reserved.unwrap_or_default());
                    self.ledger(&key, &flight, LedgerState::NotDone);
                    let why = "the run no longer wants it, and it never began";
                    let error = Failure::retryable("abandoned", why, None);
                    self.abandon(key, lost.attempt, error, now);
                }
            }
            KeyState::Reconciling { attempt, .. } | KeyState::Unknown { attempt, .. } => {
                self.abandon(key, *attempt, outcome_unknown(), now);
            }
            KeyState::Backoff { attempt, .. } => {
                let error = Failure::fatal("abandoned", "the run no longer wants it");
                self.abandon(key, *attempt, error, now);
            }
            KeyState::Child { run_id } => {
                self.step.cancelled_children.push(*run_id);
                self.given_up.insert(key);
            }
            KeyState::Awaited { .. } => {
                self.step.closed.push((key.clone(), CloseReason::Expired));
                self.given_up.insert(key);
            }
            KeyState::Timer { .. } | KeyState::Abandoned | KeyState::Settled { .. } => {
                self.given_up.insert(key);
            }
        }
    }

    fn abandon(&mut self, key: Key, attempt: u32, error: Failure, now: Timestamp) {
        let failed =
            AttemptFailed { key, attempt, error, next: Next::Abandon, usage: Usage::default() };
        self.push(now, EntryBody::AttemptFailed(failed));
    }
}

/// Why an attempt ends that may have happened. A retry of the run reads the advice.
fn outcome_unknown() -> Failure {
    Failure::unknown("abandoned", "the run no longer wants it, and its outcome is not known")
}
