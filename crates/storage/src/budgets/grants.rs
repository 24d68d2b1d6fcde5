//! Grants: money that budgets have promised to attempts which are not in the log yet.
//!
//! There is one per run and key. Asking again, as the same process or as the one that took the run over,
//! replaces it, so that however often is asked, it is booked once. The append that logs the attempt
//! deletes the grant: from then on the journal accounts for the money. What is never used goes back: by
//! the process that asked, or at the latest with the run's end.

use std::sync::Arc;

use gathering_database::{Database, Error as DatabaseError, Sql, Unit, params};
use gathering_domain::{InstanceId, MicroUsd, RunId};
use gathering_engine::{Key, OnCost};

use super::{LOCK, in_order};
use crate::statement::{Write, statements};
use crate::{AppendError, log};

statements! {
    LOCK_GRANT = Sql::each(
        "SELECT 1 FROM budget_grants WHERE run_id = $1 AND key = $2",
        "SELECT 1 FROM budget_grants WHERE run_id = $1 AND key = $2 FOR UPDATE",
    );
    /// Grants to the owner of a run, before the budgets are looked at. A question that was overtaken by a
    /// later one of its process gets nothing.
    GRANT = Sql::both(
        "INSERT INTO budget_grants \
           (run_id, key, instance_id, number, amount_micro_usd, replaced_micro_usd, refused_by) \
         SELECT id, $2, $3, $4, $5, 0, NULL FROM runs WHERE id = $1 AND (owner = $3) IS TRUE \
         ON CONFLICT (run_id, key) DO UPDATE SET instance_id = excluded.instance_id, \
           number = excluded.number, amount_micro_usd = excluded.amount_micro_usd, \
           replaced_micro_usd = budget_grants.amount_micro_usd, refused_by = NULL \
         WHERE budget_grants.instance_id <> excluded.instance_id \
           OR budget_grants.number <= excluded.number"
    );
    /// Takes it back where the budget has too little. Of several, one that does not wait has the say.
    REFUSE = Sql::both(
        "UPDATE budget_grants SET amount_micro_usd = 0, refused_by = $3 \
         WHERE run_id = $1 AND key = $2 AND EXISTS ( \
           SELECT 1 FROM run_budgets WHERE root_run_id = $3 \
             AND spent_micro_usd - budget_grants.replaced_micro_usd + CAST($4 AS bigint) > limit_micro_usd \
             AND (budget_grants.refused_by IS NULL OR NOT waits))"
    );
    BOOK = Sql::both(
        "UPDATE run_budgets SET spent_micro_usd = spent_micro_usd + COALESCE(( \
           SELECT amount_micro_usd - replaced_micro_usd FROM budget_grants \
           WHERE run_id = $2 AND key = $3), 0) \
         WHERE root_run_id = $1"
    );
    /// Nobody raises the budget of a run that has ended: what that refuses is not waited for.
    ANSWER = Sql::both(
        "SELECT run_budgets.root_run_id, COALESCE(run_budgets.waits AND runs.finished_at IS NULL, false) \
         FROM budget_grants \
         LEFT JOIN run_budgets ON run_budgets.root_run_id = budget_grants.refused_by \
         LEFT JOIN runs ON runs.id = run_budgets.root_run_id \
         WHERE budget_grants.run_id = $1 AND budget_grants.key = $2"
    );
    RETURN = Sql::both(
        "UPDATE run_budgets SET spent_micro_usd = spent_micro_usd - COALESCE(( \
           SELECT amount_micro_usd FROM budget_grants \
           WHERE run_id = $2 AND key = $3 AND instance_id = $4 AND number = $5), 0) \
         WHERE root_run_id = $1"
    );
    DELETE = Sql::both(
        "DELETE FROM budget_grants \
         WHERE run_id = $1 AND key = $2 AND instance_id = $3 AND number = $4 AND refused_by IS NULL"
    );
    RETURN_ALL = Sql::both(
        "UPDATE run_budgets SET spent_micro_usd = spent_micro_usd - COALESCE(( \
           SELECT CAST(SUM(amount_micro_usd) AS bigint) FROM budget_grants WHERE run_id = $2), 0) \
         WHERE root_run_id = $1"
    );
    DELETE_ALL = Sql::both("DELETE FROM budget_grants WHERE run_id = $1");
    REFUSED = Sql::both(
        "SELECT run_id FROM budget_grants WHERE refused_by = $1 AND run_id > $2 \
         GROUP BY run_id ORDER BY run_id LIMIT $3"
    );
    OPEN = Sql::both(
        "SELECT CAST(COALESCE(SUM(amount_micro_usd), 0) AS bigint) FROM budget_grants WHERE run_id = $1"
    );
}

/// The most runs that are told in one transaction that a budget was raised.
pub const MOST_TOLD: usize = 1_000;

/// A question for money, and the name of the grant that answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantRequest {
    /// The run that asks, through its owner.
    pub run_id: RunId,
    /// The effect that will cost it.
    pub key: Key,
    /// The owner.
    pub instance: InstanceId,
    /// Which of that process's questions this is. Asked again under the same number, it is the same.
    pub number: i64,
    /// The budgets that must all have it.
    pub budgets: Arc<[RunId]>,
    /// How much.
    pub amount: MicroUsd,
}

/// What budgets answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantAnswer {
    /// It is booked on all of them.
    Granted,
    /// It would pass one of them; nothing is booked.
    Refused {
        /// The budget that has too little.
        by: RunId,
        /// Whether the run fails of that, or waits until that budget is raised.
        on_cost: OnCost,
    },
}

