//! Giving up what is under way and no longer wanted: branches not needed, and everything at the end.

use std::collections::HashSet;

use gathering_domain::{Failure, MicroUsd, Timestamp, Usage};

use super::{Action, CloseReason, Execution, LedgerState, step::Flight};
use crate::{AttemptFailed, EntryBody, Key, KeyState, Next};

impl Execution {
    /// Gives up everything that is under way and not in `wanted`.
    pub(super) fn give_up_unwanted(&mut self, wanted: &HashSet<Key>, now: Timestamp) {
        let dropped: Vec<Key> =
            self.in_flight.iter().filter(|key| !wanted.contains(*key)).cloned().collect();
        let unused: Vec<Key> =
            self.reservations.keys().filter(|key| !wanted.contains(*key)).cloned().collect();
        for key in unused {
            let reserved = self.reservations.remove(&key).unwrap_or_default();
            self.spend(MicroUsd::ZERO - reserved);
        }
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
            self.give_up(key, &state, begun, now);
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
                self.ledger(
                    &key,
                    &flight,
                    if begun { LedgerState::Unknown } else { LedgerState::NotDone },
                );
                self.abandon(key, lost.attempt, now);
            }
            KeyState::Backoff { attempt, .. }
            | KeyState::Reconciling { attempt }
            | KeyState::Unknown { attempt, .. } => {
                self.abandon(key, *attempt, now);
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

    fn abandon(&mut self, key: Key, attempt: u32, now: Timestamp) {
        let error = Failure::fatal("abandoned", "the run no longer wants it");
        let failed =
            AttemptFailed { key, attempt, error, next: Next::Abandon, usage: Usage::default() };
        self.push(now, EntryBody::AttemptFailed(failed));
    }
}
