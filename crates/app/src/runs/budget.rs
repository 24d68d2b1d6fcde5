//! Raising the budget of a run.

use gathering_domain::{AuditAction, AuditOutcome, MicroUsd, Permission, RunId};
use gathering_storage::{AppendError, find_budget, refused_runs};

use serde_json::json;

use super::{RunSummary, Runs};
use crate::{Caller, Conflict, Error, Result, audit::Target};

impl Runs<'_> {
    /// Lets a run and its descendants spend up to `cost` in all; those that wait for this budget go on.
    /// To the limit that it has already, nothing changes.
    pub async fn raise_budget(
        &self,
        caller: &Caller,
        id: RunId,
        cost: MicroUsd,
    ) -> Result<RunSummary> {
        let project_id = caller.require_here(Permission::RunStart)?;
        self.acted_on(caller, id).await?;
        let inner = &self.app.inner;
        let (database, actor, now) = (self.app.database(), caller.actor(), self.app.now());
        let told = refused_runs(database, id, None).await?;
        let record = self.app.trail(caller).of(
            AuditAction::RunBudget,
            AuditOutcome::Done,
            Target::new("run", &id),
            json!({ "cost_micro_usd": cost.0 }),
        )?;
        match inner.writer.raise(id, cost, actor, &told, Some(record), now).await {
            Ok(told) => told.into_iter().for_each(|told| self.wake(told)),
            Err(AppendError::Conflict { .. }) => return Err(self.not_raised(caller, id).await?),
            Err(error) => return Err(error.into()),
        }
        self.app.recorded();
        // Whoever was refused while the budget was being raised, and those who are too many for one
        // transaction.
        let mut after = None;
        loop {
            let mut others = refused_runs(database, id, after).await?;
            let Some(last) = others.last().copied() else { break };
            after = Some(last);
            others.retain(|run| told.binary_search(run).is_err());
            if others.is_empty() {
                continue;
            }
            match inner.writer.raise(id, cost, actor, &others, None, now).await {
                Ok(told) => told.into_iter().for_each(|told| self.wake(told)),
                // Somebody raised it further, and tells them that.
                Err(AppendError::Conflict { .. }) => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(self.row(project_id, id).await?.into())
    }

    async fn not_raised(&self, caller: &Caller, id: RunId) -> Result<Error> {
        let row = self.row(caller.project(), id).await?;
        if row.status.is_final() {
            let message = format!("the run has ended: it is {}", row.status.as_str());
            return Ok(Error::conflict(Conflict::RunEnded, message));
        }
        Ok(match find_budget(id).first(self.app.database()).await? {
            None => Error::conflict(Conflict::NoBudget, "the run has no limit of money"),
            Some(budget) => {
                let limit = MicroUsd(budget.limit_micro_usd);
                let message = format!("the run may spend {limit} already, and that is not lowered");
                Error::conflict(Conflict::BudgetNotRaised, message)
            }
        })
    }
}
