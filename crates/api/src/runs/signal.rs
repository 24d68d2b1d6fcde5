//! `POST /api/v1/runs/{run_id}/signal`: answer what a run waits for by name.

use axum::extract::State;
use gathering_app::runs::SendSignal;
use gathering_domain::RunId;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    Problem,
    extract::{Caller, Json, Path},
    state::Edge,
};

/// A signal to a run.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignalBody {
    /// Its name, as the run waits for it.
    name: String,
    /// What is said; `null` if absent.
    #[serde(default)]
    payload: Value,
}

/// Sends a signal to a run that waits for it by name; of several such waits, it answers one. While the
/// run waits for that name no more, the same again changes nothing, and another payload is refused. Once
/// it waits for the same name again, or still does elsewhere, a repeat answers that wait: where that
/// must not be, let each wait have a name of its own.
#[utoipa::path(post, path = "/api/v1/runs/{run_id}/signal", tag = "runs",
    params(("run_id" = String, Path)), request_body = SignalBody,
    responses((status = 204, description = "The run has it.")))]
#[tracing::instrument(name = "api.runs.signal", skip_all, fields(run.id = %run_id))]
pub(crate) async fn signal_run(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(run_id): Path<RunId>,
    Json(SignalBody { name, payload }): Json<SignalBody>,
) -> Result<StatusCode, Problem> {
    edge.app().runs().signal(&caller, run_id, SendSignal { name, payload }).await?;
    Ok(StatusCode::NO_CONTENT)
}
