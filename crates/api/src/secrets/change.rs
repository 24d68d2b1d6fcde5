//! `PUT` and `DELETE` of `/api/v1/secrets/{name}`: write and remove a secret.

use axum::extract::State;
use gathering_app::secrets::PutSecret;
use http::StatusCode;

use super::view::{PutSecretBody, SecretView};
use crate::{
    Problem,
    extract::{Caller, Json, Path},
    state::Edge,
};

/// Writes a secret, new or in place of an older value.
#[utoipa::path(put, path = "/api/v1/secrets/{name}", tag = "secrets",
    params(("name" = String, Path)), request_body = PutSecretBody,
    responses((status = 200, description = "It is stored.", body = SecretView)))]
#[tracing::instrument(name = "api.secrets.put", skip_all)]
pub(crate) async fn put_secret(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(name): Path<String>,
    Json(PutSecretBody { value, hosts }): Json<PutSecretBody>,
) -> Result<Json<SecretView>, Problem> {
    let stored = edge.app().secrets().put(&caller, PutSecret { name, value, hosts }).await?;
    Ok(Json(stored.into()))
}

/// Removes a secret that no provider needs.
#[utoipa::path(delete, path = "/api/v1/secrets/{name}", tag = "secrets",
    params(("name" = String, Path)),
    responses((status = 204, description = "It is gone.")))]
#[tracing::instrument(name = "api.secrets.delete", skip_all)]
pub(crate) async fn delete_secret(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    edge.app().secrets().delete(&caller, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
