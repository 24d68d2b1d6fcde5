//! From a neutral request to the body of a chat completion.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gathering_llm::{
    Image, ImageSource, Message, ModelRequest, OutputSchema, Part, ReasoningEffort, Role,
    ToolChoice, ToolResult,
};
use serde::Serialize;
use serde_json::Value;

use super::dialect::{Dialect, Effort, LimitField, Structure};
use crate::fault::WireFault;

/// The whole body. Its fields keep this order on the wire.
#[derive(Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    messages: Vec<Said<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Choice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<Format<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Nested>,
    #[serde(skip_serializing_if = "Option::is_none")]
    safety_identifier: Option<&'a str>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
}

#[derive(Serialize)]
#[serde(tag = "role", rename_all = "snake_case")]
enum Said<'a> {
    System {
        content: String,
    },
    User {
        content: Content<'a>,
    },
    Assistant {
        content: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reasoning_content: Option<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<Call<'a>>,
    },
    Tool {
        tool_call_id: Cow<'a, str>,
        content: Cow<'a, str>,
    },
}

#[derive(Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(&'a str),
    Pieces(Vec<Piece<'a>>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Piece<'a> {
    Text { text: &'a str },
    ImageUrl { image_url: Url<'a> },
}

#[derive(Serialize)]
struct Url<'a> {
    url: Cow<'a, str>,
}

#[derive(Serialize)]
struct Call<'a> {
    id: Cow<'a, str>,
    r#type: &'static str,
    function: Function<'a>,
}

#[derive(Serialize)]
struct Function<'a> {
    name: &'a str,
    arguments: String,
}

#[derive(Serialize)]
struct Tool<'a> {
    r#type: &'static str,
    function: Declaration<'a>,
}

