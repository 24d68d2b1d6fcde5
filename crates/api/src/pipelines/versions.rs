//! `GET /api/v1/pipelines/{pipeline_id}/versions` and `/api/v1/pipeline-versions/{…}`.

use axum::extract::State;
use gathering_domain::{PipelineId, PipelineVersionId};

use super::view::PipelineVersionView;
use crate::{
    Problem,
    extract::{Caller, Json, PageQuery, Path, Query},
    state::Edge,
    views::PageView,
};

/// Versions of a pipeline, the newest first.
#[utoipa::path(get, path = "/api/v1/pipelines/{pipeline_id}/versions", tag = "pipelines",
    params(("pipeline_id" = String, Path), PageQuery),
    responses((status = 200, description = "A page.", body = PageView<PipelineVersionView>)))]
#[tracing::instrument(name = "api.pipelines.versions", skip_all,
    fields(pipeline.id = %pipeline_id))]
pub(crate) async fn list_pipeline_versions(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(pipeline_id): Path<PipelineId>,
    Query(page): Query<PageQuery>,
) -> Result<Json<PageView<PipelineVersionView>>, Problem> {
    Ok(Json(edge.app().pipelines().versions(&caller, pipeline_id, page.into()).await?.into()))
}

/// A version, also of a pipeline that is gone, and of a definition that came with a run.
#[utoipa::path(get, path = "/api/v1/pipeline-versions/{pipeline_version_id}", tag = "pipelines",
    params(("pipeline_version_id" = String, Path)),
    responses((status = 200, description = "The version.", body = PipelineVersionView)))]
#[tracing::instrument(name = "api.pipelines.version", skip_all)]
pub(crate) async fn get_pipeline_version(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(pipeline_version_id): Path<PipelineVersionId>,
) -> Result<Json<PipelineVersionView>, Problem> {
    Ok(Json(edge.app().pipelines().version(&caller, pipeline_version_id).await?.into()))
}
