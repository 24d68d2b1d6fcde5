//! `POST /api/v1/auth/logout`: end the caller's session.

use axum::extract::State;
use http::StatusCode;

use crate::{Problem, extract::Caller, state::Edge};

/// Ends the caller's session: its token is worth nothing from now on.
#[utoipa::path(post, path = "/api/v1/auth/logout", tag = "auth",
    responses((status = 204, description = "The session has ended.")))]
#[tracing::instrument(name = "api.auth.logout", skip_all)]
pub(crate) async fn logout(
    State(edge): State<Edge>,
    Caller(caller): Caller,
) -> Result<StatusCode, Problem> {
    edge.app().identity().sign_out(&caller).await?;
    Ok(StatusCode::NO_CONTENT)
}
