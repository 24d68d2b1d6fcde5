//! `POST /api/v1/auth/logout`: end the caller's session.

use axum::{extract::State, response::Response};

use crate::{Problem, browser::Browser, extract::Caller, state::Edge};

/// Ends the caller's session: its token is worth nothing from now on, and the cookie goes.
#[utoipa::path(post, path = "/api/v1/auth/logout", tag = "auth",
    responses((status = 204, description = "The session has ended.")))]
#[tracing::instrument(name = "api.auth.logout", skip_all)]
pub(crate) async fn logout(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    browser: Browser,
) -> Result<Response, Problem> {
    edge.app().identity().sign_out(&caller).await?;
    Ok(browser.ended())
}
