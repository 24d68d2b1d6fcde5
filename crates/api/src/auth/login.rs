//! `POST /api/v1/auth/login`: open a session.

use axum::{Extension, extract::State, response::Response};
use gathering_app::identity::SignIn;
use http::StatusCode;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{trying::attempt, view::SignedInView};
use crate::{
    Problem,
    browser::Browser,
    extract::{From, Json},
    network::Network,
    state::Edge,
};

/// Who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginBody {
    /// The address.
    email: String,
    /// The password.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
    /// Whether a browser keeps the token, in a cookie, in place of a body that tells it.
    #[serde(default)]
    cookie: bool,
}

/// Opens a session. Its token is told once, or kept by the browser in a cookie.
#[utoipa::path(post, path = "/api/v1/auth/login", tag = "auth", request_body = LoginBody,
    responses((status = 200, description = "The session is open.", body = SignedInView)))]
#[tracing::instrument(name = "api.auth.login", skip_all)]
pub(crate) async fn login(
    State(edge): State<Edge>,
    Extension(network): Extension<Network>,
    browser: Browser,
    From(origin): From,
    Json(LoginBody { email, password, cookie }): Json<LoginBody>,
) -> Result<Response, Problem> {
    let keeping = browser.keeping(cookie)?;
    let attempt = attempt(&edge, &email, network).await?;
    let answer = edge.app().identity().sign_in(SignIn { email, password, origin }).await;
    attempt.end(&answer, edge.now());
    keeping.replaced(&edge, StatusCode::OK, answer?).await
}
