//! From the chunks of a chat completion to neutral events.

use gathering_domain::TokenUsage;
use gathering_llm::{ModelErrorKind, ModelEvent, ModelRequest, Role, StopReason};
use serde::Deserialize;
use serde_json::Value;

use super::kind_of_error;
use crate::{exchange::Decoder, fault::WireFault, sse::SseEvent};

/// Reads a streamed completion.
pub(super) struct Chunks {
    /// How many answers the conversation held before: makes ids for servers that give none.
    turn: usize,
    calls: Vec<Call>,
    thinking: bool,
    refused: bool,
    usage: Option<TokenUsage>,
    stop: Option<StopReason>,
}

/// A call that has begun.
struct Call {
    /// The wire's index; servers that number nothing say 0 each time.
    index: u32,
    id: String,
    open: bool,
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<WireUsage>,
    /// Groq puts usage here as well.
    x_groq: Option<Groq>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Groq {
    usage: Option<WireUsage>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Delta,
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
struct Delta {
    content: Option<Content>,
    refusal: Option<String>,
    /// What DeepSeek, vLLM and others call thought.
    reasoning_content: Option<String>,
    /// What OpenRouter, Groq and newer vLLM call it.
    reasoning: Option<String>,
    tool_calls: Option<Vec<CallDelta>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    /// Mistral's thinking models.
    Pieces(Vec<Piece>),
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Piece {
    Text {
        text: String,
    },
    Thinking {
        thinking: Vec<Piece>,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct CallDelta {
    index: Option<u32>,
    id: Option<String>,
    function: Option<FunctionDelta>,
}

#[derive(Deserialize)]
struct FunctionDelta {
    name: Option<String>,
    /// Text; some servers give the object itself.
    arguments: Option<Value>,
}

#[derive(Deserialize)]
struct WireUsage {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
    prompt_tokens_details: Option<PromptDetails>,
    completion_tokens_details: Option<CompletionDetails>,
    /// DeepSeek's word for the same.
    prompt_cache_hit_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct PromptDetails {
    cached_tokens: Option<u64>,
    cache_write_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct CompletionDetails {
    reasoning_tokens: Option<u64>,
}

impl Chunks {
    pub(super) fn new(request: &ModelRequest) -> Self {
        let turn = request.messages.iter().filter(|m| m.role == Role::Assistant).count();
        let calls = Vec::new();
        Self { turn, calls, thinking: false, refused: false, usage: None, stop: None }
    }

    fn delta(&mut self, delta: Delta, out: &mut Vec<ModelEvent>) -> Result<(), WireFault> {
        if let Some(text) = delta.reasoning_content.or(delta.reasoning) {
            self.think(text, out);
        }
        match delta.content {
            Some(Content::Text(text)) => self.say(text, out),
            Some(Content::Pieces(pieces)) => self.pieces(pieces, false, out),
            None => {}
        }
        if let Some(refusal) = delta.refusal.filter(|text| !text.is_empty()) {
            self.refused = true;
            self.say(refusal, out);
        }
        for call in delta.tool_calls.into_iter().flatten() {
            self.end_thought(out);
            self.call(call, out)?;
        }
        Ok(())
    }

    fn pieces(&mut self, pieces: Vec<Piece>, thought: bool, out: &mut Vec<ModelEvent>) {
        for piece in pieces {
            match piece {
                Piece::Text { text } if thought => self.think(text, out),
                Piece::Text { text } => self.say(text, out),
                // Thoughts do not nest, which bounds the recursion.
                Piece::Thinking { thinking } if !thought => self.pieces(thinking, true, out),
                Piece::Thinking { .. } | Piece::Other => {}
            }
        }
    }

    fn think(&mut self, text: String, out: &mut Vec<ModelEvent>) {
        if !text.is_empty() {
            self.thinking = true;
            out.push(ModelEvent::ReasoningDelta { text });
        }
    }

    fn say(&mut self, text: String, out: &mut Vec<ModelEvent>) {
        if !text.is_empty() {
            self.end_thought(out);
            out.push(ModelEvent::TextDelta { text });
        }
    }

    fn end_thought(&mut self, out: &mut Vec<ModelEvent>) {
        if std::mem::take(&mut self.thinking) {
            out.push(ModelEvent::ReasoningEnd { signature: None, redacted: None });
        }
    }

    fn call(&mut self, delta: CallDelta, out: &mut Vec<ModelEvent>) -> Result<(), WireFault> {
        let id = delta.id.filter(|id| !id.is_empty());
        let function = delta.function.unwrap_or(FunctionDelta { name: None, arguments: None });
        let name = function.name.filter(|name| !name.is_empty());
        // A call goes on if its index is known and no other id is given. Without an index, a name
        // begins a call and anything else belongs to the last one.
        let known = match delta.index {
            Some(index) => self.calls.iter().rposition(|call| call.index == index),
            None if name.is_some() => None,
            None => self.calls.len().checked_sub(1),
        };
        let known = known.filter(|at| id.as_ref().is_none_or(|id| *id == self.calls[*at].id));
        let at = match (known, name) {
            (Some(at), _) => at,
            (None, Some(name)) => {
                let at = self.calls.len();
                let id = id.unwrap_or_else(|| format!("call_{}_{at}", self.turn));
                let index = delta.index.unwrap_or_else(|| number(at));
                self.calls.push(Call { index, id: id.clone(), open: true });
                out.push(ModelEvent::ToolCallBegin { index: number(at), id, name });
                at
            }
            (None, None) => {
                let message = "a tool call begins without a name";
                return Err(WireFault::new(ModelErrorKind::Malformed, message));
            }
        };
        let text = match function.arguments {
            None | Some(Value::Null) => return Ok(()),
            Some(Value::String(text)) => text,
            Some(value) => value.to_string(),
        };
        if !text.is_empty() {
            out.push(ModelEvent::ToolCallDelta { index: number(at), text });
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<ModelEvent>) {
        let Some(stop) = self.stop else { return };
        self.end_thought(out);
        let called = !self.calls.is_empty();
        for (at, call) in self.calls.iter_mut().enumerate() {
            if std::mem::take(&mut call.open) {
                out.push(ModelEvent::ToolCallEnd { index: number(at), signature: None });
            }
        }
        if let Some(usage) = self.usage.take() {
            out.push(ModelEvent::Usage { usage });
        }
        let stop_reason = match stop {
            _ if self.refused => StopReason::Refused,
            StopReason::EndTurn | StopReason::Other if called => StopReason::ToolCalls,
            stop => stop,
        };
        out.push(ModelEvent::Done { stop_reason });
    }
}

impl Decoder for Chunks {
    fn event(&mut self, event: &SseEvent, out: &mut Vec<ModelEvent>) -> Result<(), WireFault> {
        if event.data.trim() == "[DONE]" {
            self.finish(out);
            return Ok(());
        }
        let chunk: Chunk = serde_json::from_str(&event.data)
            .map_err(|error| WireFault::malformed("a chunk of the stream", &error))?;
        if let Some(error) = chunk.error {
            let kind = kind_of_error(0, &error, &event.data);
            let words = error.get("message").and_then(Value::as_str);
            let words = words.or(error.as_str()).unwrap_or("an error without a message");
            return Err(WireFault::new(kind, format!("the stream reported: {words}")));
        }
        if let Some(usage) = chunk.usage.or(chunk.x_groq.and_then(|groq| groq.usage)) {
            self.usage = Some(usage.into());
        }
        // We ask for one choice.
        if let Some(choice) = chunk.choices.into_iter().next() {
            self.delta(choice.delta, out)?;
            if let Some(reason) = choice.finish_reason.filter(|reason| !reason.is_empty()) {
                self.stop = Some(stop_reason(&reason));
            }
        }
        Ok(())
    }

    /// Some servers close without `[DONE]`; an answer that has its reason to stop is whole.
    fn end(&mut self, out: &mut Vec<ModelEvent>) -> Result<(), WireFault> {
        self.finish(out);
        Ok(())
    }
}

fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn stop_reason(word: &str) -> StopReason {
    match word {
        "stop" | "eos" => StopReason::EndTurn,
        "tool_calls" | "function_call" => StopReason::ToolCalls,
        "length" | "model_length" => StopReason::MaxTokens,
        "content_filter" => StopReason::Refused,
        _ => StopReason::Other,
    }
}

impl From<WireUsage> for TokenUsage {
    fn from(wire: WireUsage) -> Self {
        let prompt = wire.prompt_tokens_details;
        let cached = prompt.as_ref().and_then(|details| details.cached_tokens);
        Self {
            input: wire.prompt_tokens,
            output: wire.completion_tokens,
            cache_read: cached.or(wire.prompt_cache_hit_tokens).unwrap_or(0),
            cache_write: prompt.and_then(|details| details.cache_write_tokens).unwrap_or(0),
            reasoning: wire
                .completion_tokens_details
                .and_then(|details| details.reasoning_tokens)
                .unwrap_or(0),
        }
    }
}
