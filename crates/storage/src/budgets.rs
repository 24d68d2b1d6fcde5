//! Budgets: money that a topmost run and all its descendants may spend, reserved before it is spent.

use gathering_database::{Database, Sql, Unit, params, row};
use gathering_domain::{MicroUsd, RunId};
use gathering_engine::Spend;

use crate::Result;
use crate::statement::{Query, Write, statements};

row! {
    /// A budget.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct BudgetRow {
        /// What may be spent.
        pub limit_micro_usd: i64,
        /// What is spent or reserved.
        pub spent_micro_usd: i64,
    }
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO run_budgets (root_run_id, limit_micro_usd, spent_micro_usd) VALUES ($1, $2, 0)"
    );
    SPEND = Sql::both(
        "UPDATE run_budgets SET spent_micro_usd = spent_micro_usd + $2 WHERE root_run_id = $1"
    );
    /// Exact over all instances: the row is locked until the commit.
    RESERVE = Sql::both(
        "UPDATE run_budgets SET spent_micro_usd = spent_micro_usd + $2 \
         WHERE root_run_id = $1 AND spent_micro_usd + $2 <= limit_micro_usd"
    );
    RAISE = Sql::both("UPDATE run_budgets SET limit_micro_usd = $2 WHERE root_run_id = $1");
    FIND -> BudgetRow = Sql::both(
        "SELECT limit_micro_usd, spent_micro_usd FROM run_budgets WHERE root_run_id = $1"
    );
}

pub(crate) fn insert(root: RunId, limit: MicroUsd) -> Write {
    Write::new(INSERT, params![root.uuid(), limit.0])
}

/// Books what an attempt used, against what it had reserved.
pub(crate) fn spend(spend: &Spend) -> Write {
    Write::new(SPEND, params![spend.root.uuid(), spend.delta.0]).expecting(1)
}

/// Takes money before it is spent; false if that would pass the limit.
pub async fn reserve(database: &Database, root: RunId, amount: MicroUsd) -> Result<bool> {
    let unit = Unit::new().run(RESERVE, params![root.uuid(), amount.0]);
    Ok(database.apply(unit).await?.count(0) == 1)
}

/// Sets what may be spent.
pub fn set_budget(root: RunId, limit: MicroUsd) -> Write {
    Write::new(RAISE, params![root.uuid(), limit.0])
}

/// The budget of a topmost run.
pub fn find_budget(root: RunId) -> Query<BudgetRow> {
    Query::new(FIND, params![root.uuid()])
}
