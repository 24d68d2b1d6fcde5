//! Lists of runs, the latest first.

use gathering_domain::{AgentId, Permission, PipelineId, RunId, Timestamp};
use gathering_storage::{self as storage, RunRow, list_runs, list_unknown_effects};

use super::{RunFilter, RunSummary, Runs, UnknownOutcome};
use crate::{Caller, Error, Page, PageRequest, Result};

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
        let after = page.after::<Place>()?.map(|place| (place.at, place.id));
        let definition_id =
            filter.pipeline_id.map(PipelineId::uuid).or(filter.agent_id.map(AgentId::uuid));
        let topmost = !filter.children;
        let filter = storage::RunFilter { status: filter.status, definition_id, topmost };
        let rows = list_runs(project_id, filter, after, limit + 1);
        let rows = rows.all(self.app.database()).await?;
        Ok(Page::of(rows, limit, |row| Place::of(row).to_string()).map(RunSummary::from))
    }

    /// Effects whose outcome nobody knows, the latest first. What is settled makes room for more.
    pub async fn unknown_outcomes(
        &self,
        caller: &Caller,
        page: PageRequest,
    ) -> Result<Page<UnknownOutcome>> {
        let project_id = caller.require_here(Permission::Read)?;
        let limit = page.limit()?;
        let rows = list_unknown_effects(project_id, limit).all(self.app.database()).await?;
        let items = rows.into_iter().map(UnknownOutcome::from).collect();
        Ok(Page { items, next_cursor: None })
    }
}

/// Where a run stands in the list; rows that are added later come before it.
struct Place {
    at: Timestamp,
    id: RunId,
}

impl Place {
    const fn of(row: &RunRow) -> Self {
        Self { at: row.created_at, id: row.id }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.at.micros(), self.id)
    }
}

impl std::str::FromStr for Place {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let read = || {
            let (at, id) = text.split_once('.')?;
            Some(Self { at: Timestamp::from_micros(at.parse().ok()?), id: id.parse().ok()? })
        };
        read().ok_or_else(|| Error::invalid_field("/cursor", "unknown_cursor", "no such cursor"))
    }
}
