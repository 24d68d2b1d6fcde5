//! Why a turn stopped before its model had said all.

use gathering_domain::Failure;
use serde::{Deserialize, Serialize};

use crate::AgentLimits;

/// What ended a turn other than the model's own answer. Journaled under the key `stop`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The limit of model calls.
    TurnLimit,
    /// The limit of tool calls.
    ToolCallLimit,
    /// The limit of tokens.
    TokenLimit,
    /// The limit of money.
    CostLimit,
    /// The limit of time.
    TimeLimit,
    /// The same calls gave the same results again and again.
    NoProgress,
    /// The answer reached its longest length and is cut.
    MaxOutputTokens,
}

impl StopReason {
    /// The stable word, which is the failure's code too.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TurnLimit => "turn_limit",
            Self::ToolCallLimit => "tool_call_limit",
            Self::TokenLimit => "token_limit",
            Self::CostLimit => "cost_limit",
            Self::TimeLimit => "time_limit",
            Self::NoProgress => "no_progress",
            Self::MaxOutputTokens => "max_output_tokens",
        }
    }

    /// What happened, for a person and for the model.
    pub(super) fn sentence(self, limits: &AgentLimits) -> String {
        match self {
            Self::TurnLimit => format!("the limit of {} turns is reached", limits.turns),
            Self::ToolCallLimit => {
                format!("the limit of {} tool calls is reached", limits.tool_calls)
            }
            Self::TokenLimit => {
                format!("the limit of {} tokens is reached", limits.tokens.unwrap_or_default())
            }
            Self::CostLimit => {
                format!("the limit of {} is reached", limits.cost.unwrap_or_default())
            }
            Self::TimeLimit => {
                format!("the time limit of {} is reached", limits.timeout.unwrap_or_default())
            }
            Self::NoProgress => {
                "the same tool calls gave the same results again and again".to_owned()
            }
            Self::MaxOutputTokens => "the answer reached its longest length and was cut".to_owned(),
        }
    }

    pub(super) fn failure(self, limits: &AgentLimits) -> Failure {
        Failure::fatal(self.as_str(), format!("the turn was stopped: {}", self.sentence(limits)))
    }
}
