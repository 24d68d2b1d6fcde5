//! Budgets: money that a run and all its descendants may spend, reserved before it is spent.

pub(crate) mod grants;

use gathering_database::{Sql, params, row};
use gathering_domain::{MicroUsd, RunId};
use gathering_engine::{OnCost, Spend};

use crate::statement::{Query, Write, statements};

row! {
    /// A budget.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct BudgetRow {
        /// What may be spent.
        pub limit_micro_usd: i64,
        /// What is spent, reserved by attempts, or granted to attempts that have not begun.
        pub spent_micro_usd: i64,
        /// Whether a run that is refused money waits until somebody raises the limit.
        pub waits: bool,
    }
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO run_budgets (root_run_id, limit_micro_usd, spent_micro_usd, waits) \
         VALUES ($1, $2, 0, $3)"
    );
    SPEND = Sql::both(
        "UPDATE run_budgets SET spent_micro_usd = spent_micro_usd + $2 WHERE root_run_id = $1"
    );
    /// Whoever is to change what a budget has granted holds it first: the statements after this one see
    /// all that others have granted and given back, and nobody else changes it until the commit.
    LOCK = Sql::each(
        "SELECT 1 FROM run_budgets WHERE root_run_id = $1",
        "SELECT 1 FROM run_budgets WHERE root_run_id = $1 FOR UPDATE",
    );
    /// Raises the budget of a run that has not ended. To the same limit again changes nothing.
    RAISE = Sql::both(
        "UPDATE run_budgets SET limit_micro_usd = $2 \
         WHERE root_run_id = $1 AND limit_micro_usd <= $2 \
           AND EXISTS (SELECT 1 FROM runs WHERE id = $1 AND finished_at IS NULL)"
    );
    FIND -> BudgetRow = Sql::both(
        "SELECT limit_micro_usd, spent_micro_usd, waits FROM run_budgets WHERE root_run_id = $1"
    );
}

pub(crate) fn insert(root: RunId, limit: MicroUsd, on_cost: OnCost) -> Write {
    Write::new(INSERT, params![root.uuid(), limit.0, !on_cost.is_fail()])
}

pub(crate) fn raise(run: RunId, limit: MicroUsd) -> Write {
    Write::new(RAISE, params![run.uuid(), limit.0]).expecting(1)
}

/// Budgets in the order in which whoever locks several of them does so.
pub(crate) fn in_order(budgets: &[RunId]) -> Vec<RunId> {
    let mut budgets = budgets.to_vec();
    budgets.sort_unstable();
    budgets
}

/// The changes of a spending, one for each budget, in order.
pub(crate) fn each(spend: &Spend) -> impl Iterator<Item = (RunId, MicroUsd)> + use<> {
    let delta = spend.delta;
    in_order(&spend.budgets).into_iter().map(move |budget| (budget, delta))
}

/// Books what an attempt used, against what it had reserved.
pub(crate) fn spend(budget: RunId, delta: MicroUsd) -> Write {
    Write::new(SPEND, params![budget.uuid(), delta.0]).expecting(1)
}

/// The budget of a run that has a cost limit.
pub fn find_budget(run: RunId) -> Query<BudgetRow> {
    Query::new(FIND, params![run.uuid()])
}
