//! `POST`, `PATCH` and `DELETE` of `/api/v1/schedules`: make, change and remove schedules.

use axum::extract::State;
use gathering_app::schedules::ScheduleDocument;
use gathering_domain::ScheduleId;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{form::DocumentForm, view::ScheduleView};
use crate::{
    Problem, decode,
    extract::{Caller, IdempotencyKey, IfMatch, Json, Path},
    merge_patch::merge,
    state::Edge,
    versioned::{Created, Versioned},
};

/// Makes a schedule. Its runs act for the caller, with the rights that they have when it fires. The answer to a
/// faulty one names every fault, and the answer to a good one says in words when it fires.
#[utoipa::path(post, path = "/api/v1/schedules", tag = "schedules",
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = DocumentForm,
    responses((status = 201, description = "The schedule.", body = ScheduleView)))]
#[tracing::instrument(name = "api.schedules.create", skip_all)]
pub(crate) async fn create_schedule(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    IdempotencyKey(key): IdempotencyKey,
    Json(document): Json<ScheduleDocument>,
) -> Result<Created<ScheduleView>, Problem> {
    let schedule = edge.app().schedules().create(&caller, document, key).await?;
    let (location, version) = (format!("/api/v1/schedules/{}", schedule.id), schedule.version);
    Ok(Created { location, version, view: schedule.into() })
}

/// Changes a schedule: members of the body take the place of those of its document, `null` removes one (JSON
/// merge patch). Its runs act for the caller from now on. Another timing or policy begins with the first slot
/// after now.
#[utoipa::path(patch, path = "/api/v1/schedules/{schedule_id}", tag = "schedules",
    params(("schedule_id" = String, Path), ("If-Match" = String, Header)),
    request_body(content = Object, description = "Members of the document."),
    responses((status = 200, description = "The schedule as it is now.", body = ScheduleView)))]
#[tracing::instrument(name = "api.schedules.update", skip_all, fields(schedule.id = %schedule_id))]
pub(crate) async fn update_schedule(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(schedule_id): Path<ScheduleId>,
    IfMatch(version): IfMatch,
    Json(patch): Json<Map<String, Value>>,
) -> Result<Versioned<ScheduleView>, Problem> {
    let schedules = edge.app().schedules();
    let mut document = json!(schedules.get(&caller, schedule_id).await?.document);
    // Another kind of timing or action has nothing of the one before.
    for member in ["timing", "action"] {
        let kind = patch.get(member).and_then(|new| new.get("type"));
        if kind.is_some_and(|kind| document[member]["type"] != *kind) {
            document[member] = Value::Null;
        }
    }
    merge(&mut document, patch.into());
    let document: ScheduleDocument = decode::from_value(document)?;
    // Whoever changed it in between has raised its version: then this is refused.
    let schedule = schedules.update(&caller, schedule_id, document, version).await?;
    Ok(Versioned(schedule.version, schedule.into()))
}

/// Removes a schedule. Runs that it has started go on.
#[utoipa::path(delete, path = "/api/v1/schedules/{schedule_id}", tag = "schedules",
    params(("schedule_id" = String, Path)),
    responses((status = 204, description = "It is gone.")))]
#[tracing::instrument(name = "api.schedules.delete", skip_all, fields(schedule.id = %schedule_id))]
pub(crate) async fn delete_schedule(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(schedule_id): Path<ScheduleId>,
) -> Result<StatusCode, Problem> {
    edge.app().schedules().delete(&caller, schedule_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
