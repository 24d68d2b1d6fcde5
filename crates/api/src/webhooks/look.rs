//! `GET /api/v1/webhooks` and `…/{webhook_id}`: look at webhooks.

use axum::extract::State;
use gathering_domain::WebhookId;

use super::view::WebhookView;
use crate::{
    Problem,
    extract::{Caller, Json, PageQuery, Path, Query},
    state::Edge,
    versioned::Versioned,
    views::PageView,
};

/// Webhooks, in the order in which they were made.
#[utoipa::path(get, path = "/api/v1/webhooks", tag = "webhooks", params(PageQuery),
    responses((status = 200, description = "A page.", body = PageView<WebhookView>)))]
#[tracing::instrument(name = "api.webhooks.list", skip_all)]
pub(crate) async fn list_webhooks(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<PageView<WebhookView>>, Problem> {
    Ok(Json(edge.app().webhooks().list(&caller, page.into()).await?.into()))
}

/// One webhook.
#[utoipa::path(get, path = "/api/v1/webhooks/{webhook_id}", tag = "webhooks",
    params(("webhook_id" = String, Path)),
    responses((status = 200, description = "The webhook; its version is the `ETag`.",
        body = WebhookView)))]
#[tracing::instrument(name = "api.webhooks.get", skip_all, fields(webhook.id = %id))]
pub(crate) async fn get_webhook(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(id): Path<WebhookId>,
) -> Result<Versioned<WebhookView>, Problem> {
    let webhook = edge.app().webhooks().get(&caller, id).await?;
    Ok(Versioned(webhook.version, webhook.into()))
}
