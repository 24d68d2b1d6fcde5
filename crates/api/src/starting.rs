//! What hooks and triggers start, as clients write and read it.

use gathering_app::starting::{NotStarted, Startable};
use gathering_domain::{AgentId, PipelineId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// What is started.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[schema(as = Startable)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum StartableView {
    /// A run of the present version of a pipeline.
    Pipeline {
        /// The pipeline.
        #[schema(value_type = String, example = "pip_01985f2e6a7b7c00a0b1c2d3e4f50617")]
        pipeline_id: PipelineId,
    },
    /// A turn of an agent, without a thread; its input is `{"task": "…"}` and no other member.
    Agent {
        /// The agent.
        #[schema(value_type = String, example = "agt_01985f2e6a7b7c00a0b1c2d3e4f50617")]
        agent_id: AgentId,
    },
}

/// Why nothing was started.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NotStarted)]
pub(crate) struct NotStartedView {
    /// A stable code.
    code: String,
    /// The same in words.
    detail: String,
}

/// Empties what a patch gives another `type`: members of the type before mean nothing there.
pub(crate) fn forget_other_types(document: &mut Value, patch: &Map<String, Value>) {
    for (name, to) in patch {
        let Some(of) = document.get_mut(name) else { continue };
        if of.get("type").is_some() && to.get("type").is_some_and(|to| of.get("type") != Some(to)) {
            *of = Value::Object(Map::new());
        }
    }
}

impl From<StartableView> for Startable {
    fn from(view: StartableView) -> Self {
        match view {
            StartableView::Pipeline { pipeline_id } => Self::Pipeline { pipeline_id },
            StartableView::Agent { agent_id } => Self::Agent { agent_id },
        }
    }
}

impl From<Startable> for StartableView {
    fn from(starts: Startable) -> Self {
        match starts {
            Startable::Pipeline { pipeline_id } => Self::Pipeline { pipeline_id },
            Startable::Agent { agent_id } => Self::Agent { agent_id },
        }
    }
}

impl From<NotStarted> for NotStartedView {
    fn from(why: NotStarted) -> Self {
        let NotStarted { code, detail } = why;
        Self { code, detail }
    }
}
