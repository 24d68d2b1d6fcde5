//! Money: granted once per effect however often is asked, used with its attempt, given back once.

use std::sync::Arc;

use gathering_domain::{MicroUsd, RunId};
use gathering_engine::{Key, Spend};

use super::{Applied, GrantRequest, Instance, RunRow, Store, row::Grant};

impl RunRow {
    /// Whether these grants are there to be used.
    pub(super) fn has_grants(&self, wanted: &[(Key, u64)]) -> bool {
        wanted
            .iter()
            .all(|(key, number)| self.grants.get(key).is_some_and(|grant| grant.number == *number))
    }

    /// The budgets that the run's spending counts against.
    fn budgets(&self) -> Arc<[RunId]> {
        self.started().origin.all_budgets().collect()
    }
}

impl Store {
    /// Grants money to the owner of a run, in place of what was granted for the same effect before.
    pub(super) fn reserve(&mut self, request: GrantRequest) -> Applied {
        let GrantRequest { instance, run_id, key, number, spend } = request;
        if !self.may_write(instance) {
            return Applied::Fenced;
        }
        let Some(run) = self.owned(run_id, instance) else { return Applied::Declined };
        let before = run.grants.get(&key).copied();
        if before.is_some_and(|before| before.number > number) {
            return Applied::Declined;
        }
        let before = before.map_or(MicroUsd::ZERO, |before| before.amount);
        let mut budgets = spend.budgets.iter().map(|run| self.runs.get(run)?.budget);
        if budgets.clone().any(|budget| budget.is_none()) {
            return Applied::Declined;
        }
        let granted = budgets
            .all(|budget| budget.is_some_and(|of| of.spent - before + spend.delta <= of.limit));
        let amount = if granted { spend.delta } else { MicroUsd::ZERO };
        self.book(&Spend { budgets: spend.budgets, delta: amount - before });
        if let Some(run) = self.runs.get_mut(&run_id) {
            run.grants.insert(key, Grant { number, amount });
        }
        Applied::Reserved { granted }
    }

    /// Takes back what was granted for a question, unless something else became of it.
    pub(super) fn give_back(&mut self, request: &GrantRequest) -> Applied {
        if !self.may_write(request.instance) {
            return Applied::Fenced;
        }
        self.settle_grants(request.run_id, &[], &[(request.key.clone(), request.number)]);
        Applied::GivenBack
    }

    /// Grants that go into the journal, and such that go back.
    pub(super) fn settle_grants(
        &mut self,
        run_id: RunId,
        used: &[(Key, u64)],
        returned: &[(Key, u64)],
    ) {
        let Some(run) = self.runs.get_mut(&run_id) else { return };
        for (key, _) in used {
            run.grants.remove(key);
        }
        let mut back = MicroUsd::ZERO;
        for (key, number) in returned {
            if let Some(grant) = run.grants.get(key).filter(|grant| grant.number == *number) {
                back += grant.amount;
                run.grants.remove(key);
            }
        }
        let budgets = run.budgets();
        self.book(&Spend { budgets, delta: MicroUsd::ZERO - back });
    }

    /// What is left of a run's grants goes back with its end.
    pub(super) fn return_all_grants(&mut self, run_id: RunId) {
        let Some(run) = self.runs.get_mut(&run_id) else { return };
        let mut back = MicroUsd::ZERO;
        for (_, grant) in std::mem::take(&mut run.grants) {
            back += grant.amount;
        }
        let budgets = run.budgets();
        self.book(&Spend { budgets, delta: MicroUsd::ZERO - back });
    }

    fn owned(&self, run_id: RunId, instance: Instance) -> Option<&RunRow> {
        let run = self.runs.get(&run_id)?;
        (run.owner == Some(instance) && !run.status.is_final()).then_some(run)
    }

    pub(super) fn book(&mut self, spend: &Spend) {
        for run in spend.budgets.iter() {
            if let Some(budget) = self.runs.get_mut(run).and_then(|run| run.budget.as_mut()) {
                budget.spent += spend.delta;
                debug_assert!(budget.spent >= MicroUsd::ZERO, "more was given back than taken");
            }
        }
    }
}
