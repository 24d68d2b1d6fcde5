//! `POST`, `PATCH` and `DELETE` of `/api/v1/webhooks`: make, change, remove, and give another secret.

use axum::extract::State;
use gathering_domain::WebhookId;
use http::StatusCode;
use serde_json::{Map, Value};

use super::view::{CreateWebhookBody, CreatedWebhookView, RotateWebhookBody, WebhookView, written};
use crate::{
    Problem,
    decode::from_value,
    extract::{Caller, IdempotencyKey, IfMatch, Json, Path},
    merge_patch::merge,
    state::Edge,
    versioned::{Created, Versioned},
};

/// Makes a webhook. Its secret is in this answer and in no other.
#[utoipa::path(post, path = "/api/v1/webhooks", tag = "webhooks",
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = CreateWebhookBody,
    responses((status = 201, description = "The webhook, with its secret.",
        body = CreatedWebhookView)))]
#[tracing::instrument(name = "api.webhooks.create", skip_all)]
pub(crate) async fn create_webhook(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<CreateWebhookBody>,
) -> Result<Created<CreatedWebhookView>, Problem> {
    let made = edge.app().webhooks().create(&caller, body.into(), key).await?;
    let location = format!("/api/v1/webhooks/{}", made.webhook.id);
    Ok(Created { location, version: made.webhook.version, view: made.into() })
}

/// Changes a webhook: members of the body take the place of its own, `null` removes one. Deliveries act for
/// whoever did that last. `enabled: true` on one that the server disabled begins its count anew.
#[utoipa::path(patch, path = "/api/v1/webhooks/{webhook_id}", tag = "webhooks",
    params(("webhook_id" = String, Path), ("If-Match" = String, Header)),
    request_body(content = Object, description = "Members as for `POST`, each optional."),
    responses((status = 200, description = "The webhook as it is now.", body = WebhookView)))]
#[tracing::instrument(name = "api.webhooks.update", skip_all, fields(webhook.id = %id))]
pub(crate) async fn update_webhook(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(id): Path<WebhookId>,
    IfMatch(version): IfMatch,
    Json(patch): Json<Map<String, Value>>,
) -> Result<Versioned<WebhookView>, Problem> {
    let webhooks = edge.app().webhooks();
    let mut document = written(webhooks.get(&caller, id).await?);
    merge(&mut document, patch.into());
    let body: CreateWebhookBody = from_value(document)?;
    let changed = webhooks.update(&caller, id, body.into(), version).await?;
    Ok(Versioned(changed.version, changed.into()))
}

/// Removes a webhook and its deliveries.
#[utoipa::path(delete, path = "/api/v1/webhooks/{webhook_id}", tag = "webhooks",
    params(("webhook_id" = String, Path)),
    responses((status = 204, description = "It is gone.")))]
#[tracing::instrument(name = "api.webhooks.delete", skip_all, fields(webhook.id = %id))]
pub(crate) async fn delete_webhook(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(id): Path<WebhookId>,
) -> Result<StatusCode, Problem> {
    edge.app().webhooks().delete(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a webhook another secret, which is in this answer and in no other. For the overlap, messages carry
/// the signatures of both, so that the receiver can go over to the new one.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook_id}/rotate", tag = "webhooks",
    params(("webhook_id" = String, Path)),
    request_body = RotateWebhookBody,
    responses((status = 200, description = "The webhook, with its new secret.",
        body = CreatedWebhookView)))]
#[tracing::instrument(name = "api.webhooks.rotate", skip_all, fields(webhook.id = %id))]
pub(crate) async fn rotate_webhook(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(id): Path<WebhookId>,
    Json(body): Json<RotateWebhookBody>,
) -> Result<Versioned<CreatedWebhookView>, Problem> {
    let overlap = body.overlap()?;
    let rotated = edge.app().webhooks().rotate(&caller, id, overlap).await?;
    Ok(Versioned(rotated.webhook.version, rotated.into()))
}
