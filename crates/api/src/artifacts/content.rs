//! `GET /api/v1/artifacts/{artifact_id}/content`: the bytes of an artifact.

use axum::{extract::State, response::IntoResponse};
use gathering_domain::ArtifactId;
use http::header;

use super::media_type::{attachment, safe};
use crate::{
    Problem,
    extract::{Caller, Path},
    state::Edge,
};

/// The bytes of an artifact, as a download. Nothing in them runs in a browser: their type is one of a
/// few harmless ones, else bytes.
#[utoipa::path(get, path = "/api/v1/artifacts/{artifact_id}/content", tag = "artifacts",
    params(("artifact_id" = String, Path)),
    responses((status = 200, description = "The bytes.", body = Vec<u8>,
        content_type = "application/octet-stream")))]
#[tracing::instrument(name = "api.artifacts.download", skip_all,
    fields(artifact.id = %artifact_id))]
pub(crate) async fn download_artifact(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(artifact_id): Path<ArtifactId>,
) -> Result<impl IntoResponse, Problem> {
    let (artifact, bytes) = edge.app().artifacts().download(&caller, artifact_id).await?;
    let headers = [
        (header::CONTENT_TYPE, safe(&artifact.media_type).to_owned()),
        (header::CONTENT_DISPOSITION, attachment(&artifact.name)),
        (header::ETAG, format!("\"{}\"", artifact.hash)),
    ];
    Ok((headers, bytes))
}
