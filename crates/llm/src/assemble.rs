//! Folds a stream of pieces into one answer, and refuses what is not a whole one.

use std::collections::HashSet;

use futures::StreamExt as _;
use gathering_domain::TokenUsage;

use crate::{
    Charge, ModelError, ModelErrorKind, ModelEvent, ModelProvider, ModelReply, ModelRequest, Part,
    Reasoning, StopReason, ToolCall,
};

/// The most bytes of text, thought and arguments that one answer may have.
const REPLY_BYTES_LIMIT: usize = 8 * 1024 * 1024;
/// The most tool calls in one answer.
const TOOL_CALLS_LIMIT: usize = 128;
/// The most pieces in one answer, once deltas are joined.
const PARTS_LIMIT: usize = 4_096;

/// Asks `provider` and waits for the whole answer.
pub async fn complete(
    provider: &dyn ModelProvider,
    request: ModelRequest,
) -> Result<ModelReply, ModelError> {
    complete_watched(provider, request, &mut |_| {}).await
}

/// Asks `provider`, shows each piece to `watch`, and gives the whole answer. Whatever fails once the
/// answer has begun may be charged for.
pub async fn complete_watched(
    provider: &dyn ModelProvider,
    request: ModelRequest,
    watch: &mut (dyn FnMut(&ModelEvent) + Send),
) -> Result<ModelReply, ModelError> {
    let mut assembler = Assembler::new(provider.name(), &request.model, provider.scripted());
    let mut stream = provider.stream(request).await?;
    while let Some(event) = stream.next().await {
        // Whatever is said of a cut answer's tokens was not the last word.
        let event = event.map_err(|error| error.charged(Charge::Unknown))?;
        watch(&event);
        assembler.push(event).map_err(|error| error.charged(Charge::Unknown))?;
    }
    assembler.finish()
}

/// Folds events, one after the other, into a [`ModelReply`].
#[derive(Debug)]
pub struct Assembler {
    provider: String,
    model: String,
    scripted: bool,
    parts: Vec<Piece>,
    call_ids: HashSet<String>,
    usage: Option<TokenUsage>,
    bytes: usize,
    stop_reason: Option<StopReason>,
}

#[derive(Debug)]
enum Piece {
    Text(String),
    Reasoning {
        reasoning: Reasoning,
        open: bool,
    },
    Call {
        index: u32,
        id: String,
        name: String,
        text: String,
        signature: Option<String>,
        open: bool,
    },
}

impl Assembler {
    /// Begins an answer of `model` at `provider`.
    pub fn new(provider: &str, model: &str, scripted: bool) -> Self {
        Self {
            provider: provider.to_owned(),
            model: model.to_owned(),
            scripted,
            parts: Vec::new(),
            call_ids: HashSet::new(),
            usage: None,
            bytes: 0,
            stop_reason: None,
        }
    }

    /// Takes the next event.
    pub fn push(&mut self, event: ModelEvent) -> Result<(), ModelError> {
        if self.stop_reason.is_some() {
            return Err(self.malformed("the stream went on after its end"));
        }
        match event {
            ModelEvent::TextDelta { text } => self.text(&text)?,
            ModelEvent::ReasoningDelta { text } => self.reasoning(&text)?,
            ModelEvent::ReasoningEnd { signature, redacted } => {
                self.grow(signature.as_ref().map_or(0, String::len))?;
                self.grow(redacted.as_ref().map_or(0, String::len))?;
                self.end_reasoning(signature, redacted);
            }
            ModelEvent::ToolCallBegin { index, id, name } => self.begin_call(index, id, name)?,
            ModelEvent::ToolCallDelta { index, text } => self.extend_call(index, &text)?,
            ModelEvent::ToolCallEnd { index, signature } => self.end_call(index, signature)?,
            ModelEvent::Usage { usage } => self.usage = Some(usage),
            ModelEvent::Done { stop_reason } => self.stop_reason = Some(stop_reason),
        }
        if self.parts.len() > PARTS_LIMIT {
            return Err(self.fault(
                ModelErrorKind::TooLarge,
                &format!("the answer has more than {PARTS_LIMIT} pieces"),
            ));
        }
        Ok(())
    }

    /// Gives the whole answer, if it is one. A call whose arguments are not JSON is part of the
    /// answer ([`ModelReply::malformed_calls`]); a missing end is not an answer.
    pub fn finish(self) -> Result<ModelReply, ModelError> {
        let Some(stop_reason) = self.stop_reason else {
            return Err(
                self.fault(ModelErrorKind::CutStream, "the stream ended before the answer did")
            );
        };
        let reply = ModelReply {
            parts: self.parts.into_iter().filter_map(Piece::finish).collect(),
            usage: self.usage.unwrap_or_default(),
            usage_known: self.usage.is_some(),
            stop_reason,
            provider: self.provider,
            model: self.model,
            scripted: self.scripted,
        };
        match stop_reason {
            // A cut answer or a refusal may well be empty, and says why.
            StopReason::MaxTokens | StopReason::Refused => Ok(reply),
            StopReason::EndTurn
            | StopReason::ToolCalls
            | StopReason::StopText
            | StopReason::Other => {
                if reply.is_empty() && stop_reason != StopReason::StopText {
                    let charge =
                        self.usage.map_or(Charge::Unknown, |usage| Charge::Tokens(Box::new(usage)));
                    let nothing = ModelError::new(
                        ModelErrorKind::EmptyAnswer,
                        reply.provider,
                        reply.model,
                        "the model answered nothing",
                    );
                    return Err(nothing.charged(charge));
                }
                Ok(reply)
            }
        }
    }

