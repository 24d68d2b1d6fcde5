//! `POST /api/v1/agents/{agent_id}/threads`: open a thread with an agent.

use axum::{extract::State, response::IntoResponse};
use gathering_domain::AgentId;
use http::{StatusCode, header};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::ThreadView;
use crate::{
    Problem,
    extract::{Caller, IdempotencyKey, Json, Path},
    state::Edge,
};

/// A thread to be opened.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenThreadBody {
    /// A line for people.
    #[serde(default)]
    title: String,
}

/// Opens a thread with an agent.
#[utoipa::path(post, path = "/api/v1/agents/{agent_id}/threads", tag = "threads",
    params(("agent_id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = OpenThreadBody,
    responses((status = 201, description = "The thread.", body = ThreadView)))]
#[tracing::instrument(name = "api.threads.open", skip_all, fields(agent.id = %agent_id))]
pub(crate) async fn open_thread(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(agent_id): Path<AgentId>,
    IdempotencyKey(key): IdempotencyKey,
    Json(OpenThreadBody { title }): Json<OpenThreadBody>,
) -> Result<impl IntoResponse, Problem> {
    let thread = edge.app().threads().open(&caller, agent_id, &title, key).await?;
    let location = format!("/api/v1/threads/{}", thread.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(ThreadView::from(thread))))
}
