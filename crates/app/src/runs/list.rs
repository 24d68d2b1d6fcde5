//! Lists of runs, the latest first.

use gathering_domain::{AgentId, EffectId, Permission, PipelineId, RunId, Timestamp};
use gathering_storage::{self as storage, EffectRow, RunRow, list_runs, list_unknown_effects};

use super::{RunFilter, RunSummary, Runs, UnknownOutcome};
use crate::{Caller, Error, Page, PageRequest, Result, webhooks::machine::DeliveryMachine};

impl Runs<'_> {
    /// Runs, the latest first.
    pub async fn list(
        &self,
        caller: &Caller,
        filter: RunFilter,
        page: PageRequest,
    ) -> Result<Page<RunSummary>> {
        let project_id = caller.require_here(Permission::Read)?;
        let limit = page.limit()?;
        let after = page.after::<Place<RunId>>()?.map(|place| (place.at, place.id));
        let definition_id =
            filter.pipeline_id.map(PipelineId::uuid).or(filter.agent_id.map(AgentId::uuid));
        let topmost = !filter.children;
        let filter = storage::RunFilter {
            status: filter.status,
            definition_id,
            topmost,
            without_machine: (!filter.deliveries).then_some(DeliveryMachine::NAME),
            shown_to: caller.looks_as(),
        };
        let rows = list_runs(project_id, filter, after, limit + 1);
        let rows = rows.all(self.app.database()).await?;
        Ok(Page::of(rows, limit, |row: &RunRow| {
            Place { at: row.created_at, id: row.id }.to_string()
        })
        .map(RunSummary::from))
    }

    /// Effects whose outcome nobody knows, the latest first.
    pub async fn unknown_outcomes(
        &self,
        caller: &Caller,
        page: PageRequest,
    ) -> Result<Page<UnknownOutcome>> {
        self.unknown_outcomes_of(caller, None, page).await
    }

    /// Effects of one run, or of all, whose outcome nobody knows, the latest first.
    pub async fn unknown_outcomes_of(
        &self,
        caller: &Caller,
        run_id: Option<RunId>,
        page: PageRequest,
    ) -> Result<Page<UnknownOutcome>> {
        let project_id = caller.require_here(Permission::Read)?;
        let limit = page.limit()?;
        let after = page.after::<Place<EffectId>>()?.map(|place| (place.at, place.id));
        let rows = list_unknown_effects(project_id, run_id, after, limit + 1, caller.looks_as());
        let rows = rows.all(self.app.database()).await?;
        let place = |row: &EffectRow| Place { at: row.updated_at, id: row.id }.to_string();
        Ok(Page::of(rows, limit, place).map(UnknownOutcome::from))
    }
}

/// Where a row stands in its list; those that are added later come before it.
struct Place<T> {
    at: Timestamp,
    id: T,
}

impl<T: std::fmt::Display> std::fmt::Display for Place<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.at.micros(), self.id)
    }
}

impl<T: std::str::FromStr> std::str::FromStr for Place<T> {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let read = || {
            let (at, id) = text.split_once('.')?;
            Some(Self { at: Timestamp::from_micros(at.parse().ok()?), id: id.parse().ok()? })
        };
        read().ok_or_else(|| Error::invalid_field("/cursor", "unknown_cursor", "no such cursor"))
    }
}
