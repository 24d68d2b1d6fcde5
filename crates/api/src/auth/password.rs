//! `POST /api/v1/auth/password`: change one's own password.

use axum::{Extension, extract::State, response::Response};
use gathering_app::identity::ChangePassword;
use http::StatusCode;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{trying::attempt, view::SignedInView};
use crate::{
    Problem,
    browser::Browser,
    extract::{Caller, Json},
    network::Network,
    state::Edge,
};

/// The old password and the new one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePasswordBody {
    /// The one that the caller has.
    #[schema(value_type = String, format = Password)]
    current: SecretString,
    /// The one that they want: at least 12 characters, and not among those that are tried first.
    #[schema(value_type = String, format = Password)]
    new: SecretString,
}

/// Changes the caller's password. All their other sessions end, and this one goes on under a new token,
/// which is told once, or put into the cookie by which the caller came. A wrong one counts like a sign-in
/// that failed.
#[utoipa::path(post, path = "/api/v1/auth/password", tag = "auth",
    request_body = ChangePasswordBody,
    responses((status = 200, description = "The session under its new token.", body = SignedInView)))]
#[tracing::instrument(name = "api.auth.password", skip_all)]
pub(crate) async fn change_password(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Extension(network): Extension<Network>,
    browser: Browser,
    Json(ChangePasswordBody { current, new }): Json<ChangePasswordBody>,
) -> Result<Response, Problem> {
    let command = ChangePassword { current, new };
    let identity = edge.app().identity();
    // Whoever has got hold of a session may not guess its password by it.
    let me = identity.me(&caller).await?;
    let email = me.user.filter(|_| caller.session().is_some()).map(|user| user.email);
    let attempt = match email {
        Some(email) => Some(attempt(&edge, &email, network).await?),
        None => None,
    };
    let answer = identity.change_password(&caller, command).await;
    if let Some(attempt) = attempt {
        attempt.end(&answer, edge.now());
    }
    Ok(browser.keeping_on().answer(&edge, StatusCode::OK, answer?))
}
