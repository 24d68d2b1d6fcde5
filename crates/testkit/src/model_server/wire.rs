//! The providers' wires, from the server's side: one turn said in each of them.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Answer;

/// A provider's wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// Anthropic's messages.
    Anthropic,
    /// OpenAI's chat completions.
    OpenAi,
    /// Google's Gemini.
    Google,
}

/// What a model says in one turn.
#[derive(Debug, Clone, Default)]
pub struct Turn {
    /// Its text.
    pub text: String,
    /// Its calls.
    pub calls: Vec<SaidCall>,
}

/// One call of a tool.
#[derive(Debug, Clone)]
pub struct SaidCall {
    /// The call's id.
    pub id: String,
    /// The tool.
    pub tool: String,
    /// The arguments as text, which need not be JSON.
    pub arguments: String,
}

impl Turn {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), calls: Vec::new() }
    }

    /// One call.
    pub fn call(
        id: impl Into<String>,
        tool: impl Into<String>,
        arguments: impl Into<String>,
    ) -> Self {
        let call = SaidCall { id: id.into(), tool: tool.into(), arguments: arguments.into() };
        Self { text: String::new(), calls: vec![call] }
    }
}

impl Wire {
    /// All wires.
    pub const ALL: [Self; 3] = [Self::Anthropic, Self::OpenAi, Self::Google];

    /// What stands between host and endpoint in a provider's base URL.
    pub const fn base_path(self) -> &'static str {
        match self {
            Self::Anthropic => "",
            Self::OpenAi => "/v1",
            Self::Google => "/v1beta",
        }
    }

    /// Says a turn as a stream.
    pub fn say(self, turn: &Turn) -> Answer {
        Answer::stream(&match self {
            Self::Anthropic => anthropic(turn),
            Self::OpenAi => openai(turn),
            Self::Google => google(turn),
        })
    }

    /// Says that something is wrong, in the wire's form.
    pub fn fail(self, status: u16, code: &str, message: &str) -> Answer {
        let body = match self {
            Self::Anthropic => {
                json!({"type": "error", "error": {"type": code, "message": message}})
            }
            Self::OpenAi => {
                json!({"error": {"message": message, "type": code, "param": null, "code": code}})
            }
            Self::Google => {
                json!({"error": {"code": status, "message": message, "status": code}})
            }
        };
        Answer::json(status, body.to_string())
    }
}

fn event(out: &mut String, name: Option<&str>, data: &Value) {
    if let Some(name) = name {
        let _ = writeln!(out, "event: {name}");
    }
    let _ = write!(out, "data: {data}\n\n");
}

fn anthropic(turn: &Turn) -> String {
    let mut out = String::new();
    let mut say = |name: &str, mut data: Value| {
        data["type"] = name.into();
        event(&mut out, Some(name), &data);
    };
    say("message_start", json!({"message": {"usage": {"input_tokens": 10, "output_tokens": 1}}}));
    let mut index = 0;
    if !turn.text.is_empty() {
        say(
            "content_block_start",
            json!({"index": index, "content_block": {"type": "text", "text": ""}}),
        );
        let delta = json!({"type": "text_delta", "text": turn.text});
        say("content_block_delta", json!({"index": index, "delta": delta}));
        say("content_block_stop", json!({"index": index}));
        index += 1;
    }
    for call in &turn.calls {
        let block = json!({"type": "tool_use", "id": call.id, "name": call.tool, "input": {}});
        say("content_block_start", json!({"index": index, "content_block": block}));
        let delta = json!({"type": "input_json_delta", "partial_json": call.arguments});
        say("content_block_delta", json!({"index": index, "delta": delta}));
        say("content_block_stop", json!({"index": index}));
        index += 1;
    }
    let reason = if turn.calls.is_empty() { "end_turn" } else { "tool_use" };
    say("message_delta", json!({"delta": {"stop_reason": reason}, "usage": {"output_tokens": 5}}));
    say("message_stop", json!({}));
    out
}

fn openai(turn: &Turn) -> String {
    let mut out = String::new();
    let mut say = |delta: Value, reason: Option<&str>| {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": reason});
        event(&mut out, None, &json!({"object": "chat.completion.chunk", "choices": [choice]}));
    };
    say(json!({"role": "assistant", "content": ""}), None);
    if !turn.text.is_empty() {
        say(json!({"content": turn.text}), None);
    }
    for (index, call) in turn.calls.iter().enumerate() {
        let function = json!({"name": call.tool, "arguments": ""});
        let begin =
            json!({"index": index, "id": call.id, "type": "function", "function": function});
        say(json!({"tool_calls": [begin]}), None);
        let more = json!({"index": index, "function": {"arguments": call.arguments}});
        say(json!({"tool_calls": [more]}), None);
    }
    say(json!({}), Some(if turn.calls.is_empty() { "stop" } else { "tool_calls" }));
    let usage = json!({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15});
    event(
        &mut out,
        None,
        &json!({"object": "chat.completion.chunk", "choices": [], "usage": usage}),
    );
    out.push_str("data: [DONE]\n\n");
    out
}

fn google(turn: &Turn) -> String {
    let mut parts = Vec::new();
    if !turn.text.is_empty() {
        parts.push(json!({"text": turn.text}));
    }
    for call in &turn.calls {
        // The wire has no arguments as text; what is not JSON goes as a string.
        let arguments: Value =
            serde_json::from_str(&call.arguments).unwrap_or_else(|_| call.arguments.clone().into());
        parts.push(json!({"functionCall": {"id": call.id, "name": call.tool, "args": arguments}}));
    }
    let content = json!({"role": "model", "parts": parts});
    let usage = json!({"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15});
    let candidate = json!({"content": content, "finishReason": "STOP", "index": 0});
    let mut out = String::new();
    event(&mut out, None, &json!({"candidates": [candidate], "usageMetadata": usage}));
    out
}
