//! `GET /api/v1/runs/{run_id}/events`: the events of a run and of its descendants.

use axum::{extract::State, response::Response};
use gathering_app::events::EventFilter;
use gathering_domain::RunId;

use crate::{
    Problem,
    events::{RunEventsQuery, StreamedEventView, read_types, resume_after, stream},
    extract::{Caller, LastEventId, Path, Query},
    state::Edge,
};

/// Streams the events of a run and of its descendants (`text/event-stream`), as
/// `GET /api/v1/events` does.
#[utoipa::path(get, path = "/api/v1/runs/{run_id}/events", tag = "runs",
    params(("run_id" = String, Path), RunEventsQuery,
        ("Last-Event-ID" = Option<String>, Header)),
    responses((status = 200, description = "The stream; each `data` is an envelope.",
        body = StreamedEventView, content_type = "text/event-stream")))]
#[tracing::instrument(name = "api.runs.events", skip_all, fields(run.id = %run_id))]
pub(crate) async fn stream_run_events(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(run_id): Path<RunId>,
    LastEventId(last): LastEventId,
    Query(query): Query<RunEventsQuery>,
) -> Result<Response, Problem> {
    let RunEventsQuery { after, types, previews } = query;
    let after = resume_after(last, after)?;
    let types = read_types(types.as_deref());
    let filter = EventFilter { run_id: Some(run_id), types, previews };
    stream(&edge, &caller, edge.app().events().subscribe(&caller, after, filter).await?)
}
