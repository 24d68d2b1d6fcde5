//! `POST /api/v1/pipelines/validate`: check a definition and store nothing.

use axum::extract::State;

use super::view::ValidationView;
use crate::{
    Problem,
    definition_body::DefinitionBody,
    extract::{Caller, Json},
    state::Edge,
};

/// Checks a definition and stores nothing. A faulty one is a good answer with all its faults.
#[utoipa::path(post, path = "/api/v1/pipelines/validate", tag = "pipelines",
    request_body(description = "The definition.",
        content((Object = "application/json"), (Object = "application/yaml"))),
    responses((status = 200, description = "What was found.", body = ValidationView)))]
#[tracing::instrument(name = "api.pipelines.validate", skip_all)]
pub(crate) async fn validate_pipeline(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    DefinitionBody(source): DefinitionBody,
) -> Result<Json<ValidationView>, Problem> {
    Ok(Json(edge.app().pipelines().validate(&caller, source).await?.into()))
}
