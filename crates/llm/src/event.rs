//! What a model says, piece by piece.

use gathering_domain::TokenUsage;
use serde::{Deserialize, Serialize};

/// One piece of an answer. Deltas may be shown at once; they are previews, never state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ModelEvent {
    /// More text.
    TextDelta {
        /// The piece.
        text: String,
    },
    /// More thought.
    ReasoningDelta {
        /// The piece.
        text: String,
    },
    /// The thought is complete.
    ReasoningEnd {
        /// The provider's seal over it.
        signature: Option<String>,
        /// A thought that the provider encrypted.
        redacted: Option<String>,
    },
    /// A tool call begins. Calls may overlap; `index` tells their pieces apart.
    ToolCallBegin {
        /// Which call of this answer.
        index: u32,
        /// The call's id.
        id: String,
        /// The tool.
        name: String,
    },
    /// More of a call's arguments, as JSON text.
    ToolCallDelta {
        /// Which call.
        index: u32,
        /// The piece.
        text: String,
    },
    /// A call is complete.
    ToolCallEnd {
        /// Which call.
        index: u32,
        /// Opaque; goes back with the call.
        signature: Option<String>,
    },
    /// What the answer has used up to now. Each one replaces the one before.
    Usage {
        /// Tokens of this call.
        usage: TokenUsage,
    },
    /// The end. A stream without it was cut.
    Done {
        /// Why the model stopped.
        stop_reason: StopReason,
    },
}

/// Why a model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// It had said all.
    EndTurn,
    /// It wants tools called.
    ToolCalls,
    /// It reached the limit of its answer; the answer is cut.
    MaxTokens,
    /// It wrote one of the stop texts.
    StopText,
    /// The provider's policy stopped it.
    Refused,
    /// The provider gave a reason that we do not know.
    Other,
}
