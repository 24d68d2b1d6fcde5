//! `GET /api/v1/agents` and `…/{agent_id}`: look at agents.

use axum::extract::State;
use gathering_domain::AgentId;

use super::view::AgentView;
use crate::{
    Problem,
    extract::{Caller, Json, PageQuery, Path, Query},
    state::Edge,
    versioned::Versioned,
    views::PageView,
};

/// Agents, in the order in which they were made.
#[utoipa::path(get, path = "/api/v1/agents", tag = "agents", params(PageQuery),
    responses((status = 200, description = "A page.", body = PageView<AgentView>)))]
#[tracing::instrument(name = "api.agents.list", skip_all)]
pub(crate) async fn list_agents(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<PageView<AgentView>>, Problem> {
    Ok(Json(edge.app().agents().list(&caller, page.into()).await?.into()))
}

/// One agent.
#[utoipa::path(get, path = "/api/v1/agents/{agent_id}", tag = "agents",
    params(("agent_id" = String, Path)),
    responses((status = 200, description = "The agent; its version is the `ETag`.",
        body = AgentView)))]
#[tracing::instrument(name = "api.agents.get", skip_all, fields(agent.id = %agent_id))]
pub(crate) async fn get_agent(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(agent_id): Path<AgentId>,
) -> Result<Versioned<AgentView>, Problem> {
    let agent = edge.app().agents().get(&caller, agent_id).await?;
    Ok(Versioned(agent.version, agent.into()))
}
