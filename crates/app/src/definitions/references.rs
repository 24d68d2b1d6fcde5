//! What a run's first entry says of its definitions: which versions, never their content.

use std::collections::BTreeMap;

use gathering_domain::{AgentVersionId, EffectKind, PipelineVersionId};
use gathering_pipelines::PinnedTool;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The versions that a run of a pipeline may come to use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PipelineRefs {
    /// The name of the pipeline that runs.
    pub main: String,
    /// It, and every pipeline that it or its children may start as a child, by name.
    pub pipelines: BTreeMap<String, PipelineRef>,
}

/// A version of a pipeline, with those of what its nodes use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PipelineRef {
    /// The version.
    pub pipeline_version: PipelineVersionId,
    /// Agents by the names that the nodes use.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub agents: BTreeMap<String, AgentRef>,
    /// Tools by the names that the nodes use.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tools: BTreeMap<String, PinnedTool>,
    /// What it means to repeat a message, by the names of the channels that the nodes use.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub channels: BTreeMap<String, EffectKind>,
}

/// A version of an agent, pinned to its tools: the definition of a turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentRef {
    /// The version of the stored agent; none for one that lives in a pipeline's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_version: Option<AgentVersionId>,
    /// The version as it was pinned: with its tools as they were, and with the model that the start
    /// asked for.
    pub pinned: AgentVersionId,
    /// The numbered behaviour of the turn's machine.
    pub behaviour: u32,
}

impl PipelineRefs {
    /// The references of a child run of the pipeline `name`: the same versions.
    pub fn child(&self, name: &str) -> Self {
        Self { main: name.to_owned(), pipelines: self.pipelines.clone() }
    }
}

/// References as a run's first entry keeps them.
pub(crate) fn to_value(references: &impl Serialize) -> Value {
    serde_json::to_value(references).expect("references have only text keys")
}