/// What an append does with grants of its run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantChanges {
    /// The budgets that granted them. At the run's end, all that is left of its grants goes back.
    pub budgets: Arc<[RunId]>,
    /// Grants whose attempts the append logs: key and number. Without its grant no attempt is logged.
    pub used: Vec<(Key, i64)>,
    /// Grants that nobody wants any more.
    pub returned: Vec<(Key, i64)>,
}

/// Takes money from all budgets before it is spent, or from none of them, in place of what the run was
/// granted under this key before. Only the run's living owner is granted anything; it may ask again
/// when it has not heard the answer.
pub async fn reserve(
    database: &Database,
    request: &GrantRequest,
) -> Result<GrantAnswer, AppendError> {
    let GrantRequest { run_id, key, instance, number, budgets, amount } = request;
    let (run, key, budgets) = (run_id.uuid(), key.as_str(), in_order(budgets));
    let mut unit = held(Unit::new(), &budgets, *instance);
    unit = unit.run(LOCK_GRANT, params![run, key]);
    let grant = unit.len();
    let params = params![run, key, instance.uuid(), *number, amount.0];
    unit = unit.expect(1, GRANT, params);
    for budget in &budgets {
        unit = unit.run(REFUSE, params![run, key, budget.uuid(), amount.0]);
    }
    for budget in &budgets {
        unit = unit.expect(1, BOOK, params![budget.uuid(), run, key]);
    }
    let answer = unit.len();
    unit = unit.returning(ANSWER, params![run, key]);
    let applied = database.apply(unit).await.map_err(|error| match error {
        DatabaseError::Conflict { statement, .. } if statement == grant => {
            AppendError::NotOwner(*run_id)
        }
        error => AppendError::from_write(error),
    })?;
    let answer: Option<(Option<uuid::Uuid>, bool)> =
        applied.first(answer).map_err(AppendError::from_write)?;
    Ok(match answer {
        Some((Some(by), waits)) => {
            let on_cost = if waits { OnCost::Wait } else { OnCost::Fail };
            GrantAnswer::Refused { by: RunId::from_uuid(by), on_cost }
        }
        _ => GrantAnswer::Granted,
    })
}

/// Gives back what was granted for a question, unless something else became of it since.
pub async fn give_back(database: &Database, request: &GrantRequest) -> Result<(), AppendError> {
    let GrantRequest { run_id, key, instance, number, budgets, .. } = request;
    let budgets = in_order(budgets);
    let mut unit = held(Unit::new(), &budgets, *instance);
    unit = unit.run(LOCK_GRANT, params![run_id.uuid(), key.as_str()]);
    for write in returned(&budgets, (*run_id, key), *instance, *number) {
        unit.push(write.into());
    }
    database.apply(unit).await.map_err(AppendError::from_write)?;
    Ok(())
}

/// Runs that this budget refused money when they asked last, in order, and up to [`MOST_TOLD`] of them:
/// the first, or those after one.
pub async fn refused_runs(
    database: &Database,
    budget: RunId,
    after: Option<RunId>,
) -> crate::Result<Vec<RunId>> {
    let after = after.map_or(uuid::Uuid::nil(), RunId::uuid);
    let most = i64::try_from(MOST_TOLD).unwrap_or(i64::MAX);
    let params = params![budget.uuid(), after, most];
    let runs: Vec<(uuid::Uuid,)> = database.query(REFUSED, params).await?;
    Ok(runs.into_iter().map(|(run,)| RunId::from_uuid(run)).collect())
}

/// The money that a run was granted for attempts that are not in its journal.
pub async fn open_grants(database: &Database, run_id: RunId) -> crate::Result<MicroUsd> {
    let open: Option<(i64,)> = database.query_opt(OPEN, params![run_id.uuid()]).await?;
    Ok(MicroUsd(open.map_or(0, |(open,)| open)))
}

fn held(unit: Unit, budgets: &[RunId], instance: InstanceId) -> Unit {
    budgets.iter().fold(unit.guard(log::FENCE, params![instance.uuid()]), |unit, budget| {
        unit.expect(1, LOCK, params![budget.uuid()])
    })
}

/// Holds a budget for what follows in the same transaction.
pub(crate) fn lock(budget: RunId) -> Write {
    Write::new(LOCK, params![budget.uuid()]).expecting(1)
}

/// Deletes the grant of an attempt that is being logged.
pub(crate) fn used(run_id: RunId, key: &Key, instance: InstanceId, number: i64) -> Write {
    Write::new(DELETE, params![run_id.uuid(), key.as_str(), instance.uuid(), number]).expecting(1)
}

/// Gives a grant back. The budgets must be held.
pub(crate) fn returned(
    budgets: &[RunId],
    (run_id, key): (RunId, &Key),
    instance: InstanceId,
    number: i64,
) -> Vec<Write> {
    let (run, key, instance) = (run_id.uuid(), key.as_str(), instance.uuid());
    let back = budgets
        .iter()
        .map(|budget| Write::new(RETURN, params![budget.uuid(), run, key, instance, number]));
    back.chain([Write::new(DELETE, params![run, key, instance, number])]).collect()
}

/// Gives back all that is left of a run's grants. The budgets must be held.
pub(crate) fn all_returned(budgets: &[RunId], run_id: RunId) -> Vec<Write> {
    let run = run_id.uuid();
    let back = budgets.iter().map(|budget| Write::new(RETURN_ALL, params![budget.uuid(), run]));
    back.chain([Write::new(DELETE_ALL, params![run])]).collect()
}
