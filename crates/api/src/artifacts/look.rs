//! `GET /api/v1/artifacts` and `…/{artifact_id}`: look at artifacts.

use axum::extract::State;
use gathering_app::PageRequest;
use gathering_domain::ArtifactId;

use super::{query::ArtifactsQuery, view::ArtifactView};
use crate::{
    Problem,
    extract::{Caller, Json, Path, Query},
    state::Edge,
    views::PageView,
};

/// Artifacts, the newest first.
#[utoipa::path(get, path = "/api/v1/artifacts", tag = "artifacts", params(ArtifactsQuery),
    responses((status = 200, description = "A page.", body = PageView<ArtifactView>)))]
#[tracing::instrument(name = "api.artifacts.list", skip_all)]
pub(crate) async fn list_artifacts(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Query(ArtifactsQuery { limit, cursor, run_id }): Query<ArtifactsQuery>,
) -> Result<Json<PageView<ArtifactView>>, Problem> {
    let page = PageRequest { limit, cursor };
    Ok(Json(edge.app().artifacts().list(&caller, run_id, page).await?.into()))
}

/// One artifact, without its bytes.
#[utoipa::path(get, path = "/api/v1/artifacts/{artifact_id}", tag = "artifacts",
    params(("artifact_id" = String, Path)),
    responses((status = 200, description = "The artifact.", body = ArtifactView)))]
#[tracing::instrument(name = "api.artifacts.get", skip_all, fields(artifact.id = %artifact_id))]
pub(crate) async fn get_artifact(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(artifact_id): Path<ArtifactId>,
) -> Result<Json<ArtifactView>, Problem> {
    Ok(Json(edge.app().artifacts().get(&caller, artifact_id).await?.into()))
}
