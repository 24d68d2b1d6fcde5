//! What a run of a pipeline is pinned to: every definition that it may come to use.

use std::collections::BTreeMap;

use gathering_domain::{Duration, EffectKind, HostList};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The definitions of a pipeline run, all in one place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pinned {
    /// The name of the pipeline that runs.
    pub main: String,
    /// It, and every pipeline that it or its children may start as a child, by name.
    pub pipelines: BTreeMap<String, PinnedPipeline>,
}

/// One pipeline with what its nodes use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinnedPipeline {
    /// SHA-256 of the definition's canonical form.
    pub hash: String,
    /// The definition, as it was checked.
    pub definition: Value,
    /// Agents by the names that the nodes use, those of the file included.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub agents: BTreeMap<String, PinnedAgent>,
    /// Tools by the names that the nodes use.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tools: BTreeMap<String, PinnedTool>,
    /// What it means to repeat a message, by the names of the channels that the nodes use.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub channels: BTreeMap<String, EffectKind>,
}

/// A version of an agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinnedAgent {
    /// The numbered behaviour of the turn machine.
    pub behaviour: u32,
    /// The agent, in the turn machine's own shape.
    pub definition: Value,
}

/// What a pipeline must know of a tool that it calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinnedTool {
    /// What repeating a call means.
    pub kind: EffectKind,
    /// How long a call may take, where the node does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
    /// Whether a person must consent to each call.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub consent: bool,
}

/// The input of an agent's turn that a pipeline starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentTask {
    /// What the agent shall do.
    pub task: String,
    /// What the node's `input` gives, to be shown to the agent as data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// JSON Schema that the answer must fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Value>,
}

/// The input of a tool's effect, in the shape that every machine gives it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolCall {
    /// The tool.
    pub tool: String,
    /// Its arguments.
    pub arguments: Value,
    /// Which call it is: the node, with the item of a map.
    pub call_id: String,
    /// Whether a person has consented to this call.
    pub approved: bool,
    /// Lists of hosts to which its requests are held.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<HostList>,
}

/// The names that a definition's nodes use, to be looked up when a run is pinned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UsedNames {
    /// Agents, those of the file included.
    pub agents: std::collections::BTreeSet<String>,
    /// Tools.
    pub tools: std::collections::BTreeSet<String>,
    /// Pipelines that run as children.
    pub children: std::collections::BTreeSet<String>,
    /// Pipelines that are started on their own.
    pub started: std::collections::BTreeSet<String>,
    /// Channels.
    pub channels: std::collections::BTreeSet<String>,
}

impl crate::Definition {
    /// What must be looked up before the definition can run.
    pub fn used_names(&self) -> UsedNames {
        use crate::{ActionConfig, NodeKind};
        let mut used = UsedNames::default();
        for node in &self.nodes {
            match &node.kind {
                NodeKind::Agent(agent) => {
                    used.agents.insert(agent.agent.clone());
                }
                NodeKind::Tool(tool) => {
                    used.tools.insert(tool.tool.clone());
                }
                NodeKind::Pipeline(child) => {
                    used.children.insert(child.pipeline.clone());
                }
                NodeKind::Map(map) => {
                    used.agents.extend(map.agent.clone());
                    used.tools.extend(map.tool.clone());
                    used.children.extend(map.pipeline.clone());
                }
                NodeKind::Action(ActionConfig::StartPipeline(start)) => {
                    used.started.insert(start.pipeline.clone());
                }
                NodeKind::Action(ActionConfig::Notify(notify)) => {
                    used.channels.insert(notify.channel.clone());
                }
                NodeKind::Action(ActionConfig::Http(_) | ActionConfig::EmitEvent(_))
                | NodeKind::Trigger(_)
                | NodeKind::Condition(_)
                | NodeKind::Switch(_)
                | NodeKind::Parallel(_)
                | NodeKind::Delay(_)
                | NodeKind::Approval(_)
                | NodeKind::Transform(_) => {}
            }
        }
        used
    }
}
