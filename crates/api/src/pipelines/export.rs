//! `GET /api/v1/pipelines/{pipeline_id}/export`: a pipeline as a file.

use axum::{extract::State, response::IntoResponse};
use gathering_domain::PipelineId;
use http::header;

use crate::{
    Problem,
    extract::{Caller, Path},
    state::Edge,
};

/// A pipeline's definition as the text of a YAML file, which `POST /api/v1/pipelines` takes.
#[utoipa::path(get, path = "/api/v1/pipelines/{pipeline_id}/export", tag = "pipelines",
    params(("pipeline_id" = String, Path)),
    responses((status = 200, description = "The file.", body = Object,
        content_type = "application/yaml")))]
#[tracing::instrument(name = "api.pipelines.export", skip_all, fields(pipeline.id = %pipeline_id))]
pub(crate) async fn export_pipeline(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(pipeline_id): Path<PipelineId>,
) -> Result<impl IntoResponse, Problem> {
    let text = edge.app().pipelines().export(&caller, pipeline_id).await?;
    Ok(([(header::CONTENT_TYPE, "application/yaml; charset=utf-8")], text))
}
