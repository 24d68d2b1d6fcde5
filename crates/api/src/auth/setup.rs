//! `POST /api/v1/auth/setup`: make the first owner, by the one-time link.

use axum::{extract::State, response::Response};
use gathering_app::identity::SetUp;
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

/// The first owner.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetUpBody {
    /// The token of the set-up link that the server printed at its first start.
    #[schema(value_type = String)]
    token: SecretString,
    /// The address by which the owner signs in.
    email: String,
    /// What they are called.
    name: String,
    /// Their password: at least 12 characters, and not among those that are tried first.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
    /// Whether a browser keeps the token, in a cookie, in place of a body that tells it.
    #[serde(default)]
    cookie: bool,
}

/// Makes the first owner, and signs them in.
#[utoipa::path(post, path = "/api/v1/auth/setup", tag = "auth", request_body = SetUpBody,
    responses((status = 201, description = "The owner is made and signed in.", body = SignedInView)))]
#[tracing::instrument(name = "api.auth.setup", skip_all)]
pub(crate) async fn setup(
    State(edge): State<Edge>,
    browser: Browser,
    From(origin): From,
    Json(body): Json<SetUpBody>,
) -> Result<Response, Problem> {
    let SetUpBody { token, email, name, password, cookie } = body;
    let keeping = browser.keeping(cookie)?;
    let set_up = SetUp { token, email, name, password, origin };
    let signed_in = edge.app().identity().set_up(set_up).await?;
    keeping.replaced(&edge, StatusCode::CREATED, signed_in).await
}
