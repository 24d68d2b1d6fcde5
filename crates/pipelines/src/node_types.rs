//! What node types there are: for the editor, the API and the documentation.

use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    definition::{EmitEventConfig, HttpConfig, NodeKind, NotifyConfig, StartPipelineConfig},
    schema::inner_schema,
};

/// A type of node.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NodeType {
    /// The word in a definition.
    pub name: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// JSON Schema of its `config`.
    pub config_schema: Value,
    /// The labels that its outgoing edges may have, `error` aside. A switch has also the names of
    /// its cases.
    pub labels: &'static [&'static str],
    /// The fields beside `config` that it takes: `input`, `retry`, `timeout`, `cost`, `on_error`, `join`.
    pub fields: &'static [&'static str],
}

/// All types of nodes, in order of the documentation.
pub fn node_types() -> Vec<NodeType> {
    NodeKind::TYPES
        .iter()
        .map(|name| NodeType {
            name,
            summary: summary(name),
            config_schema: config_schema(name),
            labels: labels(name),
            fields: fields(name),
        })
        .collect()
}

fn summary(name: &str) -> &'static str {
    match name {
        "trigger" => "The entry; its output is the run's input.",
        "agent" => "A turn of an agent with a task; its answer is checked against a schema.",
        "tool" => "One call of a tool, without a model.",
        "condition" => "A boolean expression; edges `true` and `false`.",
        "switch" => "The first named branch whose expression holds, else `default`.",
        "parallel" => "Fans out; its branches run at the same time, up to a limit.",
        "map" => {
            "An agent, a pipeline or a tool for each item of a list, up to a limit at a time; \
                  outputs in the order of the items."
        }
        "pipeline" => "A child run of another pipeline.",
        "delay" => "A durable wait: a duration, or until a time.",
        "approval" => "Waits for a person's decision; edges `approved`, `rejected`, `expired`.",
        "transform" => "Builds a value from expressions.",
        "action" => {
            "An HTTP request, an event, a message to people, or the start of another pipeline."
        }
        _ => "",
    }
}

/// The labels that edges from a node of this type may have, `error` and a switch's cases aside.
pub(crate) fn labels(name: &str) -> &'static [&'static str] {
    match name {
        "condition" => &["true", "false"],
        "switch" => &["default"],
        "approval" => &["approved", "rejected", "expired"],
        _ => &[],
    }
}

/// The optional fields that a node of this type takes.
pub(crate) fn fields(name: &str) -> &'static [&'static str] {
    match name {
        "agent" | "map" => &["input", "retry", "timeout", "cost", "on_error", "join"],
        "tool" | "pipeline" | "action" => &["input", "retry", "timeout", "on_error", "join"],
        "condition" | "switch" | "delay" | "approval" | "transform" => &["on_error", "join"],
        "parallel" => &["join"],
        _ => &[],
    }
}

/// The JSON Schema of the settings of the type `name`.
pub(crate) fn config_schema(name: &str) -> Value {
    if name == "action" {
        let kinds: Vec<Value> =
            ACTION_KINDS.iter().filter_map(|kind| action_schema(kind)).collect();
        return json!({ "type": "object", "required": ["kind"], "oneOf": kinds });
    }
    NodeKind::config_schema(name).unwrap_or(Value::Bool(true))
}

/// The words for the kinds of actions.
pub(crate) const ACTION_KINDS: [&str; 4] = ["http", "emit_event", "start_pipeline", "notify"];

/// The JSON Schema of the settings of an action of one kind.
pub(crate) fn action_schema(kind: &str) -> Option<Value> {
    let mut schema = match kind {
        "http" => inner_schema::<HttpConfig>(),
        "emit_event" => inner_schema::<EmitEventConfig>(),
        "start_pipeline" => inner_schema::<StartPipelineConfig>(),
        "notify" => inner_schema::<NotifyConfig>(),
        _ => return None,
    };
    schema["properties"]["kind"] = json!({ "const": kind });
    if let Some(required) = schema["required"].as_array_mut() {
        required.insert(0, json!("kind"));
    }
    Some(schema)
}
