//! `POST /api/v1/runs/{run_id}/cancel` and `…/retry`: end a run, or go on with one that failed.

use axum::{extract::State, response::Response};
use gathering_domain::RunId;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{RunSummaryView, RunView, WaitQuery, answer_started};
use crate::{
    Problem,
    extract::{Caller, IdempotencyKey, Json, Path, Query},
    state::Edge,
};

/// Why a run shall end.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CancelBody {
    /// For whoever reads it later.
    #[serde(default)]
    reason: String,
}

/// Asks a run to end; the call in flight is stopped, too. It has ended when its status says so.
#[utoipa::path(post, path = "/api/v1/runs/{run_id}/cancel", tag = "runs",
    params(("run_id" = String, Path)), request_body = CancelBody,
    responses((status = 202, description = "The run as it is now.", body = RunSummaryView)))]
#[tracing::instrument(name = "api.runs.cancel", skip_all, fields(run.id = %run_id))]
pub(crate) async fn cancel_run(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(run_id): Path<RunId>,
    Json(CancelBody { reason }): Json<CancelBody>,
) -> Result<(StatusCode, Json<RunSummaryView>), Problem> {
    let run = edge.app().runs().cancel(&caller, run_id, &reason).await?;
    Ok((StatusCode::ACCEPTED, Json(run.into())))
}

/// Starts a new run that goes on where this one failed, with what had succeeded taken over.
#[utoipa::path(post, path = "/api/v1/runs/{run_id}/retry", tag = "runs",
    params(("run_id" = String, Path), WaitQuery, ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, description = "With `wait`: the run has ended.", body = RunView),
        (status = 202, description = "The new run.", body = RunSummaryView)))]
#[tracing::instrument(name = "api.runs.retry", skip_all, fields(run.id = %run_id))]
pub(crate) async fn retry_run(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(run_id): Path<RunId>,
    Query(wait): Query<WaitQuery>,
    IdempotencyKey(key): IdempotencyKey,
) -> Result<Response, Problem> {
    let wait = wait.bounded(&caller)?;
    let started = edge.app().runs().retry(&caller, run_id, key).await?;
    answer_started(&edge, &caller, started.run, wait).await
}
