//! `POST /api/v1/auth/accept`: become a user by an invitation.

use axum::{extract::State, response::Response};
use gathering_app::identity::Accept;
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

/// Who was invited.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcceptBody {
    /// The token of the invitation's link.
    #[schema(value_type = String)]
    token: SecretString,
    /// What they are called.
    name: String,
    /// Their password: at least 12 characters, and not among those that are tried first.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
    /// Whether a browser keeps the token, in a cookie, in place of a body that tells it.
    #[serde(default)]
    cookie: bool,
}

/// Makes the user who was invited, and signs them in. The invitation is used up.
#[utoipa::path(post, path = "/api/v1/auth/accept", tag = "auth", request_body = AcceptBody,
    responses((status = 201, description = "The user is made and signed in.", body = SignedInView)))]
#[tracing::instrument(name = "api.auth.accept", skip_all)]
pub(crate) async fn accept(
    State(edge): State<Edge>,
    browser: Browser,
    From(origin): From,
    Json(AcceptBody { token, name, password, cookie }): Json<AcceptBody>,
) -> Result<Response, Problem> {
    let keeping = browser.keeping(cookie)?;
    let command = Accept { token, name, password, origin };
    let signed_in = edge.app().identity().accept(command).await?;
    keeping.replaced(&edge, StatusCode::CREATED, signed_in).await
}
