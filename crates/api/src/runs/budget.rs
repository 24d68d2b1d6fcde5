//! `POST /api/v1/runs/{run_id}/budget`: let a run spend more.

use axum::extract::State;
use gathering_app::runs::{Budget, OnCost};
use gathering_domain::{MicroUsd, RunId};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::RunSummaryView;
use crate::{
    Problem,
    extract::{Caller, Json, Path},
    state::Edge,
};

/// The most that a budget may be, in millionths of a US dollar.
const MOST_MICRO_USD: i64 = 1_000_000_000_000;

/// What follows where too little money is left for a model call.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = OnCost)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OnCostWord {
    /// The call fails.
    #[default]
    Fail,
    /// The run waits until somebody raises its budget.
    Wait,
}

/// What a run and its descendants may spend, and have.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Budget)]
pub(crate) struct BudgetView {
    /// What may be spent, in millionths of a US dollar.
    limit_micro_usd: i64,
    /// What is spent, or reserved for what is under way.
    spent_micro_usd: i64,
    /// What follows where too little is left.
    on_cost: OnCostWord,
}

/// What a run and its descendants may spend from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RaiseBudgetBody {
    /// All of it, what is spent included, in millionths of a US dollar.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64, example = 1_250_000)]
    cost_micro_usd: i64,
}

/// Raises the budget of a run. It, and all runs below it that wait for this budget, go on. The same
/// request again changes nothing; a lower amount is refused.
#[utoipa::path(post, path = "/api/v1/runs/{run_id}/budget", tag = "runs",
    params(("run_id" = String, Path)), request_body = RaiseBudgetBody,
    responses((status = 202, description = "The run as it is now.", body = RunSummaryView)))]
#[tracing::instrument(name = "api.runs.raise_budget", skip_all, fields(run.id = %run_id))]
pub(crate) async fn raise_run_budget(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(run_id): Path<RunId>,
    Json(RaiseBudgetBody { cost_micro_usd }): Json<RaiseBudgetBody>,
) -> Result<(StatusCode, Json<RunSummaryView>), Problem> {
    if !(0..=MOST_MICRO_USD).contains(&cost_micro_usd) {
        let message = format!("a budget is between 0 and {MOST_MICRO_USD}");
        return Err(Problem::invalid("/cost_micro_usd", "out_of_range", message));
    }
    let cost = MicroUsd(cost_micro_usd);
    let run = edge.app().runs().raise_budget(&caller, run_id, cost).await?;
    Ok((StatusCode::ACCEPTED, Json(run.into())))
}

impl From<OnCostWord> for OnCost {
    fn from(word: OnCostWord) -> Self {
        match word {
            OnCostWord::Fail => Self::Fail,
            OnCostWord::Wait => Self::Wait,
        }
    }
}

impl From<Budget> for BudgetView {
    fn from(budget: Budget) -> Self {
        let on_cost = match budget.on_cost {
            OnCost::Fail => OnCostWord::Fail,
            OnCost::Wait => OnCostWord::Wait,
        };
        let Budget { limit: MicroUsd(limit_micro_usd), spent: MicroUsd(spent_micro_usd), .. } =
            budget;
        Self { limit_micro_usd, spent_micro_usd, on_cost }
    }
}
