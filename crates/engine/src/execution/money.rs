//! Money: what budgets answer, what is granted to attempts that have not begun, and what goes back.

use std::sync::Arc;

use gathering_domain::{Actor, Duration, MicroUsd, RunId, Timestamp};

use super::{
    Execution, Reservation, Spend,
    step::{Flight, Phase},
};
use crate::{EntryBody, Key, Limit, LimitRaised, OnCost};

/// How long a run that waits for its budget waits at most before it asks again by itself: what wakes it
/// earlier may be missed, and money that others give back wakes nobody.
pub const ASK_BUDGETS_AGAIN: Duration = Duration::from_secs(5 * 60);

impl Execution {
    pub(super) fn reserved(
        &mut self,
        key: &Key,
        flight: &Flight,
        answer: Reservation,
        now: Timestamp,
    ) -> bool {
        match answer {
            Reservation::Granted => {
                self.reservations.insert(key.clone(), flight.reserved);
            }
            // There may be enough by now: it is asked again at once.
            Reservation::Refused(OnCost::Wait) if flight.outdated => {}
            Reservation::Refused(OnCost::Wait) => {
                self.refused.insert(key.clone(), now + ASK_BUDGETS_AGAIN);
            }
            Reservation::Refused(OnCost::Fail) => self.limited(key, Limit::Cost, now),
        }
        true
    }

    /// A budget was raised: the run's own, which its journal tells, or that of an ancestor.
    pub(super) fn raised(
        &mut self,
        budget: RunId,
        cost: MicroUsd,
        actor: Actor,
        now: Timestamp,
    ) -> bool {
        let waited = !self.refused.is_empty();
        self.ask_again();
        let before = self.state.limits().cost.filter(|_| budget == self.run_id);
        let raised = LimitRaised { limit: Limit::Cost, cost: Some(cost), actor };
        let higher = before.is_some_and(|before| cost > before);
        self.push_if(higher, now, EntryBody::LimitRaised(raised)) || waited
    }

    /// Budgets may have enough now. A refusal that is on its way may be older than that.
    fn ask_again(&mut self) {
        self.refused.clear();
        for flight in self.flights.values_mut() {
            flight.outdated |= flight.phase == Phase::Reserving;
        }
    }

    /// Until when budgets need not be asked again for an attempt.
    pub(super) fn refused_until(&mut self, key: &Key, now: Timestamp) -> Option<Timestamp> {
        let until = self.refused.get(key).copied().filter(|until| now < *until);
        if until.is_none() {
            self.refused.remove(key);
        }
        until
    }

    /// Takes what the budgets granted for an attempt. If that is not what it may cost now, it goes back.
    pub(super) fn was_granted(&mut self, key: &Key, amount: MicroUsd) -> bool {
        match self.reservations.remove(key) {
            Some(granted) if granted == amount => true,
            Some(_) => {
                self.step.grants.returned.push(key.clone());
                false
            }
            None => false,
        }
    }

    /// The budgets that the run's spending counts against, if there are any.
    pub(super) fn budgets(&self) -> Option<Arc<[RunId]>> {
        let budgets: Arc<[RunId]> = self.state.started()?.origin.all_budgets().collect();
        (!budgets.is_empty()).then_some(budgets)
    }

    /// Whether the store keeps a budget for the run's own limit of money.
    pub(super) fn is_budgeted(&self) -> bool {
        self.budgets().is_some_and(|budgets| budgets.contains(&self.run_id))
    }

    /// Gives back to the budgets what an attempt had reserved and did not use.
    pub(super) fn refund(&mut self, reserved: MicroUsd, used: MicroUsd) {
        self.spend(used - reserved);
    }

    /// Books a change on the budgets, in the transaction of the step.
    pub(super) fn spend(&mut self, delta: MicroUsd) {
        if delta == MicroUsd::ZERO {
            return;
        }
        let Some(budgets) = self.budgets() else { return };
        if delta < MicroUsd::ZERO {
            self.ask_again();
        }
        self.step.spend.get_or_insert(Spend { budgets, delta: MicroUsd::ZERO }).delta += delta;
    }
}
