//! What work has used: tokens, calls, money.

use std::ops;

use serde::{Deserialize, Serialize};

use crate::MicroUsd;

/// Tokens of one or more model calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TokenUsage {
    /// Read by the model, cached ones included.
    pub input: u64,
    /// Written by the model, reasoning included.
    pub output: u64,
    /// Of the input, how many came from the provider's cache.
    pub cache_read: u64,
    /// Of the input, how many were written to the provider's cache.
    pub cache_write: u64,
    /// Of the output, how many were reasoning.
    pub reasoning: u64,
}

/// Money spent, with what has no known price kept apart: unknown is never zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cost {
    /// The part whose price is known.
    pub known: MicroUsd,
    /// How many calls had no known price.
    pub unpriced_calls: u64,
}

/// Everything that counts against limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Tokens of model calls.
    pub tokens: TokenUsage,
    /// Money.
    pub cost: Cost,
    /// Model calls.
    pub model_calls: u64,
    /// Tool calls.
    pub tool_calls: u64,
}

impl Usage {
    /// Whether nothing was used.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

impl ops::AddAssign for TokenUsage {
    fn add_assign(&mut self, other: Self) {
        self.input = self.input.saturating_add(other.input);
        self.output = self.output.saturating_add(other.output);
        self.cache_read = self.cache_read.saturating_add(other.cache_read);
        self.cache_write = self.cache_write.saturating_add(other.cache_write);
        self.reasoning = self.reasoning.saturating_add(other.reasoning);
    }
}

impl ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.tokens += other.tokens;
        self.cost.known += other.cost.known;
        self.cost.unpriced_calls =
            self.cost.unpriced_calls.saturating_add(other.cost.unpriced_calls);
        self.model_calls = self.model_calls.saturating_add(other.model_calls);
        self.tool_calls = self.tool_calls.saturating_add(other.tool_calls);
    }
}
