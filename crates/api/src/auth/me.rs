//! `GET /api/v1/auth/me`: who the caller is.

use axum::extract::State;

use super::view::MeView;
use crate::{
    Problem,
    extract::{Caller, Json},
    state::Edge,
};

/// Who the caller is, and what they may do.
#[utoipa::path(get, path = "/api/v1/auth/me", tag = "auth",
    responses((status = 200, description = "The caller.", body = MeView)))]
#[tracing::instrument(name = "api.auth.me", skip_all)]
pub(crate) async fn me(
    State(edge): State<Edge>,
    Caller(caller): Caller,
) -> Result<Json<MeView>, Problem> {
    Ok(Json(edge.app().identity().me(&caller).await?.into()))
}
