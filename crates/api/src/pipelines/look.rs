//! `GET /api/v1/pipelines` and `…/{pipeline_id}`: look at pipelines.

use axum::extract::State;
use gathering_domain::PipelineId;

use super::view::{PipelineSummaryView, PipelineView};
use crate::{
    Problem,
    extract::{Caller, Json, PageQuery, Path, Query},
    state::Edge,
    versioned::Versioned,
    views::PageView,
};

/// Pipelines without their definitions, in the order in which they were made.
#[utoipa::path(get, path = "/api/v1/pipelines", tag = "pipelines", params(PageQuery),
    responses((status = 200, description = "A page.", body = PageView<PipelineSummaryView>)))]
#[tracing::instrument(name = "api.pipelines.list", skip_all)]
pub(crate) async fn list_pipelines(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<PageView<PipelineSummaryView>>, Problem> {
    Ok(Json(edge.app().pipelines().list(&caller, page.into()).await?.into()))
}

/// One pipeline.
#[utoipa::path(get, path = "/api/v1/pipelines/{pipeline_id}", tag = "pipelines",
    params(("pipeline_id" = String, Path)),
    responses((status = 200, description = "The pipeline; its version is the `ETag`.",
        body = PipelineView)))]
#[tracing::instrument(name = "api.pipelines.get", skip_all, fields(pipeline.id = %pipeline_id))]
pub(crate) async fn get_pipeline(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(pipeline_id): Path<PipelineId>,
) -> Result<Versioned<PipelineView>, Problem> {
    let pipeline = edge.app().pipelines().get(&caller, pipeline_id).await?;
    Ok(Versioned(pipeline.version, pipeline.into()))
}
