//! `GET /api/v1/ws`: events over a WebSocket, of as many subscriptions as a page has views.

mod pulse;
mod subscriptions;
mod talk;
mod words;

use std::sync::Arc;

use axum::{Extension, extract::State, response::Response};

use self::talk::Talk;
pub(crate) use self::words::{SocketMessage, SocketRequest};
use super::query::SocketQuery;
use crate::{
    Problem,
    extract::{Caller, Query},
    limits::full,
    observer::OpenStream,
    request_id::RequestId,
    state::Edge,
    upgrade::Upgrade,
};

/// Opens a WebSocket (RFC 6455) for the events that `GET /api/v1/events` streams. Messages are JSON text:
/// the client sends `SocketRequest`, the server `SocketMessage`, both among the schemas of this
/// document. A page comes by its cookie, a program by its header; a page of another site is refused.
#[utoipa::path(get, path = "/api/v1/ws", tag = "events", params(SocketQuery),
    responses((status = 101, description = "From now on the connection is a WebSocket.")))]
#[tracing::instrument(name = "api.events.socket", skip_all)]
pub(crate) async fn open_socket(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Extension(request_id): Extension<RequestId>,
    Query(_query): Query<SocketQuery>,
    upgrade: Upgrade,
) -> Result<Response, Problem> {
    let place = edge.streams.enter(caller.actor()).ok_or_else(|| full("streams"))?;
    let open = OpenStream::begin(Arc::clone(&edge.state.observer));
    Ok(upgrade.answer(move |stream| async move {
        let talk = Talk::begin(stream, edge, caller, request_id, place).await;
        talk.run().await;
        drop(open);
    }))
}
