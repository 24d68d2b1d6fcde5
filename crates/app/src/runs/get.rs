//! One run, with all that a person asks of it.

use gathering_domain::{Permission, RunId};
use gathering_engine::{EntryBody, Payload};
use gathering_storage::{find_budget, glance};
use serde_json::Value;

use super::{Budget, Run, Runs};
use crate::{Caller, Error, Result};

impl Runs<'_> {
    /// The run of that id.
    pub async fn get(&self, caller: &Caller, id: RunId) -> Result<Run> {
        let project_id = caller.require_here(Permission::Read)?;
        let tallies = &self.app.inner.tallies;
        let mut known = tallies.get(id);
        let seen = glance(self.app.database(), id, known.upto).await?;
        let seen = seen.filter(|seen| seen.row.project_id == project_id);
        let seen = seen.ok_or_else(|| Error::not_found("run", id))?;
        self.require_visible(caller, id).await?;
        for (position, entry) in &seen.since {
            known.tally.add(entry);
            known.upto = *position;
        }
        tallies.put(id, known);
        let outcome = if seen.row.status.is_final() {
            self.app.inner.storage.outcome(&seen.row).await?
        } else {
            None
        };
        let nothing = || Payload::new(Value::Null);
        let (input, limited) = match seen.first.map(|first| first.body) {
            Some(EntryBody::RunStarted(started)) => (started.input, started.limits.cost.is_some()),
            _ => (nothing(), false),
        };
        let budget = if limited { find_budget(id).first(self.app.database()).await? } else { None };
        let cancel_waits = seen.inbox.iter().any(|row| row.key == "cancel");
        let mut run = Run {
            input,
            output: outcome.as_ref().map_or_else(nothing, |one| Payload::clone(&one.output)),
            error: outcome.and_then(|outcome| outcome.error),
            cancel_requested: known.tally.cancel_requested || cancel_waits,
            entries: known.tally.entries,
            budget: budget.map(Budget::from),
            summary: seen.row.into(),
        };
        run.summary.usage = known.tally.usage;
        Ok(run)
    }
}
