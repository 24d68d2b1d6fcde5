//! From the chunks of a generation to neutral events.

use gathering_domain::TokenUsage;
use gathering_llm::{ModelErrorKind, ModelEvent, ModelRequest, Role, StopReason};
use serde::Deserialize;
use serde_json::Value;

use super::{ErrorBody, KIND, kind_of_error};
use crate::{exchange::Decoder, fault::WireFault, seal::seal, sse::SseEvent};

/// Reads a streamed generation.
pub(super) struct Chunks {
    /// How many answers the conversation held before: makes ids, since most models give none.
    turn: usize,
    calls: u32,
    thinking: bool,
    usage: Option<TokenUsage>,
    stop: Option<StopReason>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chunk {
    #[serde(default)]
    candidates: Vec<Candidate>,
    prompt_feedback: Option<Feedback>,
    usage_metadata: Option<WireUsage>,
    error: Option<ErrorBody>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate {
    content: Option<Content>,
    finish_reason: Option<String>,
    finish_message: Option<String>,
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    parts: Vec<WirePart>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WirePart {
    text: Option<String>,
    #[serde(default)]
    thought: bool,
    thought_signature: Option<String>,
    function_call: Option<FunctionCall>,
}

#[derive(Deserialize)]
struct FunctionCall {
    id: Option<String>,
    name: String,
    #[serde(default)]
    args: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feedback {
    block_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "named as on the wire")]
struct WireUsage {
    #[serde(default)]
    prompt_token_count: u64,
    #[serde(default)]
    tool_use_prompt_token_count: u64,
    #[serde(default)]
    candidates_token_count: u64,
    #[serde(default)]
    thoughts_token_count: u64,
    #[serde(default)]
    cached_content_token_count: u64,
}

impl Chunks {
    pub(super) fn new(request: &ModelRequest) -> Self {
        let turn = request.messages.iter().filter(|m| m.role == Role::Assistant).count();
        Self { turn, calls: 0, thinking: false, usage: None, stop: None }
    }

    fn part(&mut self, part: WirePart, out: &mut Vec<ModelEvent>) {
        let signature = part.thought_signature.map(|signature| seal(KIND, &signature));
        if let Some(call) = part.function_call {
            self.end_thought(None, out);
            let index = self.calls;
            self.calls += 1;
            let id = call.id.filter(|id| !id.is_empty());
            let id = id.unwrap_or_else(|| format!("call_{}_{index}", self.turn));
            let text = if call.args.is_null() { String::new() } else { call.args.to_string() };
            out.push(ModelEvent::ToolCallBegin { index, id, name: call.name });
            out.push(ModelEvent::ToolCallDelta { index, text });
            out.push(ModelEvent::ToolCallEnd { index, signature });
            return;
        }
        let text = part.text.unwrap_or_default();
        if part.thought {
            if !text.is_empty() {
                self.thinking = true;
                out.push(ModelEvent::ReasoningDelta { text });
            }
            if signature.is_some() {
                self.thinking = true;
                self.end_thought(signature, out);
            }
            return;
        }
        if !text.is_empty() {
            self.end_thought(None, out);
            out.push(ModelEvent::TextDelta { text });
        }
        if signature.is_some() {
            // A seal over text stands behind it, as a thought without words.
            self.end_thought(None, out);
            out.push(ModelEvent::ReasoningEnd { signature, redacted: None });
        }
    }

    fn end_thought(&mut self, signature: Option<String>, out: &mut Vec<ModelEvent>) {
        if std::mem::take(&mut self.thinking) {
            out.push(ModelEvent::ReasoningEnd { signature, redacted: None });
        }
    }
}

impl Decoder for Chunks {
    fn event(&mut self, event: &SseEvent, out: &mut Vec<ModelEvent>) -> Result<(), WireFault> {
        let chunk: Chunk = serde_json::from_str(&event.data)
            .map_err(|error| WireFault::malformed("a chunk of the stream", &error))?;
        if let Some(error) = chunk.error {
            let message = format!("the stream reported {}: {}", error.status, error.message);
            return Err(WireFault::new(kind_of_error(0, &error), message));
        }
        if let Some(usage) = chunk.usage_metadata {
            self.usage = Some(usage.into());
        }
        if chunk.prompt_feedback.and_then(|feedback| feedback.block_reason).is_some() {
            self.stop = Some(StopReason::Refused);
        }
        // We ask for one candidate.
        if let Some(candidate) = chunk.candidates.into_iter().next() {
            for part in candidate.content.into_iter().flat_map(|content| content.parts) {
                self.part(part, out);
            }
            if let Some(reason) = candidate.finish_reason {
                self.stop = Some(stop_reason(&reason, candidate.finish_message)?);
            }
        }
        Ok(())
    }

    /// The wire has no last word: an answer that has its reason to stop is whole when it ends.
    fn end(&mut self, out: &mut Vec<ModelEvent>) -> Result<(), WireFault> {
        let Some(stop) = self.stop else { return Ok(()) };
        self.end_thought(None, out);
        if let Some(usage) = self.usage {
            out.push(ModelEvent::Usage { usage });
        }
        let called = self.calls > 0 && stop == StopReason::EndTurn;
        let stop_reason = if called { StopReason::ToolCalls } else { stop };
        out.push(ModelEvent::Done { stop_reason });
        Ok(())
    }
}

fn stop_reason(word: &str, message: Option<String>) -> Result<StopReason, WireFault> {
    Ok(match word {
        "STOP" => StopReason::EndTurn,
        "MAX_TOKENS" => StopReason::MaxTokens,
        "SAFETY" | "RECITATION" | "LANGUAGE" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII"
        | "IMAGE_SAFETY" => StopReason::Refused,
        // The provider could not read its own model's call, and keeps it to itself.
        "MALFORMED_FUNCTION_CALL" | "UNEXPECTED_TOOL_CALL" => {
            let message = message.unwrap_or_else(|| "no details".to_owned());
            let message = format!("the model made a call that the provider refused: {message}");
            return Err(WireFault::new(ModelErrorKind::Malformed, message));
        }
        _ => StopReason::Other,
    })
}

impl From<WireUsage> for TokenUsage {
    fn from(wire: WireUsage) -> Self {
        Self {
            input: wire.prompt_token_count.saturating_add(wire.tool_use_prompt_token_count),
            output: wire.candidates_token_count.saturating_add(wire.thoughts_token_count),
            cache_read: wire.cached_content_token_count,
            cache_write: 0,
            reasoning: wire.thoughts_token_count,
        }
    }
}
