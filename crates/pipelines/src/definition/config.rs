//! The settings of each node type.

use gathering_domain::{Duration, Slug};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Settings of a trigger: none. Its output is the run's input.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TriggerConfig {}

/// Settings of an agent node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentConfig {
    /// The name of the agent.
    #[schemars(length(min = 1, max = 120))]
    pub agent: String,
    /// What it shall do, as a template.
    pub task: String,
    /// JSON Schema of its answer. With it the output is that value, without it a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::json_schema")]
    pub output_schema: Option<Value>,
}

/// Settings of a tool node; the node's `input` holds the arguments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolConfig {
    /// The name of the tool.
    #[schemars(length(min = 1, max = 120))]
    pub tool: String,
    /// The only hosts that its requests may reach, such as `api.example.com` or `*.example.com`. The
    /// project's own list and the rules of the network hold besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100))]
    pub hosts: Option<Vec<String>>,
}

/// Settings of a condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConditionConfig {
    /// An expression that is true or false.
    pub when: String,
}

/// Settings of a switch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SwitchConfig {
    /// The branches in order; the first whose expression holds is taken, else `default`.
    #[schemars(length(min = 1, max = 100))]
    pub cases: Vec<SwitchCase>,
}

/// A branch of a switch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SwitchCase {
    /// The label of its edges.
    #[schemars(schema_with = "crate::schema::slug")]
    pub name: Slug,
    /// An expression that is true or false.
    pub when: String,
}

/// Settings of a fan-out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParallelConfig {
    /// How many of its branches may be at work at the same time. Without it, all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub limit: Option<u32>,
}

/// Settings of a map: exactly one of `agent`, `pipeline` and `tool` says what is done with each item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MapConfig {
    /// An expression that gives a list.
    pub over: String,
    /// How many items may be at work at the same time.
    #[serde(default = "default_map_limit")]
    #[schemars(range(min = 1, max = 256))]
    pub limit: u32,
    /// The name of an agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 120))]
    pub agent: Option<String>,
    /// What the agent shall do with each `item`, as a template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// JSON Schema of the agent's answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::json_schema")]
    pub output_schema: Option<Value>,
    /// The name of a pipeline; the node's `input` is its input, or the item itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 120))]
    pub pipeline: Option<String>,
    /// The name of a tool; the node's `input` holds the arguments, or the item itself does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 120))]
    pub tool: Option<String>,
    /// What the failure of an item means.
    #[serde(default, skip_serializing_if = "OnItemError::is_fail")]
    pub on_item_error: OnItemError,
}

/// Items of a map at work at the same time, where its settings do not say.
const fn default_map_limit() -> u32 {
    8
}

/// What the failure of an item means for its map.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnItemError {
    /// The map fails, and the other items are given up.
    #[default]
    Fail,
    /// The item's output is `none`.
    Continue,
}

impl OnItemError {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_fail(&self) -> bool {
        *self == Self::Fail
    }
}

/// Settings of a child pipeline; the node's `input` is its input, or the run's own input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PipelineConfig {
    /// The name of the pipeline.
    #[schemars(length(min = 1, max = 120))]
    pub pipeline: String,
}

/// Settings of a wait: exactly one of `for` and `until`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DelayConfig {
    /// How long, such as `5m`, or a template that gives that.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
    /// Until when, in RFC 3339, or a template that gives that. A time that is past waits not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// Settings of an approval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalConfig {
    /// One line for the inbox, as a template.
    pub title: String,
    /// What the decision is about: a value of templates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Value>,
    /// JSON Schema of what the person fills in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::json_schema")]
    pub form: Option<Value>,
    /// Who may decide: `owner`, `operator` or `member` for whoever has that role or a higher one, or the
    /// e-mail address of a user. Without it, whoever may decide approvals at all. Naming somebody gives
    /// them no right that their role does not have, and an owner may always decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::deciders")]
    pub deciders: Option<Vec<String>>,
    /// How long the run waits for the decision. Without it, as long as the run may last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::duration")]
    pub deadline: Option<Duration>,
    /// What the deadline means.
    #[serde(default, skip_serializing_if = "OnDeadline::is_expire")]
    pub on_deadline: OnDeadline,
}

