//! Retrying an ended run from where it failed: a new run that shares what had settled well.

use std::{collections::HashMap, sync::Arc};

use gathering_agents::NoCosts;
use gathering_domain::{Permission, RunId, RunStatus};
use gathering_engine::{Entry, EntryBody, Execution, Key, Origin, Resolution, RunStarted};
use gathering_storage::{
    EffectRow, NewRun, RunRow, count_family, find_retry, find_unended, find_unknown, list_effects,
    load_journal, schedules::fires::FireStart,
};
use serde_json::json;

use super::{Runs, Started, Trigger, create::Inherited};
use crate::{Caller, Conflict, Error, Result, idempotency::asked_once};

/// The scope of idempotency keys of retries.
const SCOPE: &str = "run.retry";
/// The most runs that a run that is retried and its descendants may be.
const MOST_RUNS: u64 = 100_000;

impl Runs<'_> {
    /// Starts a new run that goes on where this one failed.
    pub async fn retry(&self, caller: &Caller, id: RunId, key: Option<String>) -> Result<Started> {
        self.retry_for(caller, id, key, None).await
    }

    /// The same, for a fire of a schedule.
    pub(crate) async fn retry_for(
        &self,
        caller: &Caller,
        id: RunId,
        key: Option<String>,
        fire: Option<FireStart>,
    ) -> Result<Started> {
        let project_id = caller.require_here(Permission::RunStart)?;
        let asked = asked_once(SCOPE, key, || json!({ "run": id }))?;
        let row = self.acted_on(caller, id).await?;
        if let Some(earlier) = self.app.made_before(project_id, asked.as_ref()).await? {
            return self.started_before(project_id, &earlier).await;
        }
        require_retryable(&row)?;
        if let Err(refused) = self.require_over(id).await {
            // A request with the same key may have been a little earlier.
            return match self.app.made_before(project_id, asked.as_ref()).await? {
                Some(earlier) => self.started_before(project_id, &earlier).await,
                None => Err(refused),
            };
        }
        let journal = load_journal(self.app.database(), id).await?;
        let started = first(&journal)?.clone();
        let machine = self.app.definitions().machine(&started, Arc::new(NoCosts)).await?;
        let settled = self.settled_since(id).await?;
        // Nothing may be awaited while a reference to the execution is held: it is not `Sync`.
        let execution = Execution::replay(id, machine, journal.iter().cloned())
            .map_err(|corrupt| Error::internal("fold the run that is retried", corrupt))?;
        let taken = execution.taken_over(&journal, &settled, &started.input);
        // As they were last raised.
        let limits = execution.state().limits();
        let run_id = RunId::next(&*self.app.inner.ids);
        let origin = Origin {
            chain: started.origin.chain,
            depth: started.origin.depth,
            budgets: started.origin.budgets.clone(),
            budgeted: started.limits.cost.is_some(),
            retry_of: Some(id),
            retry_children: taken.children,
            left_behind: taken.left_behind,
            api_key_id: caller.api_key(),
            fire_id: started.origin.fire_id,
            schedule_id: started.origin.schedule_id,
            triggers: started.origin.triggers.clone(),
            private_to: started.origin.private_to,
            ..Origin::root(run_id)
        };
        let trigger = Trigger::Retry.as_str().to_owned();
        let run = NewRun {
            id: run_id,
            project_id,
            actor: caller.actor(),
            machine: row.machine,
            title: row.title,
            trigger: trigger.clone(),
            definition_id: row.definition_id,
            definition_version_id: row.definition_version_id,
            still_at: None,
            owner: None,
            priority: row.priority,
            limits: row.limits,
            deadline: None,
            origin: origin.clone(),
            first_run_id: row.first_run_id,
            budget: limits.cost,
            on_cost: limits.on_cost,
            idempotency: asked,
            fire,
            starter: None,
            delivery: None,
            counted: None,
        };
        let started = RunStarted { actor: caller.actor(), trigger, limits, origin, ..started };
        let inherited = Inherited { entries: taken.entries, ledger: taken.ledger };
        let retry = self.create_with(run, started, inherited).await?;
        retry.ok_or(Error::defect("retry by the version of the run before"))
    }

    /// What people said, after the run had ended, of outcomes that were unknown.
    async fn settled_since(&self, id: RunId) -> Result<HashMap<Key, Resolution>> {
        let effects = list_effects(id).all(self.app.database()).await?;
        let said = |effect: EffectRow| Some((effect.key.clone(), effect.resolution()?));
        Ok(effects.into_iter().filter_map(said).collect())
    }

    /// Refuses while anything of the run may still come about: a retry acts under the same effect
    /// ids. What has ended stays ended, so what is found here holds until the retry has begun.
    async fn require_over(&self, id: RunId) -> Result<()> {
        let database = self.app.database();
        if let Some(retry) = find_retry(id).first(database).await? {
            return Err(already_retried(retry.id));
        }
        let family = count_family(id, MOST_RUNS + 1).first(database).await?;
        if family.is_some_and(|family| family.runs > MOST_RUNS) {
            return Err(Error::Limit { what: "runs in a run that is retried", most: MOST_RUNS });
        }
        if let Some(run) = find_unended(id).first(database).await? {
            let message = format!("{}, which the run started, has not ended yet", run.id);
            return Err(Error::conflict(Conflict::RunNotEnded, message));
        }
        if let Some(effect) = find_unknown(id).first(database).await? {
            let message = format!(
                "the outcome of `{}` in {} is unknown; settle it before the run is retried",
                effect.key, effect.run_id
            );
            return Err(Error::conflict(Conflict::UnknownOutcomes, message));
        }
        Ok(())
    }
}

/// The run has a retry, which can itself be retried once it has ended.
pub(super) fn already_retried(retry: RunId) -> Error {
    let message = format!("the run was retried before, as {retry}");
    Error::conflict(Conflict::AlreadyRetried, message)
}

fn require_retryable(row: &RunRow) -> Result<()> {
    if row.parent_run_id.is_some() {
        let message = "a child run is retried with the run that started it";
        return Err(Error::conflict(Conflict::NotRetryable, message));
    }
    match row.status {
        RunStatus::Failed | RunStatus::Cancelled | RunStatus::TimedOut => Ok(()),
        RunStatus::Succeeded => {
            Err(Error::conflict(Conflict::NotRetryable, "the run has succeeded"))
        }
        RunStatus::Queued | RunStatus::Running | RunStatus::Waiting => {
            Err(Error::conflict(Conflict::RunNotEnded, "the run has not ended"))
        }
    }
}

fn first(journal: &[Entry]) -> Result<&RunStarted> {
    match journal.first().map(|entry| &entry.body) {
        Some(EntryBody::RunStarted(started)) => Ok(started),
        _ => Err(Error::defect("find the first entry of a run")),
    }
}
