//! From a neutral request to the body of a message.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gathering_llm::{
    ImageSource, Message, ModelRequest, Part, ReasoningEffort, Role, ToolCall, ToolChoice,
    USUAL_MAX_OUTPUT_TOKENS,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::KIND;
use crate::{fault::WireFault, seal::unseal};

/// The whole body. Its fields keep this order on the wire.
#[derive(Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    system: Vec<Block<'a>>,
    messages: Vec<Turn<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Choice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<OutputConfig<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop_sequences: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata<'a>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stream: bool,
}

#[derive(Serialize)]
struct Turn<'a> {
    role: &'static str,
    content: Vec<Block<'a>>,
}

#[derive(Serialize)]
struct Block<'a> {
    #[serde(flatten)]
    content: Content<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<CacheControl>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Content<'a> {
    Text {
        text: Cow<'a, str>,
    },
    Image {
        source: Source<'a>,
    },
    ToolUse {
        id: String,
        name: &'a str,
        input: Cow<'a, Value>,
    },
    ToolResult {
        tool_use_id: String,
        content: &'a str,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_error: bool,
    },
    Thinking {
        thinking: &'a str,
        signature: &'a str,
    },
    RedactedThinking {
        data: &'a str,
    },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Source<'a> {
    Base64 { media_type: &'a str, data: String },
    Url { url: &'a str },
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'a str,
    description: &'a str,
    input_schema: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<CacheControl>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Choice<'a> {
    Auto,
    None,
    Any,
    Tool { name: &'a str },
}

#[derive(Serialize)]
struct OutputConfig<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<Format<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Format<'a> {
    JsonSchema { schema: &'a Value },
}

#[derive(Serialize)]
struct Metadata<'a> {
    user_id: &'a str,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum CacheControl {
    Ephemeral,
}

impl<'a> Body<'a> {
    pub(super) fn of(request: &'a ModelRequest, stream: bool) -> Result<Self, WireFault> {
        let mut system: Vec<Block<'a>> = request
            .messages
            .iter()
            .filter(|message| message.role == Role::System)
            .map(Message::plain_text)
            .filter(|text| !text.trim().is_empty())
            .map(|text| Content::Text { text: text.into() }.block())
            .collect();
        let mut messages = turns(request)?;
        let mut tools: Vec<Tool<'a>> = request
            .tools
            .iter()
            .map(|tool| Tool {
                name: &tool.name,
                description: &tool.description,
                input_schema: &tool.input_schema,
                cache_control: None,
            })
            .collect();
        if request.cache.prefix {
            // Tools come before system text in the cached prefix, so one mark covers both.
            match (system.last_mut(), tools.last_mut()) {
                (Some(block), _) => block.cache_control = Some(CacheControl::Ephemeral),
                (None, Some(tool)) => tool.cache_control = Some(CacheControl::Ephemeral),
                (None, None) => {}
            }
        }
        if request.cache.thread
            && let Some(block) = messages.last_mut().and_then(|turn| turn.content.last_mut())
            && block.content.can_be_cached()
        {
            block.cache_control = Some(CacheControl::Ephemeral);
        }
        let tool_choice = (!tools.is_empty()).then_some(match &request.tool_choice {
            ToolChoice::Auto => Choice::Auto,
            ToolChoice::None => Choice::None,
            ToolChoice::Required => Choice::Any,
            ToolChoice::Named { name } => Choice::Tool { name },
        });
        let effort = request.reasoning.map(|effort| match effort {
            ReasoningEffort::Low => "low",
            ReasoningEffort::Medium => "medium",
            ReasoningEffort::High => "high",
        });
        let format =
            request.output_schema.as_ref().map(|out| Format::JsonSchema { schema: &out.schema });
        let has_output = effort.is_some() || format.is_some();
        Ok(Self {
            model: &request.model,
            // The wire wants a limit.
            max_tokens: Some(request.max_output_tokens.unwrap_or(USUAL_MAX_OUTPUT_TOKENS)),
            system,
            messages,
            tools,
            tool_choice,
            thinking: effort.map(|_| json!({"type": "adaptive"})),
            output_config: has_output.then_some(OutputConfig { effort, format }),
            // With thinking, the wire takes no temperature but its own.
            temperature: request.temperature.filter(|_| effort.is_none()),
            stop_sequences: &request.stop,
            metadata: request.metadata.user.as_deref().map(|user_id| Metadata { user_id }),
            stream,
        })
    }

    /// The same for counting, where limits are refused.
    pub(super) fn without_limits(self) -> Self {
        Self { max_tokens: None, temperature: None, stop_sequences: &[], metadata: None, ..self }
    }
}

/// Messages of one side that follow each other become one turn, results of tools first, as the wire
/// demands.
fn turns(request: &ModelRequest) -> Result<Vec<Turn<'_>>, WireFault> {
    let mut turns: Vec<Turn<'_>> = Vec::new();
    for message in request.thread() {
        let role = if message.role == Role::Assistant { "assistant" } else { "user" };
        let blocks = blocks(message)?;
        if blocks.is_empty() {
            continue;
        }
        match turns.last_mut().filter(|turn| turn.role == role) {
            Some(turn) => turn.content.extend(blocks),
            None => turns.push(Turn { role, content: blocks }),
        }
    }
    for turn in &mut turns {
        turn.content.sort_by_key(|block| {
            turn.role == "user" && !matches!(block.content, Content::ToolResult { .. })
        });
    }
    Ok(turns)
}

