//! What a turn asks of the performers of models and tools.

use gathering_domain::{Duration, HostList, MicroUsd};
use gathering_engine::RetryPolicy;
use gathering_llm::{ModelRef, ModelRequest};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest that one attempt at a model call may take.
pub(super) const MODEL_TIMEOUT: Duration = Duration::from_secs(600);
/// When a model call is tried again.
pub(super) const MODEL_RETRY: RetryPolicy = RetryPolicy {
    attempts: 4,
    first_delay: Duration::from_secs(1),
    factor: 2.0,
    max_delay: Duration::from_secs(60),
};

/// The input of a `model` effect. It is whole, lives in memory only and is built from the fold
/// whenever an attempt starts; the journal holds answers and no conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelCall {
    /// The models to try, in order.
    pub models: Vec<ModelRef>,
    /// What is asked, with the first model's name in it.
    pub request: ModelRequest,
    /// What the answer is for.
    pub purpose: ModelPurpose,
}

/// What a model's answer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelPurpose {
    /// The next step: tool calls, or the answer.
    Step,
    /// The last word after a limit was reached.
    Report,
    /// The answer again, as it did not fit its schema.
    Repair,
    /// A summary in place of a conversation that fills the window.
    Compact,
}

/// Says what a model call can cost at most, so that it is reserved before the call.
pub trait ModelCosts: Send + Sync {
    /// The most that one attempt may cost, all models of the call together; none where a price is
    /// unknown.
    fn most(&self, call: &ModelCall) -> Option<MicroUsd>;

    /// The most tokens of an answer that each model of the call can give, where the agent sets no bound
    /// and the run has a limit of money; none where they cost nothing.
    fn usual_output(&self, call: &ModelCall) -> Option<u32>;
}

/// Nothing is known of costs, and nothing reserved.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCosts;

impl ModelCosts for NoCosts {
    fn most(&self, _: &ModelCall) -> Option<MicroUsd> {
        None
    }

    fn usual_output(&self, _: &ModelCall) -> Option<u32> {
        None
    }
}

/// The input of a `tool` effect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolCallInput {
    /// The tool.
    pub tool: String,
    /// Its arguments; a person may have changed them.
    pub arguments: Value,
    /// The model's own id of the call.
    pub call_id: String,
    /// Whether a person has approved this call, or all calls of the tool in this run.
    pub approved: bool,
    /// Lists of hosts to which its requests are held.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<HostList>,
}
