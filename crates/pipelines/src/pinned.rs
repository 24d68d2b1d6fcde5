//! What a run of a pipeline is pinned to: every definition that it may come to use.

use std::collections::BTreeMap;

use gathering_domain::{Duration, EffectKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The definitions of a pipeline run, as its first entry keeps them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pinned {
    /// SHA-256 over `pipelines`: equal sets are equal programs, parsed once.
    id: String,
    /// The name of the pipeline that runs.
    main: String,
    /// It, and every pipeline that it or its children may start as a child, by name.
    pipelines: BTreeMap<String, PinnedPipeline>,
}

impl Pinned {
    /// Puts together what a run of `main` may come to use. Every pipeline that one of them starts
    /// as a child must be there.
    pub fn new(main: impl Into<String>, pipelines: BTreeMap<String, PinnedPipeline>) -> Self {
        let all = serde_json::to_value(&pipelines).expect("pinned pipelines have only text keys");
        Self { id: crate::definition::hash(&all), main: main.into(), pipelines }
    }

    /// The same set, for a run of another of its pipelines.
    pub(crate) fn with_main(&self, main: &str) -> Self {
        Self { main: main.to_owned(), ..self.clone() }
    }

    /// The name of the pipeline that runs.
    pub fn main(&self) -> &str {
        &self.main
    }

    /// All pipelines of the set.
    pub fn pipelines(&self) -> &BTreeMap<String, PinnedPipeline> {
        &self.pipelines
    }

    /// As the first entry of a run keeps it.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).expect("pinned pipelines have only text keys")
    }
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
