//! `POST /api/v1/auth/accept`: become a user by an invitation.

use axum::extract::State;
use gathering_app::identity::Accept;
use http::StatusCode;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::SignedInView;
use crate::{
    Problem,
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
}

/// Makes the user who was invited, and signs them in. The invitation is used up.
#[utoipa::path(post, path = "/api/v1/auth/accept", tag = "auth", request_body = AcceptBody,
    responses((status = 201, description = "The user is made and signed in.", body = SignedInView)))]
#[tracing::instrument(name = "api.auth.accept", skip_all)]
pub(crate) async fn accept(
    State(edge): State<Edge>,
    From(origin): From,
    Json(AcceptBody { token, name, password }): Json<AcceptBody>,
) -> Result<(StatusCode, Json<SignedInView>), Problem> {
    let command = Accept { token, name, password, origin };
    let signed_in = edge.app().identity().accept(command).await?;
    Ok((StatusCode::CREATED, Json(signed_in.into())))
}