fn blocks(message: &Message) -> Result<Vec<Block<'_>>, WireFault> {
    let mut blocks = Vec::new();
    for part in &message.parts {
        let content = match part {
            // The wire refuses blank text.
            Part::Text { text } if text.trim().is_empty() => continue,
            Part::Text { text } => Content::Text { text: text.into() },
            Part::Image(_) if message.role == Role::Assistant => {
                return Err(WireFault::unsupported(
                    "an image said by the model cannot be sent back",
                ));
            }
            Part::Image(image) => Content::Image {
                source: match &image.source {
                    ImageSource::Bytes { media_type, data } => {
                        Source::Base64 { media_type, data: STANDARD.encode(data) }
                    }
                    ImageSource::Url { url } => Source::Url { url },
                },
            },
            Part::ToolCall(call) => {
                Content::ToolUse { id: wire_id(&call.id), name: &call.name, input: input_of(call) }
            }
            Part::ToolResult(result) => Content::ToolResult {
                tool_use_id: wire_id(&result.id),
                content: &result.content,
                is_error: result.is_error,
            },
            Part::Reasoning(reasoning) => {
                let own = |sealed: &'_ Option<String>| -> Option<usize> {
                    sealed.as_deref().and_then(|text| unseal(KIND, text)).map(str::len)
                };
                // A thought without this provider's seal is another's, and would be refused.
                if own(&reasoning.redacted).is_some() {
                    let sealed = reasoning.redacted.as_deref().unwrap_or_default();
                    Content::RedactedThinking { data: unseal(KIND, sealed).unwrap_or_default() }
                } else if own(&reasoning.signature).is_some() {
                    let sealed = reasoning.signature.as_deref().unwrap_or_default();
                    let signature = unseal(KIND, sealed).unwrap_or_default();
                    Content::Thinking { thinking: &reasoning.text, signature }
                } else {
                    continue;
                }
            }
        };
        blocks.push(content.block());
    }
    Ok(blocks)
}

/// The arguments as the object that the wire demands; malformed ones are shown as what they were.
fn input_of(call: &ToolCall) -> Cow<'_, Value> {
    match call.object() {
        Ok(_) => Cow::Borrowed(&call.arguments),
        Err(_) => Cow::Owned(json!({"malformed_arguments": call.arguments_text()})),
    }
}

/// Ids of other providers may hold signs that this wire refuses.
fn wire_id(id: &str) -> String {
    id.chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') { c } else { '_' })
        .collect()
}

impl<'a> Content<'a> {
    fn block(self) -> Block<'a> {
        Block { content: self, cache_control: None }
    }

    fn can_be_cached(&self) -> bool {
        !matches!(self, Self::Thinking { .. } | Self::RedactedThinking { .. })
    }
}
