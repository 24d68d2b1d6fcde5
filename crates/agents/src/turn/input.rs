//! What a turn starts with: the agent pinned to its tools, and what it is asked.

use gathering_domain::{AgentId, AgentVersionId, Duration, Fault, Slug};
use gathering_llm::Message;
use gathering_tools::{Policy, ToolKind, Toolbox};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{AgentDefinition, PromptContext};

/// The definition to which a turn is pinned: later changes of the agent or of a tool's schema do
/// not reach it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TurnDefinition {
    /// The agent, if it is a stored one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<AgentId>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<AgentVersionId>,
    /// What a person wrote.
    pub agent: AgentDefinition,
    /// The agent's tools as they were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<PinnedTool>,
}

/// A tool as it was when the turn began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinnedTool {
    /// What a model calls it by.
    pub name: Slug,
    /// What it is for.
    pub purpose: String,
    /// How a call is carried out.
    pub kind: ToolKind,
    /// JSON Schema of the arguments.
    pub input: Value,
    /// Whether its calls need a person's consent.
    pub policy: Policy,
    /// Whether calls may run beside other calls of the same reply.
    pub parallel: bool,
    /// The longest that one attempt may take.
    pub timeout: Duration,
}

/// What a turn is asked. A caller that knows no more writes `{"task": "…"}`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TurnInput {
    /// What to do, or what the user says.
    pub task: String,
    /// Data for the task: shown as data, never as instructions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// JSON Schema that the answer must fit, in place of the agent's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Value>,
    /// The thread before this message.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub thread: Vec<Message>,
    /// What the agent is told besides.
    #[serde(skip_serializing_if = "is_default")]
    pub context: PromptContext,
}

fn is_default(context: &PromptContext) -> bool {
    *context == PromptContext::default()
}

impl TurnDefinition {
    /// Pins `agent` to the tools that it names, as they are now. A tool that the server denies
    /// stays denied whatever the agent says.
    pub fn pin(agent: AgentDefinition, toolbox: &Toolbox) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut tools = Vec::new();
        for (i, wanted) in agent.tools.iter().enumerate() {
            let spec = match toolbox.get(wanted.name.as_str()) {
                Ok(tool) => tool.spec(),
                Err(unknown) => {
                    let place = gathering_domain::Pointer::root().child("tools").child(i);
                    faults.push(Fault::new(place, "unknown_tool", unknown.to_string()));
                    continue;
                }
            };
            let policy = match spec.policy {
                Policy::Deny => Policy::Deny,
                own @ (Policy::Auto | Policy::Ask) => wanted.policy.unwrap_or(own),
            };
            tools.push(PinnedTool {
                name: spec.name.clone(),
                purpose: spec.purpose.clone(),
                kind: spec.kind,
                input: spec.input.clone(),
                policy,
                parallel: spec.parallel,
                timeout: spec.limits.timeout,
            });
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Self { agent_id: None, version_id: None, agent, tools })
    }

    pub(super) fn tool(&self, name: &str) -> Option<&PinnedTool> {
        self.tools.iter().find(|tool| tool.name.as_str() == name)
    }
}
