//! `POST /api/v1/auth/reset`: set a new password by a one-time link.

use axum::{extract::State, response::Response};
use gathering_app::identity::ResetPassword;
use http::StatusCode;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::SignedInView;
use crate::{
    Problem,
    browser::Browser,
    extract::{From, Json},
    state::Edge,
};

/// A new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResetBody {
    /// The token of the link that an owner made.
    #[schema(value_type = String)]
    token: SecretString,
    /// The password: at least 12 characters, and not among those that are tried first.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
    /// Whether a browser keeps the token, in a cookie, in place of a body that tells it.
    #[serde(default)]
    cookie: bool,
}

/// Sets a new password, ends all sessions of its user, and signs them in. The link is used up.
#[utoipa::path(post, path = "/api/v1/auth/reset", tag = "auth", request_body = ResetBody,
    responses((status = 200, description = "The password is set and its user signed in.",
        body = SignedInView)))]
#[tracing::instrument(name = "api.auth.reset", skip_all)]
pub(crate) async fn reset_password(
    State(edge): State<Edge>,
    browser: Browser,
    From(origin): From,
    Json(ResetBody { token, password, cookie }): Json<ResetBody>,
) -> Result<Response, Problem> {
    let keeping = browser.keeping(cookie)?;
    let command = ResetPassword { token, password, origin };
    let signed_in = edge.app().identity().reset_password(command).await?;
    keeping.replaced(&edge, StatusCode::OK, signed_in).await
}
