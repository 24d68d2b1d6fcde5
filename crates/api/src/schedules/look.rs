//! `GET /api/v1/schedules` and `…/{schedule_id}`, their fires, and what a timing means.

use axum::extract::State;
use gathering_domain::ScheduleId;

use super::view::{FireView, PreviewQuery, PreviewTimingBody, PreviewView, ScheduleView};
use crate::{
    Problem,
    extract::{Caller, Json, PageQuery, Path, Query},
    state::Edge,
    versioned::Versioned,
    views::PageView,
};

/// How many slots a preview has where nothing is said.
const USUAL_COUNT: u32 = 10;

/// Schedules, in the order in which they were made.
#[utoipa::path(get, path = "/api/v1/schedules", tag = "schedules", params(PageQuery),
    responses((status = 200, description = "A page.", body = PageView<ScheduleView>)))]
#[tracing::instrument(name = "api.schedules.list", skip_all)]
pub(crate) async fn list_schedules(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<PageView<ScheduleView>>, Problem> {
    Ok(Json(edge.app().schedules().list(&caller, page.into()).await?.into()))
}

/// One schedule.
#[utoipa::path(get, path = "/api/v1/schedules/{schedule_id}", tag = "schedules",
    params(("schedule_id" = String, Path)),
    responses((status = 200, description = "The schedule; its version is the `ETag`.",
        body = ScheduleView)))]
#[tracing::instrument(name = "api.schedules.get", skip_all, fields(schedule.id = %schedule_id))]
pub(crate) async fn get_schedule(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(schedule_id): Path<ScheduleId>,
) -> Result<Versioned<ScheduleView>, Problem> {
    let schedule = edge.app().schedules().get(&caller, schedule_id).await?;
    Ok(Versioned(schedule.version, schedule.into()))
}

/// What became of the slots of a schedule, the newest first, with the run of each.
#[utoipa::path(get, path = "/api/v1/schedules/{schedule_id}/fires", tag = "schedules",
    params(("schedule_id" = String, Path), PageQuery),
    responses((status = 200, description = "A page.", body = PageView<FireView>)))]
#[tracing::instrument(name = "api.schedules.fires", skip_all, fields(schedule.id = %schedule_id))]
pub(crate) async fn list_fires(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(schedule_id): Path<ScheduleId>,
    Query(page): Query<PageQuery>,
) -> Result<Json<PageView<FireView>>, Problem> {
    Ok(Json(edge.app().schedules().fires(&caller, schedule_id, page.into()).await?.into()))
}

/// The next slots of a schedule, also of one that is paused.
#[utoipa::path(get, path = "/api/v1/schedules/{schedule_id}/preview", tag = "schedules",
    params(("schedule_id" = String, Path), PreviewQuery),
    responses((status = 200, description = "In words, and the next slots.", body = PreviewView)))]
#[tracing::instrument(name = "api.schedules.preview", skip_all, fields(schedule.id = %schedule_id))]
pub(crate) async fn preview_schedule(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(schedule_id): Path<ScheduleId>,
    Query(PreviewQuery { count }): Query<PreviewQuery>,
) -> Result<Json<PreviewView>, Problem> {
    let schedules = edge.app().schedules();
    Ok(Json(schedules.preview(&caller, schedule_id, slots(count)).await?.into()))
}

/// What a timing that is not stored means, or everything that is wrong with it.
#[utoipa::path(post, path = "/api/v1/schedules/preview", tag = "schedules",
    request_body = PreviewTimingBody,
    responses((status = 200, description = "In words, and the next slots.", body = PreviewView)))]
#[tracing::instrument(name = "api.schedules.preview_timing", skip_all)]
pub(crate) async fn preview_timing(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Json(PreviewTimingBody { timing, policy, count }): Json<PreviewTimingBody>,
) -> Result<Json<PreviewView>, Problem> {
    let schedules = edge.app().schedules();
    Ok(Json(schedules.preview_of(&caller, &timing, &policy, slots(count))?.into()))
}

fn slots(asked: Option<u32>) -> usize {
    usize::try_from(asked.unwrap_or(USUAL_COUNT)).unwrap_or(usize::MAX)
}
