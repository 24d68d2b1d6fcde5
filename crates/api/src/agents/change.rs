//! `POST`, `PUT`, `PATCH` and `DELETE` of `/api/v1/agents`: make, change and remove agents.

use axum::extract::State;
use gathering_domain::AgentId;
use http::StatusCode;
use serde_json::{Map, Value};

use super::view::AgentView;
use crate::{
    Problem,
    extract::{Caller, IdempotencyKey, IfMatch, Json, Path},
    merge_patch::merge,
    state::Edge,
    versioned::{Created, Versioned},
};

/// Makes an agent. The body is its definition; the answer to a faulty one names every fault.
#[utoipa::path(post, path = "/api/v1/agents", tag = "agents",
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body(content = Object, description = "The definition.",
        example = json!({ "name": "reviewer", "instructions": "Say what is wrong with the text." })),
    responses((status = 201, description = "The agent.", body = AgentView)))]
#[tracing::instrument(name = "api.agents.create", skip_all)]
pub(crate) async fn create_agent(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    IdempotencyKey(key): IdempotencyKey,
    Json(definition): Json<Value>,
) -> Result<Created<AgentView>, Problem> {
    let agent = edge.app().agents().create(&caller, definition, key).await?;
    let (location, version) = (format!("/api/v1/agents/{}", agent.id), agent.version);
    Ok(Created { location, version, view: agent.into() })
}

/// Gives an agent another definition. An unchanged one makes no new version.
#[utoipa::path(put, path = "/api/v1/agents/{agent_id}", tag = "agents",
    params(("agent_id" = String, Path), ("If-Match" = String, Header)),
    request_body(content = Object, description = "The definition."),
    responses((status = 200, description = "The agent as it is now.", body = AgentView)))]
#[tracing::instrument(name = "api.agents.replace", skip_all, fields(agent.id = %agent_id))]
pub(crate) async fn replace_agent(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(agent_id): Path<AgentId>,
    IfMatch(version): IfMatch,
    Json(definition): Json<Value>,
) -> Result<Versioned<AgentView>, Problem> {
    let agent = edge.app().agents().update(&caller, agent_id, definition, version).await?;
    Ok(Versioned(agent.version, agent.into()))
}

/// Changes an agent: members of the body take the place of those of its definition, `null` removes
/// one (JSON merge patch).
#[utoipa::path(patch, path = "/api/v1/agents/{agent_id}", tag = "agents",
    params(("agent_id" = String, Path), ("If-Match" = String, Header)),
    request_body(content = Object, description = "Members of the definition."),
    responses((status = 200, description = "The agent as it is now.", body = AgentView)))]
#[tracing::instrument(name = "api.agents.update", skip_all, fields(agent.id = %agent_id))]
pub(crate) async fn update_agent(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(agent_id): Path<AgentId>,
    IfMatch(version): IfMatch,
    Json(patch): Json<Map<String, Value>>,
) -> Result<Versioned<AgentView>, Problem> {
    let agents = edge.app().agents();
    let mut definition = agents.get(&caller, agent_id).await?.definition;
    merge(&mut definition, patch.into());
    // Whoever changed it in between has raised its version: then this is refused.
    let agent = agents.update(&caller, agent_id, definition, version).await?;
    Ok(Versioned(agent.version, agent.into()))
}

/// Removes an agent. Its versions stay, because runs are pinned to them.
#[utoipa::path(delete, path = "/api/v1/agents/{agent_id}", tag = "agents",
    params(("agent_id" = String, Path)),
    responses((status = 204, description = "It is gone.")))]
#[tracing::instrument(name = "api.agents.delete", skip_all, fields(agent.id = %agent_id))]
pub(crate) async fn delete_agent(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(agent_id): Path<AgentId>,
) -> Result<StatusCode, Problem> {
    edge.app().agents().delete(&caller, agent_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
