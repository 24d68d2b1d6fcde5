//! Which runs a list shows.

use gathering_domain::{AgentId, PipelineId, RunId};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::views::RunStatusWord;

/// Which runs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RunsQuery {
    /// The most rows; 50 if absent.
    #[param(minimum = 1, maximum = 200)]
    pub(super) limit: Option<u32>,
    /// The `next_cursor` of the page before.
    pub(super) cursor: Option<String>,
    /// Those in this status.
    #[param(inline)]
    pub(super) status: Option<RunStatusWord>,
    /// Those of this pipeline.
    #[param(value_type = Option<String>)]
    pub(super) pipeline_id: Option<PipelineId>,
    /// Those of this agent.
    #[param(value_type = Option<String>)]
    pub(super) agent_id: Option<AgentId>,
    /// Runs that another run started, too.
    #[serde(default)]
    pub(super) children: bool,
    /// Runs that deliver events to webhooks, too.
    #[serde(default)]
    pub(super) deliveries: bool,
}

/// Which effects with unknown outcomes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UnknownOutcomesQuery {
    /// The most rows; 50 if absent.
    #[param(minimum = 1, maximum = 200)]
    pub(super) limit: Option<u32>,
    /// The `next_cursor` of the page before.
    pub(super) cursor: Option<String>,
    /// Those of this run.
    #[param(value_type = Option<String>)]
    pub(super) run_id: Option<RunId>,
}

/// Of which runs the usage is summed up.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UsageQuery {
    /// Those that were accepted since then, in RFC 3339.
    #[param(format = DateTime)]
    pub(super) from: String,
    /// Those that were accepted before then, in RFC 3339.
    #[param(format = DateTime)]
    pub(super) to: String,
}
