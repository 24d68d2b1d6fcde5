//! A model's whole answer.

use gathering_domain::TokenUsage;
use serde::{Deserialize, Serialize};

use crate::{MalformedArguments, Message, Part, Role, StopReason, ToolCall};

/// A model's whole answer, as it is journaled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelReply {
    /// The answer's pieces, in order.
    pub parts: Vec<Part>,
    /// Tokens used; zeros if the provider told none (`usage_known` is false then).
    pub usage: TokenUsage,
    /// Whether the provider told the usage.
    pub usage_known: bool,
    /// Why the model stopped.
    pub stop_reason: StopReason,
    /// The provider's configured name.
    pub provider: String,
    /// The model that was asked.
    pub model: String,
    /// Whether a script answered instead of a model. Shown wherever the answer is shown.
    pub scripted: bool,
}

impl ModelReply {
    /// All text of the answer.
    pub fn text(&self) -> String {
        let mut all = String::new();
        for part in &self.parts {
            if let Part::Text { text } = part {
                all.push_str(text);
            }
        }
        all
    }

    /// The tools that the model wants called, in order.
    pub fn tool_calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.parts.iter().filter_map(|part| match part {
            Part::ToolCall(call) => Some(call),
            Part::Text { .. } | Part::Image(_) | Part::ToolResult(_) | Part::Reasoning(_) => None,
        })
    }

    /// The calls whose arguments are not a JSON object, by call id: named, so that the model can be
    /// told instead of the turn failing.
    pub fn malformed_calls(&self) -> Vec<(String, MalformedArguments)> {
        let faults = self.tool_calls().filter_map(|call| Some((call, call.object().err()?)));
        faults.map(|(call, fault)| (call.id.clone(), fault)).collect()
    }

    /// Whether the model said nothing and called nothing.
    pub fn is_empty(&self) -> bool {
        self.tool_calls().next().is_none() && self.text().trim().is_empty()
    }

    /// The answer as the thread's next message.
    pub fn message(&self) -> Message {
        Message { role: Role::Assistant, parts: self.parts.clone() }
    }
}
