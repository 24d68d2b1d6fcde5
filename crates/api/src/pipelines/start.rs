//! `POST /api/v1/pipelines/{pipeline_id}/runs`: start a run of a stored pipeline.

use axum::{extract::State, response::Response};
use gathering_app::runs::{Runnable, StartRun, Trigger};
use gathering_domain::PipelineId;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    Problem,
    extract::{Caller, IdempotencyKey, Json, Path, Query},
    object::object,
    runs::{
        LimitsBody, ModelName, RunSummaryView, RunView, WaitQuery, answer_started, priority_of,
    },
    state::Edge,
};

/// A run to be started.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartPipelineRunBody {
    /// The run's input; `null` if absent.
    #[serde(default)]
    input: Value,
    /// A model in place of those of all agents.
    model: Option<ModelName>,
    /// Limits tighter than those of the definition.
    #[serde(default, deserialize_with = "object")]
    limits: LimitsBody,
    /// Whether it goes before others, in place of what the definition says: the higher the sooner.
    #[schema(minimum = -100, maximum = 100)]
    priority: Option<i64>,
}

/// Starts a run and returns before it has finished; with `wait`, when it has ended or the wait is
/// over.
#[utoipa::path(post, path = "/api/v1/pipelines/{pipeline_id}/runs", tag = "runs",
    params(("pipeline_id" = String, Path), WaitQuery, ("Idempotency-Key" = Option<String>, Header)),
    request_body = StartPipelineRunBody,
    responses((status = 200, description = "With `wait`: the run has ended.", body = RunView),
        (status = 202, description = "It is accepted.", body = RunSummaryView)))]
#[tracing::instrument(name = "api.runs.start", skip_all, fields(pipeline.id = %pipeline_id))]
pub(crate) async fn start_pipeline_run(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(pipeline_id): Path<PipelineId>,
    Query(wait): Query<WaitQuery>,
    IdempotencyKey(idempotency_key): IdempotencyKey,
    Json(body): Json<StartPipelineRunBody>,
) -> Result<Response, Problem> {
    let wait = wait.bounded(&caller)?;
    let StartPipelineRunBody { input, model, limits, priority } = body;
    let command = StartRun {
        what: Runnable::Pipeline(pipeline_id),
        input,
        trigger: Trigger::Manual,
        idempotency_key,
        model: model.map(ModelName::parse).transpose()?,
        limits: limits.checked()?,
        priority: priority_of(priority)?,
    };
    let run = edge.app().runs().start(&caller, command).await?.run;
    answer_started(&edge, &caller, run, wait).await
}
