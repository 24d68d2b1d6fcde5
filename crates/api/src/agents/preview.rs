//! `POST /api/v1/agents/{agent_id}/preview`: what a model would get for a message.

use axum::extract::State;
use gathering_domain::AgentId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::PreviewView;
use crate::{
    Problem,
    extract::{Caller, Json, Path},
    state::Edge,
};

/// A message to an agent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewMessageBody {
    /// What would be said.
    text: String,
}

/// Exactly what the agent's model would get for a message, without asking it.
#[utoipa::path(post, path = "/api/v1/agents/{agent_id}/preview", tag = "agents",
    params(("agent_id" = String, Path)), request_body = PreviewMessageBody,
    responses((status = 200, description = "The request.", body = PreviewView)))]
#[tracing::instrument(name = "api.agents.preview", skip_all, fields(agent.id = %agent_id))]
pub(crate) async fn preview_agent(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(agent_id): Path<AgentId>,
    Json(PreviewMessageBody { text }): Json<PreviewMessageBody>,
) -> Result<Json<PreviewView>, Problem> {
    Ok(Json(edge.app().agents().preview(&caller, agent_id, &text).await?.into()))
}
