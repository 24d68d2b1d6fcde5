//! `GET /api/v1/triggers`, `…/{trigger_id}` and `…/firings`: look at triggers and their events.

use axum::extract::State;
use gathering_domain::TriggerId;

use super::view::{FiringView, TriggerView};
use crate::{
    Problem,
    extract::{Caller, Json, PageQuery, Path, Query},
    state::Edge,
    versioned::Versioned,
    views::PageView,
};

/// Triggers, in the order in which they were made.
#[utoipa::path(get, path = "/api/v1/triggers", tag = "triggers", params(PageQuery),
    responses((status = 200, description = "A page.", body = PageView<TriggerView>)))]
#[tracing::instrument(name = "api.triggers.list", skip_all)]
pub(crate) async fn list_triggers(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<PageView<TriggerView>>, Problem> {
    Ok(Json(edge.app().triggers().list(&caller, page.into()).await?.into()))
}

/// One trigger.
#[utoipa::path(get, path = "/api/v1/triggers/{trigger_id}", tag = "triggers",
    params(("trigger_id" = String, Path)),
    responses((status = 200, description = "The trigger; its version is the `ETag`.",
        body = TriggerView)))]
#[tracing::instrument(name = "api.triggers.get", skip_all, fields(trigger.id = %trigger_id))]
pub(crate) async fn get_trigger(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(trigger_id): Path<TriggerId>,
) -> Result<Versioned<TriggerView>, Problem> {
    let trigger = edge.app().triggers().get(&caller, trigger_id).await?;
    Ok(Versioned(trigger.version, trigger.into()))
}

/// The last hundred events that a trigger was for, the latest first, with the run that each started, or why
/// none.
#[utoipa::path(get, path = "/api/v1/triggers/{trigger_id}/firings", tag = "triggers",
    params(("trigger_id" = String, Path), PageQuery),
    responses((status = 200, description = "A page.", body = PageView<FiringView>)))]
#[tracing::instrument(name = "api.triggers.firings", skip_all, fields(trigger.id = %trigger_id))]
pub(crate) async fn list_trigger_firings(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(trigger_id): Path<TriggerId>,
    Query(page): Query<PageQuery>,
) -> Result<Json<PageView<FiringView>>, Problem> {
    Ok(Json(edge.app().triggers().firings(&caller, trigger_id, page.into()).await?.into()))
}
