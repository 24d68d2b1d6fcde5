//! Agents: definitions with immutable versions.

use gathering_domain::{AgentId, AgentVersionId, Timestamp};
use serde_json::Value;

/// An agent with its present definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Agent {
    /// Its id.
    pub id: AgentId,
    /// What definitions call it.
    pub name: String,
    /// Rises with each change; what `If-Match` names.
    pub version: u64,
    /// Its present version.
    pub version_id: AgentVersionId,
    /// Its present definition.
    pub definition: Value,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// An immutable version of an agent.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentVersion {
    /// Its id.
    pub id: AgentVersionId,
    /// The number among the agent's versions, from 1.
    pub number: u64,
    /// SHA-256 of its canonical JSON, in hexadecimal.
    pub hash: String,
    /// The definition.
    pub definition: Value,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What a model would get for a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// The request as the model port takes it, as JSON.
    pub request: Value,
    /// Its tokens.
    pub tokens: u64,
    /// Whether they were counted by the provider; estimated otherwise.
    pub counted: bool,
}
