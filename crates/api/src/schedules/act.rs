//! `POST /api/v1/schedules/{schedule_id}/…`: pause, resume, and start now.

use axum::extract::State;
use gathering_domain::ScheduleId;

use super::view::{FireView, ScheduleView};
use crate::{
    Problem,
    extract::{Caller, IdempotencyKey, Json, Path},
    state::Edge,
    versioned::Versioned,
};

/// Pauses a schedule: once this is answered nothing of it fires, on any instance. Runs that it has started go
/// on.
#[utoipa::path(post, path = "/api/v1/schedules/{schedule_id}/pause", tag = "schedules",
    params(("schedule_id" = String, Path)),
    responses((status = 200, description = "The schedule as it is now.", body = ScheduleView)))]
#[tracing::instrument(name = "api.schedules.pause", skip_all, fields(schedule.id = %schedule_id))]
pub(crate) async fn pause_schedule(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(schedule_id): Path<ScheduleId>,
) -> Result<Versioned<ScheduleView>, Problem> {
    let schedule = edge.app().schedules().pause(&caller, schedule_id).await?;
    Ok(Versioned(schedule.version, schedule.into()))
}

/// Lets a schedule go on, with the first slot after now.
#[utoipa::path(post, path = "/api/v1/schedules/{schedule_id}/resume", tag = "schedules",
    params(("schedule_id" = String, Path)),
    responses((status = 200, description = "The schedule as it is now.", body = ScheduleView)))]
#[tracing::instrument(name = "api.schedules.resume", skip_all, fields(schedule.id = %schedule_id))]
pub(crate) async fn resume_schedule(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(schedule_id): Path<ScheduleId>,
) -> Result<Versioned<ScheduleView>, Problem> {
    let schedule = edge.app().schedules().resume(&caller, schedule_id).await?;
    Ok(Versioned(schedule.version, schedule.into()))
}

/// Starts what a schedule starts, now, as if a slot had come: by the same policy of overlaps, and for whom its
/// runs act. It works while the schedule is paused, too, and counts as none of its slots.
#[utoipa::path(post, path = "/api/v1/schedules/{schedule_id}/trigger", tag = "schedules",
    params(("schedule_id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, description = "What became of it.", body = FireView)))]
#[tracing::instrument(name = "api.schedules.trigger", skip_all, fields(schedule.id = %schedule_id))]
pub(crate) async fn trigger_schedule(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(schedule_id): Path<ScheduleId>,
    IdempotencyKey(key): IdempotencyKey,
) -> Result<Json<FireView>, Problem> {
    Ok(Json(edge.app().schedules().trigger(&caller, schedule_id, key).await?.into()))
}