/// What the deadline of an approval means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnDeadline {
    /// The outcome is `expired`.
    #[default]
    Expire,
    /// As if rejected.
    Reject,
    /// As if approved.
    Approve,
    /// The node fails.
    Fail,
}

impl OnDeadline {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_expire(&self) -> bool {
        *self == Self::Expire
    }
}

/// Settings of a transform.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransformConfig {
    /// The output: a value of templates.
    pub value: Value,
}

/// Settings of an action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ActionConfig {
    /// An HTTP request.
    Http(HttpConfig),
    /// An event in the server's stream.
    EmitEvent(EmitEventConfig),
    /// The start of another pipeline, without waiting for it.
    StartPipeline(StartPipelineConfig),
    /// A message to people.
    Notify(NotifyConfig),
}

/// An HTTP request. Its output has `status`, `headers` and `body`; where the target was asked what
/// happened, they are those of its answer, and `reconciled` is true; it is false where `reconcile` is given
/// and was not needed. Its `timeout` is at most 1h.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpConfig {
    /// The method.
    pub method: HttpMethod,
    /// The address, as a template. May use `secret('NAME')`.
    pub url: String,
    /// Headers, as templates. May use `secret('NAME')`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schemars(schema_with = "crate::schema::headers")]
    pub headers: Map<String, Value>,
    /// The body: a value of templates, sent as JSON, or a text, sent as it is. May use
    /// `secret('NAME')`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// The header in which the target takes the effect id, so that a repeated POST is harmless.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::header_name")]
    pub idempotency_header: Option<String>,
    /// How the target is asked whether a POST or PATCH has happened whose outcome is unknown. It is
    /// then not repeated before the target has said that it has not. Needs `idempotency_header`: the
    /// target must know the effect id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconcile: Option<ReconcileConfig>,
}

/// What stands for the effect id in the question to a target.
pub const EFFECT_ID: &str = "{effect_id}";

/// A GET that asks whether an effect has happened. An answer of 2xx says that it has, unless `happened`
/// says otherwise; 404 and 410 say that it has not. After any other the target is asked again, as often
/// and as late as `retry` says, and then a person is.
///
/// That it has not happened is believed once the node's `timeout` (60s without one) has passed since the
/// attempt began; before, the target is asked again at that time. So the target must guarantee: what it
/// does not know by then never happens, or a repeat under the same effect id is refused or answered as
/// the first. Let `timeout` be longer than the target ever takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReconcileConfig {
    /// The address, as a template. `{effect_id}` in single braces stands for the effect id, of which
    /// every character (`a-z`, `0-9`, `_`) may stand in a URL as it is. May use `secret('NAME')`.
    pub url: String,
    /// Headers, as templates. May use `{effect_id}` and `secret('NAME')`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schemars(schema_with = "crate::schema::headers")]
    pub headers: Map<String, Value>,
    /// An expression over a 2xx answer, which is `item`: `item.status`, `item.headers`, `item.body`. True
    /// if the effect has happened, false if it has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub happened: Option<String>,
}

/// The method of an HTTP request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the methods speak for themselves")]
pub enum HttpMethod {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
}

/// An event in the server's stream, which event triggers see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmitEventConfig {
    /// The subject, as a template: words joined by dots, such as `orders.paid`.
    pub subject: String,
    /// What happened: a value of templates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

/// A message to people over a channel of the project. Its output has `channel_type`, `status` and `answer`:
/// what the other side said. A message to a webhook carries the effect id, so that it may be repeated; one
/// to a mailbox or a chat is not, and if nobody knows whether it arrived, a person says so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotifyConfig {
    /// The name of the channel.
    #[schemars(length(min = 1, max = 120))]
    pub channel: String,
    /// One line, as a template: the subject of a mail, the heading in a chat.
    pub title: String,
    /// The message, as a template.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// What goes along with it: a value of templates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

/// The start of another pipeline; the node's `input` is its input, or the run's own input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StartPipelineConfig {
    /// The name of the pipeline.
    #[schemars(length(min = 1, max = 120))]
    pub pipeline: String,
}
