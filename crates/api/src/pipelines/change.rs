//! `POST`, `PUT`, `PATCH` and `DELETE` of `/api/v1/pipelines`: make, change and remove pipelines.

use axum::extract::State;
use gathering_app::pipelines::Source;
use gathering_domain::PipelineId;
use http::StatusCode;
use serde_json::{Map, Value};

use super::view::PipelineView;
use crate::{
    Problem,
    definition_body::DefinitionBody,
    extract::{Caller, IdempotencyKey, IfMatch, Json, Path},
    merge_patch::merge,
    state::Edge,
    versioned::{Created, Versioned},
};

/// Makes a pipeline. The body is its definition, as JSON or as the text of a YAML file; the answer
/// to a faulty one names every fault.
#[utoipa::path(post, path = "/api/v1/pipelines", tag = "pipelines",
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body(description = "The definition.",
        content((Object = "application/json"), (Object = "application/yaml"))),
    responses((status = 201, description = "The pipeline.", body = PipelineView)))]
#[tracing::instrument(name = "api.pipelines.create", skip_all)]
pub(crate) async fn create_pipeline(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    IdempotencyKey(key): IdempotencyKey,
    DefinitionBody(source): DefinitionBody,
) -> Result<Created<PipelineView>, Problem> {
    let pipeline = edge.app().pipelines().create(&caller, source, key).await?;
    let (location, version) = (format!("/api/v1/pipelines/{}", pipeline.id), pipeline.version);
    Ok(Created { location, version, view: pipeline.into() })
}

/// Gives a pipeline another definition. An unchanged one makes no new version.
#[utoipa::path(put, path = "/api/v1/pipelines/{pipeline_id}", tag = "pipelines",
    params(("pipeline_id" = String, Path), ("If-Match" = String, Header)),
    request_body(description = "The definition.",
        content((Object = "application/json"), (Object = "application/yaml"))),
    responses((status = 200, description = "The pipeline as it is now.", body = PipelineView)))]
#[tracing::instrument(name = "api.pipelines.replace", skip_all, fields(pipeline.id = %pipeline_id))]
pub(crate) async fn replace_pipeline(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(pipeline_id): Path<PipelineId>,
    IfMatch(version): IfMatch,
    DefinitionBody(source): DefinitionBody,
) -> Result<Versioned<PipelineView>, Problem> {
    let pipeline = edge.app().pipelines().update(&caller, pipeline_id, source, version).await?;
    Ok(Versioned(pipeline.version, pipeline.into()))
}

/// Changes a pipeline: members of the body take the place of those of its definition, `null` removes
/// one (JSON merge patch).
#[utoipa::path(patch, path = "/api/v1/pipelines/{pipeline_id}", tag = "pipelines",
    params(("pipeline_id" = String, Path), ("If-Match" = String, Header)),
    request_body(content = Object, description = "Members of the definition."),
    responses((status = 200, description = "The pipeline as it is now.", body = PipelineView)))]
#[tracing::instrument(name = "api.pipelines.update", skip_all, fields(pipeline.id = %pipeline_id))]
pub(crate) async fn update_pipeline(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(pipeline_id): Path<PipelineId>,
    IfMatch(version): IfMatch,
    Json(patch): Json<Map<String, Value>>,
) -> Result<Versioned<PipelineView>, Problem> {
    let pipelines = edge.app().pipelines();
    let mut definition = pipelines.get(&caller, pipeline_id).await?.definition;
    merge(&mut definition, patch.into());
    // Whoever changed it in between has raised its version: then this is refused.
    let source = Source::Json(definition);
    let pipeline = pipelines.update(&caller, pipeline_id, source, version).await?;
    Ok(Versioned(pipeline.version, pipeline.into()))
}

/// Removes a pipeline. Its versions stay, because runs are pinned to them.
#[utoipa::path(delete, path = "/api/v1/pipelines/{pipeline_id}", tag = "pipelines",
    params(("pipeline_id" = String, Path)),
    responses((status = 204, description = "It is gone.")))]
#[tracing::instrument(name = "api.pipelines.delete", skip_all, fields(pipeline.id = %pipeline_id))]
pub(crate) async fn delete_pipeline(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(pipeline_id): Path<PipelineId>,
) -> Result<StatusCode, Problem> {
    edge.app().pipelines().delete(&caller, pipeline_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
