//! Who does something: every change names its actor.

use serde::{Deserialize, Serialize};

use crate::{AgentId, RunId, UserId};

/// Who asked for a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Actor {
    /// A person, signed in.
    User {
        /// The person.
        user_id: UserId,
    },
    /// An agent, in one of its runs.
    Agent {
        /// The agent.
        agent_id: AgentId,
        /// The run in which it acts.
        run_id: RunId,
    },
    /// The person at the command line of the host that holds the store.
    LocalOwner,
    /// The server itself: timers, recovery, retention.
    System,
}
