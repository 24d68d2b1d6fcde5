//! An agent as a person defines it.

mod check;
mod dollars;
mod tool_use;

use gathering_domain::{
    ContentHash, Duration, Fault, HostList, HostPattern, ListOwner, MicroUsd, Slug,
};
use gathering_llm::ModelRef;
use gathering_tools::{Toolbox, schema_of};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use tool_use::ToolUse;

/// The longest persona, in characters.
pub const MAX_PERSONA_CHARS: usize = 8_000;
/// The longest instructions, in characters.
pub const MAX_INSTRUCTIONS_CHARS: usize = 64_000;
/// The most models to fall back to.
pub const MAX_FALLBACKS: usize = 5;
/// The most tools of one agent.
pub const MAX_TOOLS: usize = 128;

/// An agent: who it is, what it does, with which model and tools, and within which limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentDefinition {
    /// What definitions and people call it by.
    #[schemars(with = "String", regex(pattern = r"^[a-z][a-z0-9_]{0,63}$"))]
    pub name: Slug,
    /// Who it is: character, tone, background.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 8_000))]
    pub persona: String,
    /// What it does and how.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 64_000))]
    pub instructions: String,
    /// The model, as `provider/model`.
    #[schemars(with = "String", length(max = 300))]
    pub model: ModelRef,
    /// Models to try, in order, when the model's provider fails.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>", length(max = 5))]
    pub fallbacks: Vec<ModelRef>,
    /// Tools that it may call: names, or objects with a name, and a policy or hosts of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 128))]
    pub tools: Vec<ToolUse>,
    /// What its tools may reach.
    #[serde(default, skip_serializing_if = "AgentEgress::is_open")]
    pub egress: AgentEgress,
    /// Randomness; the provider's default if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 2.0))]
    pub temperature: Option<f64>,
    /// The most tokens of one answer; the provider's default if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_output_tokens: Option<u32>,
    /// Tokens that the model reads at once. A longer conversation is summed up before that.
    #[serde(default = "default_context_tokens")]
    #[schemars(range(min = 1_000, max = 10_000_000))]
    pub context_tokens: u64,
    /// What one turn may use.
    #[serde(default)]
    pub limits: AgentLimits,
    /// JSON Schema that the answer must fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Value>,
    /// What happens when a limit is reached.
    #[serde(default)]
    pub on_limit: OnLimit,
    /// What happens to a message for a thread on which the agent is at work.
    #[serde(default)]
    pub busy: BusyPolicy,
}

/// What an agent's tools may reach. The project's own list and the rules of the network hold besides.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AgentEgress {
    /// The only hosts, such as `api.example.com`, `*.example.com` or `localhost:8080`; none at all if the
    /// list is empty, and not narrowed if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<String>>", length(max = 100))]
    pub hosts: Option<Vec<HostPattern>>,
}

/// What one turn may use, and how many may be at work. Reaching one of the former is a planned end; the
/// run's own hard limits are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AgentLimits {
    /// Model calls that may call tools.
    #[schemars(range(min = 1, max = 1_000))]
    pub turns: u32,
    /// Tool calls.
    #[schemars(range(max = 10_000))]
    pub tool_calls: u32,
    /// Tokens read and written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub tokens: Option<u64>,
    /// US dollars.
    #[serde(skip_serializing_if = "Option::is_none", with = "dollars")]
    #[schemars(with = "Option<f64>", range(min = 0.0, max = 1_000_000.0))]
    pub cost: Option<MicroUsd>,
    /// Time, waiting included, such as `30s`, `10m` or `2h`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", length(max = 40))]
    pub timeout: Option<Duration>,
    /// Turns of the agent at work at the same time; others wait until one has ended, or waits itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000))]
    pub concurrent_turns: Option<u32>,
}

/// What happens when a limit of [`AgentLimits`] is reached, or when the agent makes no progress.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnLimit {
    /// The model reports what it has, without tools, and the run succeeds.
    #[default]
    Report,
    /// The run fails.
    Fail,
}

/// What happens to a message for a thread on which the agent is at work.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BusyPolicy {
    /// It waits its turn.
    #[default]
    Queue,
    /// It is refused.
    Reject,
    /// The turn under way is cancelled.
    Interrupt,
}

impl Default for AgentLimits {
    fn default() -> Self {
        Self {
            turns: 30,
            tool_calls: 200,
            tokens: None,
            cost: None,
            timeout: None,
            concurrent_turns: None,
        }
    }
}

const fn default_context_tokens() -> u64 {
    128_000
}

impl AgentEgress {
    fn is_open(&self) -> bool {
        self.hosts.is_none()
    }
}

impl AgentDefinition {
    /// Reads a definition, and answers all its faults at once. With `tools`, every tool that it
    /// names must be there.
    pub fn parse(document: &Value, tools: Option<&Toolbox>) -> Result<Self, Vec<Fault>> {
        check::definition(document, tools)
    }

    /// The JSON Schema of a definition.
    pub fn json_schema() -> Value {
        schema_of::<Self>()
    }

    /// `sha256:` and the digest of the definition in canonical JSON: equal for equal meaning,
    /// however the file was laid out.
    pub fn content_hash(&self) -> String {
        let value = serde_json::to_value(self).expect("a definition is plain data");
        format!("sha256:{}", ContentHash::of(&value))
    }

    /// The lists of hosts to which the requests of a tool's calls are held.
    pub fn host_lists(&self, tool: &Slug) -> Vec<HostList> {
        let tool = self.tools.iter().find(|own| own.name == *tool);
        let lists = [
            (ListOwner::Agent, self.egress.hosts.as_ref()),
            (ListOwner::Tool, tool.and_then(|tool| tool.hosts.as_ref())),
        ];
        let lists = lists.into_iter().filter_map(|(of, hosts)| Some((of, hosts?)));
        lists.map(|(of, hosts)| HostList::new(of, hosts.clone())).collect()
    }

    /// The model and those to fall back to, in order.
    pub fn models(&self) -> Vec<ModelRef> {
        std::iter::once(&self.model).chain(&self.fallbacks).cloned().collect()
    }
}

#[cfg(test)]
mod tests;
