//! `GET /api/v1/events`: the events of all runs.

use axum::{extract::State, response::Response};
use gathering_app::events::EventFilter;

use super::{StreamedEventView, query::EventsQuery, read_types, resume_after, stream};
use crate::{
    Problem,
    extract::{Caller, LastEventId, Query},
    state::Edge,
};

/// Streams events (`text/event-stream`). The `id` of each is its position: `Last-Event-ID` or `after`
/// goes on exactly after it. `event: lagged` tells that previews were lost (events never are), `event: gone`
/// that events behind the position were removed because they were old, so that the oldest follow that there
/// are, and `event: end` why the server ends the stream.
#[utoipa::path(get, path = "/api/v1/events", tag = "events",
    params(EventsQuery, ("Last-Event-ID" = Option<String>, Header)),
    responses((status = 200, description = "The stream; each `data` is an envelope.",
        body = StreamedEventView, content_type = "text/event-stream")))]
#[tracing::instrument(name = "api.events.stream", skip_all)]
pub(crate) async fn stream_events(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    LastEventId(last): LastEventId,
    Query(query): Query<EventsQuery>,
) -> Result<Response, Problem> {
    let EventsQuery { after, types, run_id, previews } = query;
    let after = resume_after(last, after)?;
    let filter = EventFilter { run_id, types: read_types(types.as_deref()), previews };
    stream(&edge, &caller, edge.app().events().subscribe(&caller, after, filter).await?)
}
