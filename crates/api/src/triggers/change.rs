//! `POST`, `PATCH` and `DELETE` of `/api/v1/triggers`: make, change, pause, resume and remove.

use axum::extract::State;
use gathering_domain::TriggerId;
use http::StatusCode;
use serde_json::{Map, Value};

use super::view::{CreateTriggerBody, TriggerView};
use crate::{
    Problem,
    decode::from_value,
    extract::{Caller, IdempotencyKey, IfMatch, Json, Path},
    merge_patch::merge,
    starting::forget_other_types,
    state::Edge,
    versioned::{Created, Versioned},
};

/// Makes a trigger, which fires for what happens from then on. It acts for whoever made it, with the rights
/// that they have at the time.
#[utoipa::path(post, path = "/api/v1/triggers", tag = "triggers",
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = CreateTriggerBody,
    responses((status = 201, description = "The trigger.", body = TriggerView)))]
#[tracing::instrument(name = "api.triggers.create", skip_all)]
pub(crate) async fn create_trigger(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<CreateTriggerBody>,
) -> Result<Created<TriggerView>, Problem> {
    let made = edge.app().triggers().create(&caller, body.into(), key).await?;
    let (location, version) = (format!("/api/v1/triggers/{}", made.id), made.version);
    Ok(Created { location, version, view: made.into() })
}

/// Changes a trigger: members of the body take the place of its own, `null` removes one. From then on it
/// acts for whoever changed it.
#[utoipa::path(patch, path = "/api/v1/triggers/{trigger_id}", tag = "triggers",
    params(("trigger_id" = String, Path), ("If-Match" = String, Header)),
    request_body(content = Object, description = "Members as for `POST`, each optional."),
    responses((status = 200, description = "The trigger as it is now.", body = TriggerView)))]
#[tracing::instrument(name = "api.triggers.update", skip_all, fields(trigger.id = %trigger_id))]
pub(crate) async fn update_trigger(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(trigger_id): Path<TriggerId>,
    IfMatch(version): IfMatch,
    Json(patch): Json<Map<String, Value>>,
) -> Result<Versioned<TriggerView>, Problem> {
    let triggers = edge.app().triggers();
    let mut document = TriggerView::from(triggers.get(&caller, trigger_id).await?).written();
    forget_other_types(&mut document, &patch);
    merge(&mut document, patch.into());
    let body: CreateTriggerBody = from_value(document)?;
    let changed = triggers.update(&caller, trigger_id, body.into(), version).await?;
    Ok(Versioned(changed.version, changed.into()))
}

/// Pauses a trigger, at once on every instance. What happens meanwhile starts nothing, later neither.
#[utoipa::path(post, path = "/api/v1/triggers/{trigger_id}/pause", tag = "triggers",
    params(("trigger_id" = String, Path)),
    responses((status = 200, description = "The trigger as it is now.", body = TriggerView)))]
#[tracing::instrument(name = "api.triggers.pause", skip_all, fields(trigger.id = %trigger_id))]
pub(crate) async fn pause_trigger(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(trigger_id): Path<TriggerId>,
) -> Result<Versioned<TriggerView>, Problem> {
    let paused = edge.app().triggers().pause(&caller, trigger_id).await?;
    Ok(Versioned(paused.version, paused.into()))
}

/// Lets a trigger fire again, for what happens from then on.
#[utoipa::path(post, path = "/api/v1/triggers/{trigger_id}/resume", tag = "triggers",
    params(("trigger_id" = String, Path)),
    responses((status = 200, description = "The trigger as it is now.", body = TriggerView)))]
#[tracing::instrument(name = "api.triggers.resume", skip_all, fields(trigger.id = %trigger_id))]
pub(crate) async fn resume_trigger(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(trigger_id): Path<TriggerId>,
) -> Result<Versioned<TriggerView>, Problem> {
    let resumed = edge.app().triggers().resume(&caller, trigger_id).await?;
    Ok(Versioned(resumed.version, resumed.into()))
}

/// Removes a trigger, with what is kept of its events. Runs that it started go on.
#[utoipa::path(delete, path = "/api/v1/triggers/{trigger_id}", tag = "triggers",
    params(("trigger_id" = String, Path)),
    responses((status = 204, description = "It is gone.")))]
#[tracing::instrument(name = "api.triggers.delete", skip_all, fields(trigger.id = %trigger_id))]
pub(crate) async fn delete_trigger(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(trigger_id): Path<TriggerId>,
) -> Result<StatusCode, Problem> {
    edge.app().triggers().delete(&caller, trigger_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
