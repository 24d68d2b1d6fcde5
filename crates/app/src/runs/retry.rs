//! Retrying an ended run from where it failed: a new run that shares what had settled well.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use gathering_agents::NoCosts;
use gathering_domain::{Permission, ProjectId, RunId, RunStatus};
use gathering_engine::{
    Entry, EntryBody, Execution, Key, LedgerState, Origin, Resolution, RunStarted,
};
use gathering_storage::{
    EffectRow, NewRun, RunLimit, RunRow, list_children, list_effects, load_journal,
};
use serde_json::json;

use super::{Runs, Started, Trigger, create::Inherited};
use crate::{Caller, Conflict, Error, Result, idempotency::asked_once};

/// The scope of idempotency keys of retries.
const SCOPE: &str = "run.retry";
/// The most descendants whose ledgers are looked through.
const MOST_DESCENDANTS: usize = 10_000;

impl Runs<'_> {
    /// Starts a new run that goes on where this one failed.
    pub async fn retry(&self, caller: &Caller, id: RunId, key: Option<String>) -> Result<Started> {
        let project_id = caller.require_here(Permission::RunStart)?;
        let asked = asked_once(SCOPE, key, || json!({ "run": id }))?;
        let row = self.row(project_id, id).await?;
        if let Some(earlier) = self.app.made_before(project_id, asked.as_ref()).await? {
            return self.started_before(project_id, &earlier).await;
        }
        require_retryable(&row)?;
        self.require_known_outcomes(project_id, id).await?;
        let journal = load_journal(self.app.database(), id).await?;
        let started = first(&journal)?.clone();
        let machine = self.app.definitions().machine(&started, Arc::new(NoCosts)).await?;
        let settled = self.settled_since(id).await?;
        // Nothing may be awaited while a reference to the execution is held: it is not `Sync`.
        let execution = Execution::replay(id, machine, journal.iter().cloned())
            .map_err(|corrupt| Error::internal("fold the run that is retried", corrupt))?;
        let taken = execution.taken_over(&journal, &settled);
        let run_id = RunId::next(&*self.app.inner.ids);
        let origin = Origin {
            chain: started.origin.chain,
            budgeted: started.limits.cost.is_some(),
            retry_of: Some(id),
            retry_children: taken.children,
            ..Origin::root(run_id)
        };
        let trigger = Trigger::Retry.as_str().to_owned();
        let limit = row.limit_key.clone().zip(row.limit_max);
        let run = NewRun {
            id: run_id,
            project_id,
            actor: caller.actor(),
            machine: row.machine,
            title: row.title,
            trigger: trigger.clone(),
            definition_id: row.definition_id,
            definition_version_id: row.definition_version_id,
            owner: None,
            priority: row.priority,
            limit: limit.map(|(key, max)| RunLimit {
                key,
                max: u32::try_from(max).unwrap_or(1),
                until_end: row.limit_until_end,
            }),
            origin: origin.clone(),
            first_run_id: row.first_run_id,
            budget: started.limits.cost,
            idempotency: asked,
        };
        let started = RunStarted { actor: caller.actor(), trigger, origin, ..started };
        let inherited = Inherited { entries: taken.entries, ledger: taken.ledger };
        self.create_with(run, started, inherited).await
    }

    /// What people said, after the run had ended, of outcomes that were unknown.
    async fn settled_since(&self, id: RunId) -> Result<HashMap<Key, Resolution>> {
        let effects = list_effects(id).all(self.app.database()).await?;
        let said = |effect: EffectRow| Some((effect.key.clone(), effect.resolution()?));
        Ok(effects.into_iter().filter_map(said).collect())
    }

    /// Refuses while an outcome of the run or of a descendant is unknown.
    async fn require_known_outcomes(&self, project_id: ProjectId, id: RunId) -> Result<()> {
        let mut open = VecDeque::from([id]);
        let mut seen = 0;
        while let Some(run) = open.pop_front() {
            seen += 1;
            if seen > MOST_DESCENDANTS {
                return Err(Error::Limit {
                    what: "child runs of a run that is retried",
                    most: MOST_DESCENDANTS as u64,
                });
            }
            let effects = list_effects(run).all(self.app.database()).await?;
            let unknown = effects.iter().find(|effect| {
                effect.project_id == project_id && effect.state == LedgerState::Unknown
            });
            if let Some(effect) = unknown {
                let message = format!(
                    "the outcome of `{}` in {run} is unknown; settle it before the run is retried",
                    effect.key
                );
                return Err(Error::conflict(Conflict::UnknownOutcomes, message));
            }
            let children = list_children(run).all(self.app.database()).await?;
            open.extend(children.into_iter().map(|child| child.id));
        }
        Ok(())
    }
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
