//! `GET /api/v1/hooks`, `…/{hook_id}` and `…/deliveries`: look at hooks and what came.

use axum::extract::State;
use gathering_domain::HookId;

use super::view::{HookDeliveryView, HookView};
use crate::{
    Problem,
    extract::{Caller, Json, PageQuery, Path, Query},
    state::Edge,
    versioned::Versioned,
    views::PageView,
};

/// Hooks, in the order in which they were made.
#[utoipa::path(get, path = "/api/v1/hooks", tag = "hooks", params(PageQuery),
    responses((status = 200, description = "A page.", body = PageView<HookView>)))]
#[tracing::instrument(name = "api.hooks.list", skip_all)]
pub(crate) async fn list_hooks(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<PageView<HookView>>, Problem> {
    Ok(Json(edge.app().hooks().list(&caller, page.into()).await?.into()))
}

/// One hook.
#[utoipa::path(get, path = "/api/v1/hooks/{hook_id}", tag = "hooks",
    params(("hook_id" = String, Path)),
    responses((status = 200, description = "The hook; its version is the `ETag`.", body = HookView)))]
#[tracing::instrument(name = "api.hooks.get", skip_all, fields(hook.id = %hook_id))]
pub(crate) async fn get_hook(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(hook_id): Path<HookId>,
) -> Result<Versioned<HookView>, Problem> {
    let hook = edge.app().hooks().get(&caller, hook_id).await?;
    Ok(Versioned(hook.version, hook.into()))
}

/// The last hundred requests that came to a hook, the latest first, with what became of each.
#[utoipa::path(get, path = "/api/v1/hooks/{hook_id}/deliveries", tag = "hooks",
    params(("hook_id" = String, Path), PageQuery),
    responses((status = 200, description = "A page.", body = PageView<HookDeliveryView>)))]
#[tracing::instrument(name = "api.hooks.deliveries", skip_all, fields(hook.id = %hook_id))]
pub(crate) async fn list_hook_deliveries(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(hook_id): Path<HookId>,
    Query(page): Query<PageQuery>,
) -> Result<Json<PageView<HookDeliveryView>>, Problem> {
    Ok(Json(edge.app().hooks().deliveries(&caller, hook_id, page.into()).await?.into()))
}
