//! `GET /api/v1/usage`: what runs have come to and used.

use axum::extract::State;
use gathering_app::runs::RunsUsage;
use serde::Serialize;
use utoipa::ToSchema;

use super::query::UsageQuery;
use crate::{
    Problem,
    extract::{Caller, Json, Query},
    state::Edge,
    views::{RunStatusWord, parse_time},
};

/// What runs have come to and used.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RunsUsage)]
pub(crate) struct RunsUsageView {
    /// How many runs there are in each status; a status without runs is left out.
    runs: Vec<StatusCountView>,
    /// Tokens that models read for them, those from a cache included.
    input_tokens: u64,
    /// Tokens that models wrote for them, reasoning included.
    output_tokens: u64,
    /// Money whose price is known, in millionths of a US dollar.
    cost_micro_usd: i64,
    /// Calls whose price is not known: unknown is never zero.
    unpriced_calls: u64,
    /// Model calls.
    model_calls: u64,
    /// Tool calls.
    tool_calls: u64,
}

/// How many runs are in a status.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatusCount)]
pub(crate) struct StatusCountView {
    /// The status.
    status: RunStatusWord,
    /// How many runs.
    count: u64,
}

/// What the runs that were accepted in a time have come to and used until now. Runs that another run
/// started are not counted for themselves: when they end, what they used becomes part of what the run above
/// used. Deliveries to webhooks are not counted.
#[utoipa::path(get, path = "/api/v1/usage", tag = "runs", params(UsageQuery),
    responses((status = 200, description = "The sums.", body = RunsUsageView)))]
#[tracing::instrument(name = "api.usage", skip_all)]
pub(crate) async fn get_usage(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Query(query): Query<UsageQuery>,
) -> Result<Json<RunsUsageView>, Problem> {
    let time = |pointer, text: &str| parse_time(pointer, Some(text)).map(Option::unwrap_or_default);
    let (from, to) = (time("/from", &query.from)?, time("/to", &query.to)?);
    Ok(Json(edge.app().runs().usage(&caller, from, to).await?.into()))
}

impl From<RunsUsage> for RunsUsageView {
    fn from(sums: RunsUsage) -> Self {
        let RunsUsage { runs, input_tokens, output_tokens, cost, model_calls, tool_calls } = sums;
        let count = |(status, count): (_, u64)| StatusCountView {
            status: RunStatusWord::from(status),
            count,
        };
        Self {
            runs: runs.into_iter().map(count).collect(),
            input_tokens,
            output_tokens,
            cost_micro_usd: cost.known.0,
            unpriced_calls: cost.unpriced_calls,
            model_calls,
            tool_calls,
        }
    }
}
