//! Who did something, as clients read it.

use gathering_domain::{Actor, AgentId, RunId, UserId};
use serde::Serialize;
use utoipa::ToSchema;

/// Who did something.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Actor)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum ActorView {
    /// A person, signed in.
    User {
        /// The person.
        #[schema(value_type = String, example = "usr_01985f2e6a7b7c00a0b1c2d3e4f50617")]
        user_id: UserId,
    },
    /// An agent, in one of its runs.
    Agent {
        /// The agent.
        #[schema(value_type = String, example = "agt_01985f2e6a7b7c00a0b1c2d3e4f50617")]
        agent_id: AgentId,
        /// The run in which it acted.
        #[schema(value_type = String, example = "run_01985f2e6a7b7c00a0b1c2d3e4f50617")]
        run_id: RunId,
    },
    /// The person at the command line of the host that holds the store.
    LocalOwner,
    /// The server itself.
    System,
}

impl From<Actor> for ActorView {
    fn from(actor: Actor) -> Self {
        match actor {
            Actor::User { user_id } => Self::User { user_id },
            Actor::Agent { agent_id, run_id } => Self::Agent { agent_id, run_id },
            Actor::LocalOwner => Self::LocalOwner,
            Actor::System => Self::System,
        }
    }
}
