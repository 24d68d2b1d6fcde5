//! `POST` and `DELETE` of `/api/v1/api-keys`: make and revoke keys.

use axum::extract::State;
use gathering_domain::ApiKeyId;
use http::StatusCode;
use secrecy::ExposeSecret as _;

use super::view::{CreateApiKeyBody, CreatedApiKeyView};
use crate::{
    Problem,
    extract::{Caller, Json, Path},
    state::Edge,
};

/// Makes an API key for the caller, who needs a session. The key itself is told once: nobody can ask for
/// it again, and so a request that is repeated makes another.
#[utoipa::path(post, path = "/api/v1/api-keys", tag = "api-keys", request_body = CreateApiKeyBody,
    responses((status = 201, description = "The key.", body = CreatedApiKeyView)))]
#[tracing::instrument(name = "api.api_keys.create", skip_all)]
pub(crate) async fn create_api_key(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Json(body): Json<CreateApiKeyBody>,
) -> Result<(StatusCode, Json<CreatedApiKeyView>), Problem> {
    let created = edge.app().api_keys().create(&caller, body.into_command()?).await?;
    edge.rates.prove(created.token.expose_secret(), edge.now());
    Ok((StatusCode::CREATED, Json(created.into())))
}

/// Revokes an API key: one's own by a session, anybody's by whoever has the permission `user_write`.
#[utoipa::path(delete, path = "/api/v1/api-keys/{key_id}", tag = "api-keys",
    params(("key_id" = String, Path)),
    responses((status = 204, description = "It is worth nothing any more.")))]
#[tracing::instrument(name = "api.api_keys.revoke", skip_all, fields(key.id = %key_id))]
pub(crate) async fn revoke_api_key(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(key_id): Path<ApiKeyId>,
) -> Result<StatusCode, Problem> {
    edge.app().api_keys().revoke(&caller, key_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
