//! Which events a stream shows, and from where on.

use gathering_domain::{ProjectId, RunId};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which events, and from where on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventsQuery {
    /// What comes after this position; `0` for everything, absent for what comes from now on. `-500` begins 500
    /// rows before the end of the log, in which what all projects do at once shares a row.
    #[param(minimum = -1000)]
    pub(super) after: Option<i64>,
    /// Types or subjects, separated by commas; all if absent. `*` stands for a word between dots, at the
    /// end for the rest.
    #[param(example = "run.*,approval.requested")]
    pub(super) types: Option<String>,
    /// Those of this run and of its descendants.
    #[param(value_type = Option<String>)]
    pub(super) run_id: Option<RunId>,
    /// Whether answers that are being written come, too, piece by piece (`run.delta`).
    #[serde(default)]
    pub(super) previews: bool,
}

/// Which events of the run, and from where on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RunEventsQuery {
    /// What comes after this position; `0` for everything, absent for what comes from now on. `-500` begins 500
    /// rows before the end of the log, in which what all projects do at once shares a row.
    #[param(minimum = -1000)]
    pub(crate) after: Option<i64>,
    /// Types or subjects, separated by commas; all if absent. `*` stands for a word between dots, at the
    /// end for the rest.
    #[param(example = "run.node.*")]
    pub(crate) types: Option<String>,
    /// Whether answers that are being written come, too, piece by piece (`run.delta`).
    #[serde(default)]
    pub(crate) previews: bool,
}

/// In which project.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SocketQuery {
    /// What `Gathering-Project` names, for pages: they cannot set headers of a WebSocket. The header counts
    /// where both are there.
    #[param(value_type = Option<String>)]
    #[expect(dead_code, reason = "the guard has read it, as it reads the header")]
    project: Option<ProjectId>,
}
