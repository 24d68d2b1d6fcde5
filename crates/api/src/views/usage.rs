//! What work has used, as clients read it.

use gathering_domain::Usage;
use serde::Serialize;
use utoipa::ToSchema;

/// What work has used.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Usage)]
pub(crate) struct UsageView {
    /// Tokens that models read, those from a cache included.
    input_tokens: u64,
    /// Tokens that models wrote, reasoning included.
    output_tokens: u64,
    /// Of the input, how many came from the provider's cache.
    cache_read_tokens: u64,
    /// Of the input, how many were written to the provider's cache.
    cache_write_tokens: u64,
    /// Of the output, how many were reasoning.
    reasoning_tokens: u64,
    /// Money whose price is known, in millionths of a US dollar.
    cost_micro_usd: i64,
    /// Calls whose price is not known: unknown is never zero.
    unpriced_calls: u64,
    /// Model calls.
    model_calls: u64,
    /// Tool calls.
    tool_calls: u64,
}

impl From<Usage> for UsageView {
    fn from(usage: Usage) -> Self {
        let Usage { tokens, cost, model_calls, tool_calls } = usage;
        Self {
            input_tokens: tokens.input,
            output_tokens: tokens.output,
            cache_read_tokens: tokens.cache_read,
            cache_write_tokens: tokens.cache_write,
            reasoning_tokens: tokens.reasoning,
            cost_micro_usd: cost.known.0,
            unpriced_calls: cost.unpriced_calls,
            model_calls,
            tool_calls,
        }
    }
}