#[derive(Serialize)]
struct Declaration<'a> {
    name: &'a str,
    description: &'a str,
    parameters: &'a Value,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Choice<'a> {
    Word(&'static str),
    Named { r#type: &'static str, function: Name<'a> },
}

#[derive(Serialize)]
struct Name<'a> {
    name: &'a str,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Format<'a> {
    JsonSchema { json_schema: Shape<'a> },
    JsonObject,
}

#[derive(Serialize)]
struct Shape<'a> {
    name: &'a str,
    schema: &'a Value,
    strict: bool,
}

#[derive(Serialize)]
struct Nested {
    effort: &'static str,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

impl<'a> Body<'a> {
    pub(super) fn of(request: &'a ModelRequest, dialect: Dialect) -> Result<Self, WireFault> {
        let mut messages = Vec::new();
        if let Some(content) = system_text(request, dialect) {
            messages.push(Said::System { content });
        }
        for message in request.thread() {
            say(message, dialect, &mut messages)?;
        }
        let tools: Vec<Tool<'a>> = request
            .tools
            .iter()
            .map(|tool| Tool {
                r#type: "function",
                function: Declaration {
                    name: &tool.name,
                    description: &tool.description,
                    parameters: &tool.input_schema,
                },
            })
            .collect();
        let tool_choice = (!tools.is_empty()).then_some(match &request.tool_choice {
            ToolChoice::Auto => Choice::Word("auto"),
            ToolChoice::None => Choice::Word("none"),
            ToolChoice::Required => Choice::Word("required"),
            ToolChoice::Named { name } => {
                Choice::Named { r#type: "function", function: Name { name } }
            }
        });
        let limit = request.max_output_tokens;
        let (max_tokens, max_completion_tokens) = match dialect.limit_field {
            LimitField::MaxTokens => (limit, None),
            LimitField::MaxCompletionTokens => (None, limit),
        };
        let effort = request.reasoning.map(|effort| match effort {
            ReasoningEffort::Low => "low",
            ReasoningEffort::Medium => "medium",
            ReasoningEffort::High => "high",
        });
        Ok(Self {
            model: &request.model,
            messages,
            tools,
            tool_choice,
            response_format: request.output_schema.as_ref().map(|out| format(out, dialect)),
            max_tokens,
            max_completion_tokens,
            temperature: request.temperature,
            stop: &request.stop,
            reasoning_effort: effort.filter(|_| dialect.effort == Effort::Field),
            reasoning: effort
                .filter(|_| dialect.effort == Effort::Nested)
                .map(|effort| Nested { effort }),
            safety_identifier: request.metadata.user.as_deref().filter(|_| dialect.names_user),
            stream: true,
            stream_options: dialect.asks_usage.then_some(StreamOptions { include_usage: true }),
        })
    }
}

fn format(out: &OutputSchema, dialect: Dialect) -> Format<'_> {
    match dialect.structure {
        Structure::Schema => Format::JsonSchema {
            json_schema: Shape { name: &out.name, schema: &out.schema, strict: out.strict },
        },
        Structure::Object => Format::JsonObject,
    }
}

/// All system text in one message, since many chat templates take only one, at the beginning.
fn system_text(request: &ModelRequest, dialect: Dialect) -> Option<String> {
    let mut text = request.system_text();
    if let Some(out) = &request.output_schema
        && dialect.structure == Structure::Object
    {
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        text.push_str(
            "Answer with one JSON object, and nothing else, that fits this JSON Schema: ",
        );
        text.push_str(&out.schema.to_string());
    }
    (!text.trim().is_empty()).then_some(text)
}

fn say<'a>(
    message: &'a Message,
    dialect: Dialect,
    said: &mut Vec<Said<'a>>,
) -> Result<(), WireFault> {
    if message.role == Role::Assistant {
        said.push(assistant(message, dialect)?);
        return Ok(());
    }
    // Results of tools are messages of their own here, and come before what a person adds.
    let mut pieces = Vec::new();
    for part in &message.parts {
        match part {
            Part::ToolResult(result) => said.push(result_of(result, dialect)),
            Part::Text { text } => pieces.push(Piece::Text { text }),
            Part::Image(image) => {
                pieces.push(Piece::ImageUrl { image_url: Url { url: image_url(image) } });
            }
            Part::ToolCall(_) | Part::Reasoning(_) => {
                return Err(WireFault::unsupported("only the model calls tools and thinks"));
            }
        }
    }
    match pieces.as_slice() {
        [] => {}
        [Piece::Text { text }] => said.push(Said::User { content: Content::Text(text) }),
        _ => said.push(Said::User { content: Content::Pieces(pieces) }),
    }
    Ok(())
}

fn assistant(message: &Message, dialect: Dialect) -> Result<Said<'_>, WireFault> {
    let (mut text, mut thought) = (String::new(), String::new());
    let mut tool_calls = Vec::new();
    for part in &message.parts {
        match part {
            Part::Text { text: more } => text.push_str(more),
            Part::ToolCall(call) => tool_calls.push(Call {
                id: wire_id(&call.id, dialect),
                r#type: "function",
                function: Function { name: &call.name, arguments: call.arguments_text() },
            }),
            Part::Reasoning(reasoning) => thought.push_str(&reasoning.text),
            Part::Image(_) | Part::ToolResult(_) => {
                return Err(WireFault::unsupported(
                    "an image or a tool's result said by the model cannot be sent back",
                ));
            }
        }
    }
    let returned = dialect.returns_thoughts && !tool_calls.is_empty() && !thought.is_empty();
    let reasoning_content = returned.then_some(thought);
    let content = (!text.is_empty() || tool_calls.is_empty()).then_some(text);
    Ok(Said::Assistant { content, reasoning_content, tool_calls })
}

/// The wire has no word for a failed call, so the text says it.
fn result_of(result: &ToolResult, dialect: Dialect) -> Said<'_> {
    let content = if result.is_error {
        Cow::Owned(format!("error: {}", result.content))
    } else {
        Cow::Borrowed(result.content.as_str())
    };
    Said::Tool { tool_call_id: wire_id(&result.id, dialect), content }
}

fn image_url(image: &Image) -> Cow<'_, str> {
    match &image.source {
        ImageSource::Url { url } => Cow::Borrowed(url),
        ImageSource::Bytes { media_type, data } => {
            Cow::Owned(format!("data:{media_type};base64,{}", STANDARD.encode(data)))
        }
    }
}

const SHORT: usize = 9;

/// The id as the server takes it: where only nine letters and digits are, others become a digest.
fn wire_id(id: &str, dialect: Dialect) -> Cow<'_, str> {
    let fits = id.len() == SHORT && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !dialect.short_ids || fits {
        return Cow::Borrowed(id);
    }
    // FNV-1a: the same id gives the same digest, in the call and in its result.
    let digest = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let digits = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut rest = digest;
    let short = (0..SHORT).map(|_| {
        let digit = usize::try_from(rest % 36).unwrap_or(0);
        rest /= 36;
        char::from(digits[digit])
    });
    Cow::Owned(short.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_ids_are_stable_and_differ() {
        let mistral = Dialect::mistral();
        let a = wire_id("call_abc", mistral);
        assert_eq!(a, wire_id("call_abc", mistral));
        assert_ne!(a, wire_id("call_abd", mistral));
        assert!(a.len() == SHORT && a.bytes().all(|b| b.is_ascii_alphanumeric()), "{a}");
        assert_eq!(wire_id("AbC123xyz", mistral), "AbC123xyz");
        assert_eq!(wire_id("call_abc", Dialect::openai()), "call_abc");
    }
}
