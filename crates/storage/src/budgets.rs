//! Budgets: money that a run and all its descendants may spend, reserved before it is spent.

use gathering_database::{Database, Error, Sql, Unit, params, row};
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
    FIND -> BudgetRow = Sql::both(
        "SELECT limit_micro_usd, spent_micro_usd FROM run_budgets WHERE root_run_id = $1"
    );
}

pub(crate) fn insert(root: RunId, limit: MicroUsd) -> Write {
    Write::new(INSERT, params![root.uuid(), limit.0])
}

/// The changes of a spending, one for each budget. Whoever locks several does so in this order.
pub(crate) fn each(spend: &Spend) -> impl Iterator<Item = (RunId, MicroUsd)> + use<> {
    let (mut budgets, delta) = (spend.budgets.to_vec(), spend.delta);
    budgets.sort_unstable();
    budgets.into_iter().map(move |budget| (budget, delta))
}

/// Books what an attempt used, against what it had reserved.
pub(crate) fn spend(budget: RunId, delta: MicroUsd) -> Write {
    Write::new(SPEND, params![budget.uuid(), delta.0]).expecting(1)
}

/// Takes money from budgets before it is spent; false, and from none of them, if that would pass one.
pub async fn reserve(database: &Database, spend: &Spend) -> Result<bool> {
    let unit = each(spend).fold(Unit::new(), |unit, (budget, delta)| {
        unit.expect(1, RESERVE, params![budget.uuid(), delta.0])
    });
    match database.apply(unit).await {
        Ok(_) => Ok(true),
        Err(Error::Conflict { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Gives money back to budgets that was reserved and will not be spent.
pub async fn give_back(database: &Database, reserved: &Spend) -> Result<()> {
    let unit = each(reserved).fold(Unit::new(), |unit, (budget, delta)| {
        unit.expect(1, SPEND, params![budget.uuid(), -delta.0])
    });
    database.apply(unit).await?;
    Ok(())
}

/// The budget of a run that has a cost limit.
pub fn find_budget(run: RunId) -> Query<BudgetRow> {
    Query::new(FIND, params![run.uuid()])
}
