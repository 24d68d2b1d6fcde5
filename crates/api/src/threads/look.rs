//! `GET /api/v1/threads`, `…/{thread_id}` and `/api/v1/agents/{agent_id}/threads`.

use axum::extract::State;
use gathering_domain::{AgentId, ThreadId};

use super::view::ThreadView;
use crate::{
    Problem,
    extract::{Caller, Json, PageQuery, Path, Query},
    state::Edge,
    views::PageView,
};

/// The caller's threads, the newest first.
#[utoipa::path(get, path = "/api/v1/threads", tag = "threads", params(PageQuery),
    responses((status = 200, description = "A page.", body = PageView<ThreadView>)))]
#[tracing::instrument(name = "api.threads.list", skip_all)]
pub(crate) async fn list_threads(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<PageView<ThreadView>>, Problem> {
    Ok(Json(edge.app().threads().list(&caller, None, page.into()).await?.into()))
}

/// The caller's threads with one agent, the newest first.
#[utoipa::path(get, path = "/api/v1/agents/{agent_id}/threads", tag = "threads",
    params(("agent_id" = String, Path), PageQuery),
    responses((status = 200, description = "A page.", body = PageView<ThreadView>)))]
#[tracing::instrument(name = "api.agents.threads", skip_all, fields(agent.id = %agent_id))]
pub(crate) async fn list_agent_threads(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(agent_id): Path<AgentId>,
    Query(page): Query<PageQuery>,
) -> Result<Json<PageView<ThreadView>>, Problem> {
    Ok(Json(edge.app().threads().list(&caller, Some(agent_id), page.into()).await?.into()))
}

/// One of the caller's threads.
#[utoipa::path(get, path = "/api/v1/threads/{thread_id}", tag = "threads",
    params(("thread_id" = String, Path)),
    responses((status = 200, description = "The thread.", body = ThreadView)))]
#[tracing::instrument(name = "api.threads.get", skip_all, fields(thread.id = %thread_id))]
pub(crate) async fn get_thread(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(thread_id): Path<ThreadId>,
) -> Result<Json<ThreadView>, Problem> {
    Ok(Json(edge.app().threads().get(&caller, thread_id).await?.into()))
}
