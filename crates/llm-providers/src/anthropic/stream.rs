//! From the events of a streamed message to neutral ones.

use std::collections::HashMap;

use gathering_domain::TokenUsage;
use gathering_llm::{ModelErrorKind, ModelEvent, StopReason};
use serde::Deserialize;

use super::{ErrorBody, KIND, kind_of_error};
use crate::{exchange::Decoder, fault::WireFault, seal::seal, sse::SseEvent};

/// Reads a streamed message.
#[derive(Default)]
pub(super) struct Events {
    open: HashMap<u32, Open>,
    calls: u32,
    usage: WireUsage,
    stop: Option<StopReason>,
}

/// A block that has begun. Kinds that we did not ask for are passed over.
enum Open {
    Text,
    Call(u32),
    Thinking(String),
    Redacted(String),
    Other,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event {
    MessageStart {
        message: Start,
    },
    ContentBlockStart {
        index: u32,
        content_block: Block,
    },
    ContentBlockDelta {
        index: u32,
        delta: Delta,
    },
    ContentBlockStop {
        index: u32,
    },
    MessageDelta {
        delta: MessageDelta,
        usage: Option<WireUsage>,
    },
    MessageStop,
    Error {
        error: ErrorBody,
    },
    // Pings, and events that come with later versions.
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Start {
    usage: Option<WireUsage>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block {
    Text {
        #[serde(default)]
        text: String,
    },
    ToolUse {
        id: String,
        name: String,
    },
    Thinking {
        #[serde(default)]
        thinking: String,
        #[serde(default)]
        signature: String,
    },
    RedactedThinking {
        data: String,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(clippy::enum_variant_names, reason = "named as on the wire")]
enum Delta {
    TextDelta {
        text: String,
    },
    InputJsonDelta {
        partial_json: String,
    },
    ThinkingDelta {
        thinking: String,
    },
    SignatureDelta {
        signature: String,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct MessageDelta {
    stop_reason: Option<String>,
}

/// Counts as the wire has them: the input is what came from no cache.
#[derive(Default, Deserialize)]
#[expect(clippy::struct_field_names, reason = "named as on the wire")]
struct WireUsage {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
}

impl Decoder for Events {
    fn event(&mut self, event: &SseEvent, out: &mut Vec<ModelEvent>) -> Result<(), WireFault> {
        let event: Event = serde_json::from_str(&event.data)
            .map_err(|error| WireFault::malformed("an event of the stream", &error))?;
        match event {
            Event::MessageStart { message } => self.count(message.usage, out),
            Event::ContentBlockStart { index, content_block } => {
                self.begin(index, content_block, out);
            }
            Event::ContentBlockDelta { index, delta } => self.extend(index, delta, out)?,
            Event::ContentBlockStop { index } => self.close(index, out),
            Event::MessageDelta { delta, usage } => {
                self.count(usage, out);
                self.stop = delta.stop_reason.as_deref().map(stop_reason).or(self.stop);
            }
            Event::MessageStop => {
                let stop_reason = self.stop.unwrap_or(StopReason::Other);
                out.push(ModelEvent::Done { stop_reason });
            }
            Event::Error { error } => {
                let kind = kind_of_error(&error.r#type, &error.message);
                let kind = kind.unwrap_or(ModelErrorKind::ServerError);
                let message = format!("the stream reported {}: {}", error.r#type, error.message);
                return Err(WireFault::new(kind, message));
            }
            Event::Other => {}
        }
        Ok(())
    }
}

impl Events {
    fn begin(&mut self, index: u32, block: Block, out: &mut Vec<ModelEvent>) {
        let open = match block {
            Block::Text { text } => {
                if !text.is_empty() {
                    out.push(ModelEvent::TextDelta { text });
                }
                Open::Text
            }
            Block::ToolUse { id, name } => {
                let call = self.calls;
                self.calls += 1;
                out.push(ModelEvent::ToolCallBegin { index: call, id, name });
                Open::Call(call)
            }
            Block::Thinking { thinking, signature } => {
                if !thinking.is_empty() {
                    out.push(ModelEvent::ReasoningDelta { text: thinking });
                }
                Open::Thinking(signature)
            }
            Block::RedactedThinking { data } => Open::Redacted(data),
            Block::Other => Open::Other,
        };
        self.open.insert(index, open);
    }

    fn extend(
        &mut self,
        index: u32,
        delta: Delta,
        out: &mut Vec<ModelEvent>,
    ) -> Result<(), WireFault> {
        match (self.open.get_mut(&index), delta) {
            (Some(Open::Text), Delta::TextDelta { text }) => {
                out.push(ModelEvent::TextDelta { text });
            }
            (Some(Open::Call(call)), Delta::InputJsonDelta { partial_json }) => {
                out.push(ModelEvent::ToolCallDelta { index: *call, text: partial_json });
            }
            (Some(Open::Thinking(_)), Delta::ThinkingDelta { thinking }) => {
                out.push(ModelEvent::ReasoningDelta { text: thinking });
            }
            (Some(Open::Thinking(seal)), Delta::SignatureDelta { signature }) => {
                seal.push_str(&signature);
            }
            (Some(_), Delta::Other) | (Some(Open::Other), _) => {}
            (Some(_), _) => {
                let message = format!("block {index} got a piece of another kind");
                return Err(WireFault::new(ModelErrorKind::Malformed, message));
            }
            (None, _) => {
                let message = format!("a piece of block {index}, which has not begun");
                return Err(WireFault::new(ModelErrorKind::Malformed, message));
            }
        }
        Ok(())
    }

    fn close(&mut self, index: u32, out: &mut Vec<ModelEvent>) {
        match self.open.remove(&index) {
            Some(Open::Call(call)) => {
                out.push(ModelEvent::ToolCallEnd { index: call, signature: None });
            }
            Some(Open::Thinking(signature)) => {
                let signature = (!signature.is_empty()).then(|| seal(KIND, &signature));
                out.push(ModelEvent::ReasoningEnd { signature, redacted: None });
            }
            Some(Open::Redacted(data)) => {
                let redacted = Some(seal(KIND, &data));
                out.push(ModelEvent::ReasoningEnd { signature: None, redacted });
            }
            Some(Open::Text | Open::Other) | None => {}
        }
    }

    /// Takes new counts over the old ones; a later event may leave some out.
    fn count(&mut self, usage: Option<WireUsage>, out: &mut Vec<ModelEvent>) {
        let Some(new) = usage else { return };
        let known = &mut self.usage;
        known.input_tokens = new.input_tokens.or(known.input_tokens);
        known.output_tokens = new.output_tokens.or(known.output_tokens);
        known.cache_read_input_tokens =
            new.cache_read_input_tokens.or(known.cache_read_input_tokens);
        known.cache_creation_input_tokens =
            new.cache_creation_input_tokens.or(known.cache_creation_input_tokens);
        let cache_read = known.cache_read_input_tokens.unwrap_or(0);
        let cache_write = known.cache_creation_input_tokens.unwrap_or(0);
        let usage = TokenUsage {
            input: known
                .input_tokens
                .unwrap_or(0)
                .saturating_add(cache_read)
                .saturating_add(cache_write),
            output: known.output_tokens.unwrap_or(0),
            cache_read,
            cache_write,
            // The wire counts thought within the output and does not tell it apart.
            reasoning: 0,
        };
        out.push(ModelEvent::Usage { usage });
    }
}

fn stop_reason(word: &str) -> StopReason {
    match word {
        "end_turn" => StopReason::EndTurn,
        "tool_use" => StopReason::ToolCalls,
        "max_tokens" | "model_context_window_exceeded" => StopReason::MaxTokens,
        "stop_sequence" => StopReason::StopText,
        "refusal" => StopReason::Refused,
        _ => StopReason::Other,
    }
}
