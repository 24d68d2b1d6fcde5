//! What is asked of a model.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Message, Role};

/// One question to one model. Plain data: the same request can be journaled, replayed, compared.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelRequest {
    /// The model's name at its provider, without the provider.
    pub model: String,
    /// The conversation so far. System messages may stand anywhere; adapters put them first.
    pub messages: Vec<Message>,
    /// Tools that the model may call.
    pub tools: Vec<ToolSpec>,
    /// Whether it may, must or must not.
    pub tool_choice: ToolChoice,
    /// The shape that the answer must have. Adapters use the provider's own mode where there is
    /// one; the caller validates in any case.
    pub output_schema: Option<OutputSchema>,
    /// The most tokens that the answer may have.
    pub max_output_tokens: Option<u32>,
    /// Randomness; the provider's default if absent.
    pub temperature: Option<f64>,
    /// Texts that end the answer.
    pub stop: Vec<String>,
    /// How hard to think before answering; the provider's default if absent.
    pub reasoning: Option<ReasoningEffort>,
    /// What the provider should keep for the next call.
    pub cache: CacheHints,
    /// Who asks, for the scripted model and for providers that want a user.
    pub metadata: RequestMetadata,
}

/// A tool as a model sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// The name that a call uses.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// JSON Schema of the arguments; an object schema.
    pub input_schema: Value,
}

/// Whether the model calls tools.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum ToolChoice {
    /// As it likes.
    #[default]
    Auto,
    /// Not at all, though it sees them (a last report keeps the cached prefix).
    None,
    /// At least one.
    Required,
    /// This one.
    Named {
        /// The tool.
        name: String,
    },
}

/// The shape that an answer must have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutputSchema {
    /// A short name, `[a-zA-Z0-9_-]{1,64}`.
    pub name: String,
    /// JSON Schema.
    pub schema: Value,
    /// Asks the provider to enforce the schema to the letter. Providers refuse schemas outside
    /// their subset in this mode (optional properties, open objects).
    #[serde(default)]
    pub strict: bool,
}

/// How hard to think before answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasoningEffort {
    /// A little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
}

/// What the provider should keep for the next call. Hints: a provider without a cache, or with an
/// automatic one, ignores them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CacheHints {
    /// Tools and system text: the same for every call of the agent.
    pub prefix: bool,
    /// The conversation up to its last message: read again by the next turn.
    pub thread: bool,
}

/// Who asks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RequestMetadata {
    /// The agent's name. Never sent to a provider; scripts match on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// An opaque id of the person behind the request, where a provider wants one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

impl ModelRequest {
    /// A request to `model` with `messages` and nothing else.
    pub fn new(model: impl Into<String>, messages: Vec<Message>) -> Self {
        Self { model: model.into(), messages, ..Self::default() }
    }

    /// All system text, in order, joined by blank lines.
    pub fn system_text(&self) -> String {
        let texts: Vec<String> = self
            .messages
            .iter()
            .filter(|message| message.role == Role::System)
            .map(Message::plain_text)
            .collect();
        texts.join("\n\n")
    }

    /// The messages that are not system text.
    pub fn thread(&self) -> impl Iterator<Item = &Message> {
        self.messages.iter().filter(|message| message.role != Role::System)
    }
}
