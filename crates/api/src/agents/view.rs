//! Agents as clients read them.

use gathering_app::agents::{Agent, AgentVersion, Preview};
use gathering_domain::{AgentId, AgentVersionId};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::views::Time;

/// An agent with its present definition.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Agent)]
pub(crate) struct AgentView {
    /// Its id.
    #[schema(value_type = String, example = "agt_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    id: AgentId,
    /// What definitions call it.
    #[schema(example = "reviewer")]
    name: String,
    /// Rises with each change; what `If-Match` names.
    version: u64,
    /// Its present version.
    #[schema(value_type = String, example = "agv_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    version_id: AgentVersionId,
    /// Its present definition.
    #[schema(value_type = Object)]
    definition: Value,
    /// When it was made.
    created_at: Time,
    /// When it was changed last.
    updated_at: Time,
}

/// An immutable version of an agent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AgentVersion)]
pub(crate) struct AgentVersionView {
    /// Its id.
    #[schema(value_type = String, example = "agv_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    id: AgentVersionId,
    /// The number among the agent's versions, from 1.
    number: u64,
    /// SHA-256 of its canonical JSON, in hexadecimal.
    hash: String,
    /// The definition.
    #[schema(value_type = Object)]
    definition: Value,
    /// When it was made.
    created_at: Time,
}

/// What a model would get for a message.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Preview)]
pub(crate) struct PreviewView {
    /// The request, before the provider's adapter writes it in its own form.
    #[schema(value_type = Object)]
    request: Value,
    /// Its tokens.
    tokens: u64,
    /// Whether the provider counted them; estimated otherwise.
    counted: bool,
}

impl From<Agent> for AgentView {
    fn from(agent: Agent) -> Self {
        let Agent { id, name, version, version_id, definition, created_at, updated_at } = agent;
        let (created_at, updated_at) = (created_at.into(), updated_at.into());
        Self { id, name, version, version_id, definition, created_at, updated_at }
    }
}

impl From<AgentVersion> for AgentVersionView {
    fn from(version: AgentVersion) -> Self {
        let AgentVersion { id, number, hash, definition, created_at } = version;
        Self { id, number, hash, definition, created_at: created_at.into() }
    }
}

impl From<Preview> for PreviewView {
    fn from(preview: Preview) -> Self {
        let Preview { request, tokens, counted } = preview;
        Self { request, tokens, counted }
    }
}
