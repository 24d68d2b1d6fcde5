//! What an append does with money that was granted to its run.

use gathering_domain::{InstanceId, RunId};

use super::{Prepared, Purpose, Stage};
use crate::{GrantChanges, budgets, budgets::grants};

impl Prepared {
    /// What becomes of grants. Whoever gives some back holds the budgets first.
    pub(super) fn grants(
        &mut self,
        (run_id, instance): (RunId, InstanceId),
        changes: &GrantChanges,
        ends: bool,
    ) {
        let order = (Stage::Grants, run_id.uuid());
        for (key, number) in &changes.used {
            let used = grants::used(run_id, key, instance, *number);
            self.add(order, Purpose::Grant(run_id), used);
        }
        let budgets = budgets::in_order(&changes.budgets);
        if ends || !changes.returned.is_empty() {
            for budget in &budgets {
                self.add((Stage::Budgets, budget.uuid()), Purpose::Other, grants::lock(*budget));
            }
        }
        for (key, number) in &changes.returned {
            for write in grants::returned(&budgets, (run_id, key), instance, *number) {
                self.add(order, Purpose::Other, write);
            }
        }
        if ends {
            for write in grants::all_returned(&budgets, run_id) {
                self.add(order, Purpose::Other, write);
            }
        }
    }
}
