//! `POST`, `PATCH` and `DELETE` of `/api/v1/providers`: configure, change and remove.

use axum::extract::State;
use gathering_app::providers::Provider;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::view::{CreateProviderBody, ProviderView};
use crate::{
    Problem,
    decode::from_value,
    extract::{Caller, IdempotencyKey, IfMatch, Json, Path},
    merge_patch::merge,
    state::Edge,
    versioned::{Created, Versioned},
};

/// Configures a provider.
#[utoipa::path(post, path = "/api/v1/providers", tag = "providers",
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = CreateProviderBody,
    responses((status = 201, description = "The provider.", body = ProviderView)))]
#[tracing::instrument(name = "api.providers.create", skip_all)]
pub(crate) async fn create_provider(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<CreateProviderBody>,
) -> Result<Created<ProviderView>, Problem> {
    let provider = edge.app().providers().create(&caller, body.into(), key).await?;
    let (location, version) = (format!("/api/v1/providers/{}", provider.name), provider.version);
    Ok(Created { location, version, view: provider.into() })
}

/// Changes a provider: members of the body take the place of its own, `null` removes one.
#[utoipa::path(patch, path = "/api/v1/providers/{name}", tag = "providers",
    params(("name" = String, Path), ("If-Match" = String, Header)),
    request_body(content = Object, description = "Members as for `POST`, each optional."),
    responses((status = 200, description = "The provider as it is now.", body = ProviderView)))]
#[tracing::instrument(name = "api.providers.update", skip_all)]
pub(crate) async fn update_provider(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(name): Path<String>,
    IfMatch(version): IfMatch,
    Json(patch): Json<Map<String, Value>>,
) -> Result<Versioned<ProviderView>, Problem> {
    let providers = edge.app().providers();
    let mut document = written(providers.get(&caller, &name).await?);
    merge(&mut document, patch.into());
    let body: CreateProviderBody = from_value(document)?;
    let changed = providers.update(&caller, &name, body.into(), version).await?;
    Ok(Versioned(changed.version, changed.into()))
}

/// Removes a provider. Agents that use it fail with a clear error from then on.
#[utoipa::path(delete, path = "/api/v1/providers/{name}", tag = "providers",
    params(("name" = String, Path)),
    responses((status = 204, description = "It is gone.")))]
#[tracing::instrument(name = "api.providers.delete", skip_all)]
pub(crate) async fn delete_provider(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    edge.app().providers().delete(&caller, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What was written of a provider, as a document that a patch changes.
fn written(provider: Provider) -> Value {
    let Provider { name, kind, base_url, key_secret, default_model, options, .. } = provider;
    json!({
        "name": name,
        "kind": kind,
        "base_url": base_url,
        "key_secret": key_secret,
        "default_model": default_model,
        "options": options,
    })
}