    fn text(&mut self, delta: &str) -> Result<(), ModelError> {
        self.grow(delta.len())?;
        if let Some(Piece::Text(text)) = self.parts.last_mut() {
            text.push_str(delta);
        } else if !delta.is_empty() {
            self.parts.push(Piece::Text(delta.to_owned()));
        }
        Ok(())
    }

    fn reasoning(&mut self, delta: &str) -> Result<(), ModelError> {
        self.grow(delta.len())?;
        if let Some(Piece::Reasoning { reasoning, open: true }) = self.parts.last_mut() {
            reasoning.text.push_str(delta);
        } else {
            let reasoning = Reasoning { text: delta.to_owned(), ..Reasoning::default() };
            self.parts.push(Piece::Reasoning { reasoning, open: true });
        }
        Ok(())
    }

    fn end_reasoning(&mut self, signature: Option<String>, redacted: Option<String>) {
        if let Some(Piece::Reasoning { reasoning, open: open @ true }) = self.parts.last_mut() {
            (reasoning.signature, reasoning.redacted, *open) = (signature, redacted, false);
        } else {
            let reasoning = Reasoning { text: String::new(), signature, redacted };
            self.parts.push(Piece::Reasoning { reasoning, open: false });
        }
    }

    fn begin_call(&mut self, index: u32, id: String, name: String) -> Result<(), ModelError> {
        self.grow(id.len() + name.len())?;
        if self.call_ids.len() >= TOOL_CALLS_LIMIT {
            return Err(self.fault(
                ModelErrorKind::TooLarge,
                &format!("the answer has more than {TOOL_CALLS_LIMIT} tool calls"),
            ));
        }
        if id.is_empty() || name.is_empty() {
            return Err(self.malformed("a tool call has no id or no name"));
        }
        if self.call(index).is_some() {
            return Err(self.malformed(&format!("tool call {index} begins twice")));
        }
        if !self.call_ids.insert(id.clone()) {
            return Err(self.malformed(&format!("two tool calls have the id `{id}`")));
        }
        let (text, signature, open) = (String::new(), None, true);
        self.parts.push(Piece::Call { index, id, name, text, signature, open });
        Ok(())
    }

    fn extend_call(&mut self, index: u32, delta: &str) -> Result<(), ModelError> {
        self.grow(delta.len())?;
        match self.call(index) {
            Some(Piece::Call { text, open: true, .. }) => text.push_str(delta),
            _ => return Err(self.malformed(&format!("arguments for no open tool call {index}"))),
        }
        Ok(())
    }

    fn end_call(&mut self, index: u32, seal: Option<String>) -> Result<(), ModelError> {
        self.grow(seal.as_ref().map_or(0, String::len))?;
        match self.call(index) {
            Some(Piece::Call { signature, open: open @ true, .. }) => {
                (*signature, *open) = (seal, false);
            }
            _ => return Err(self.malformed(&format!("tool call {index} ends without a beginning"))),
        }
        Ok(())
    }

    fn call(&mut self, wanted: u32) -> Option<&mut Piece> {
        let is_wanted =
            |piece: &&mut Piece| matches!(piece, Piece::Call { index, .. } if *index == wanted);
        self.parts.iter_mut().find(is_wanted)
    }

    fn grow(&mut self, bytes: usize) -> Result<(), ModelError> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > REPLY_BYTES_LIMIT {
            return Err(self.fault(
                ModelErrorKind::TooLarge,
                &format!("the answer has more than {REPLY_BYTES_LIMIT} bytes"),
            ));
        }
        Ok(())
    }

    fn malformed(&self, message: &str) -> ModelError {
        self.fault(ModelErrorKind::Malformed, message)
    }

    fn fault(&self, kind: ModelErrorKind, message: &str) -> ModelError {
        ModelError::new(kind, &self.provider, &self.model, message)
    }
}

impl Piece {
    fn finish(self) -> Option<Part> {
        match self {
            Self::Text(text) => Some(Part::Text { text }),
            Self::Reasoning { reasoning, .. } => {
                (reasoning != Reasoning::default()).then_some(Part::Reasoning(reasoning))
            }
            Self::Call { id, name, text, signature, .. } => {
                let call = ToolCall::from_text(id, name, &text);
                Some(Part::ToolCall(ToolCall { signature, ..call }))
            }
        }
    }
}

#[cfg(test)]
mod tests;
