//! `/api/v1/webhooks/{webhook_id}/deliveries` and `…/test`: what was sent, sent again, sent to try.

use axum::extract::State;
use gathering_domain::{DeliveryId, WebhookId};
use http::StatusCode;

use super::view::DeliveryView;
use crate::{
    Problem,
    extract::{Caller, Json, PageQuery, Path, Query},
    state::Edge,
    views::PageView,
};

/// Deliveries to a webhook, those of the latest events first. They are kept for 30 days.
#[utoipa::path(get, path = "/api/v1/webhooks/{webhook_id}/deliveries", tag = "webhooks",
    params(("webhook_id" = String, Path), PageQuery),
    responses((status = 200, description = "A page.", body = PageView<DeliveryView>)))]
#[tracing::instrument(name = "api.webhooks.deliveries", skip_all, fields(webhook.id = %id))]
pub(crate) async fn list_deliveries(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(id): Path<WebhookId>,
    Query(page): Query<PageQuery>,
) -> Result<Json<PageView<DeliveryView>>, Problem> {
    Ok(Json(edge.app().webhooks().deliveries(&caller, id, page.into()).await?.into()))
}

/// Sends an event again, under the same id, also to a webhook that is disabled.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver",
    tag = "webhooks",
    params(("webhook_id" = String, Path), ("delivery_id" = String, Path)),
    responses((status = 202, description = "The delivery, which is under way.",
        body = DeliveryView)))]
#[tracing::instrument(name = "api.webhooks.redeliver", skip_all, fields(webhook.id = %id))]
pub(crate) async fn redeliver(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path((id, delivery_id)): Path<(WebhookId, DeliveryId)>,
) -> Result<(StatusCode, Json<DeliveryView>), Problem> {
    let delivery = edge.app().webhooks().redeliver(&caller, id, delivery_id).await?;
    Ok((StatusCode::ACCEPTED, Json(delivery.into())))
}

/// Sends a message of the type `webhook.test` to a webhook, also if it is disabled.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook_id}/test", tag = "webhooks",
    params(("webhook_id" = String, Path)),
    responses((status = 202, description = "The delivery, which is under way.",
        body = DeliveryView)))]
#[tracing::instrument(name = "api.webhooks.test", skip_all, fields(webhook.id = %id))]
pub(crate) async fn test_webhook(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(id): Path<WebhookId>,
) -> Result<(StatusCode, Json<DeliveryView>), Problem> {
    let delivery = edge.app().webhooks().test(&caller, id).await?;
    Ok((StatusCode::ACCEPTED, Json(delivery.into())))
}
