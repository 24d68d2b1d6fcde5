//! `GET /api/v1/agents/{agent_id}/versions` and `/api/v1/agent-versions/{agent_version_id}`.

use axum::extract::State;
use gathering_domain::{AgentId, AgentVersionId};

use super::view::AgentVersionView;
use crate::{
    Problem,
    extract::{Caller, Json, PageQuery, Path, Query},
    state::Edge,
    views::PageView,
};

/// Versions of an agent, the newest first.
#[utoipa::path(get, path = "/api/v1/agents/{agent_id}/versions", tag = "agents",
    params(("agent_id" = String, Path), PageQuery),
    responses((status = 200, description = "A page.", body = PageView<AgentVersionView>)))]
#[tracing::instrument(name = "api.agents.versions", skip_all, fields(agent.id = %agent_id))]
pub(crate) async fn list_agent_versions(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(agent_id): Path<AgentId>,
    Query(page): Query<PageQuery>,
) -> Result<Json<PageView<AgentVersionView>>, Problem> {
    Ok(Json(edge.app().agents().versions(&caller, agent_id, page.into()).await?.into()))
}

/// A version, also of an agent that is gone: runs are pinned to it.
#[utoipa::path(get, path = "/api/v1/agent-versions/{agent_version_id}", tag = "agents",
    params(("agent_version_id" = String, Path)),
    responses((status = 200, description = "The version.", body = AgentVersionView)))]
#[tracing::instrument(name = "api.agents.version", skip_all)]
pub(crate) async fn get_agent_version(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(agent_version_id): Path<AgentVersionId>,
) -> Result<Json<AgentVersionView>, Problem> {
    Ok(Json(edge.app().agents().version(&caller, agent_version_id).await?.into()))
}
