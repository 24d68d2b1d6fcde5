//! Lists of runs, latest first, a page at a time.

use gathering_database::params;
use gathering_domain::{Actor, ProjectId, RunId, RunStatus, Timestamp};
use uuid::Uuid;

use super::{LIST, RunRow};
use crate::actor::actor_text;
use crate::statement::Query;

/// Which runs of a project are wanted; an absent filter lets all through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunFilter<'a> {
    /// In this status.
    pub status: Option<RunStatus>,
    /// Of this pipeline or agent.
    pub definition_id: Option<Uuid>,
    /// Whether runs that another run started are left out.
    pub topmost: bool,
    /// Whether the runs of this machine are left out.
    pub without_machine: Option<&'a str>,
    /// Without those that are another person's than this actor.
    pub shown_to: Option<Actor>,
}

/// The last run of the page before.
pub type RunsAfter = (Timestamp, RunId);

/// A page of a project's runs, latest first.
pub fn list_runs(
    project_id: ProjectId,
    filter: RunFilter<'_>,
    after: Option<RunsAfter>,
    limit: u32,
) -> Query<RunRow> {
    let (at, id) = after.map_or((i64::MAX, Uuid::max()), |(at, id)| (at.micros(), id.uuid()));
    Query::new(
        LIST,
        params![
            project_id.uuid(),
            at,
            id,
            filter.status.map(RunStatus::as_str),
            filter.definition_id.is_none(),
            filter.definition_id,
            filter.topmost,
            limit,
            filter.shown_to.map(actor_text),
            filter.without_machine,
        ],
    )
}
