//! A pipeline as a person writes it: nodes, edges, inputs, outputs, limits.

mod config;
mod document;
mod join;
mod limits;
mod node;

use gathering_domain::{ContentHash, Name, Priority, Slug};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use config::{
    ActionConfig, AgentConfig, ApprovalConfig, ConditionConfig, DelayConfig, EFFECT_ID,
    EmitEventConfig, HttpConfig, HttpMethod, MapConfig, NotifyConfig, OnDeadline, OnItemError,
    ParallelConfig, PipelineConfig, ReconcileConfig, StartPipelineConfig, SwitchCase, SwitchConfig,
    ToolConfig, TransformConfig, TriggerConfig,
};
pub use document::{Format, MAX_DOCUMENT_BYTES, MAX_DOCUMENT_VALUES, MAX_NESTING, read};
pub use join::Join;
pub use limits::{DEFAULT_CONCURRENCY, Dollars, MAX_DOLLARS, PipelineLimits, Retry};
pub use node::{Node, NodeKind, OnError};

/// Most nodes of a pipeline.
pub const MAX_NODES: usize = 1_000;

/// Most edges of a pipeline.
pub const MAX_EDGES: usize = 10_000;

/// The name of the edge label that a routed failure takes.
pub const ERROR_LABEL: &str = "error";

/// A pipeline. Each save of a changed one makes a new immutable version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// What the pipeline is called, and how others refer to it.
    #[schemars(schema_with = "crate::schema::name")]
    pub name: Name,
    /// What it does, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 4000))]
    pub description: String,
    /// JSON Schema of the run's input. Without it any input is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::json_schema")]
    pub inputs: Option<Value>,
    /// Agents that live in this file, in the shape of an agent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "crate::schema::agents")]
    pub agents: Vec<Map<String, Value>>,
    /// Constants that expressions read as `vars`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub vars: Map<String, Value>,
    /// The parts that do something.
    pub nodes: Vec<Node>,
    /// What follows what.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edges: Vec<Edge>,
    /// The run's output: templates over the nodes. Without it, the outputs of the last nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outputs: Option<Map<String, Value>>,
    /// What a run may use at most.
    #[serde(default, skip_serializing_if = "PipelineLimits::is_default")]
    pub limits: PipelineLimits,
    /// Which runs go first when not all can: those of higher priority. What starts a run may say
    /// another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::priority")]
    pub priority: Option<Priority>,
}

/// One node follows another.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Edge {
    /// The node that comes first.
    #[schemars(schema_with = "crate::schema::slug")]
    pub from: Slug,
    /// The node that follows.
    #[schemars(schema_with = "crate::schema::slug")]
    pub to: Slug,
    /// The outcome on which the edge is taken, such as `true`, `approved` or `error`. Without it the
    /// edge is taken whatever the outcome, but not on a routed failure.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "label")]
    #[schemars(schema_with = "crate::schema::label")]
    pub when: Option<String>,
}

/// A label; YAML reads `true` and `false` as booleans, and they mean the words.
fn label<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Label {
        Word(String),
        Truth(bool),
    }
    Ok(Option::<Label>::deserialize(from)?.map(|label| match label {
        Label::Word(word) => word,
        Label::Truth(truth) => truth.to_string(),
    }))
}

impl Definition {
    /// The definition as YAML text.
    pub fn to_yaml(&self) -> String {
        serde_norway::to_string(self).expect("a definition has only text keys")
    }

    /// The definition as JSON.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).expect("a definition has only text keys")
    }

    /// SHA-256 of the canonical form, in hexadecimal: equal for equal definitions, however they
    /// were written down.
    pub fn content_hash(&self) -> String {
        ContentHash::of(&self.to_value()).to_string()
    }
}
