//! Tools: what there are, and the one executor that calls them.

use gathering_domain::{Duration, EffectKind, Failure};
use gathering_tools::ToolOutput;
use serde_json::Value;

/// Calls a tool directly, as a person.
#[derive(Debug, Clone, PartialEq)]
pub struct InvokeTool {
    /// The tool's name.
    pub name: String,
    /// Its arguments.
    pub arguments: Value,
    /// Makes a repetition of the call recognisable to its target.
    pub idempotency_key: Option<String>,
}

/// How a direct call ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Invoked {
    /// What the tool answered, or why it failed.
    pub result: Result<ToolOutput, Failure>,
    /// What repeating the call means.
    pub kind: EffectKind,
    /// How long it took.
    pub took: Duration,
}
