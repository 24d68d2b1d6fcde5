//! Threads: an agent's ordered messages with one user.

use gathering_domain::{
    AgentId, Failure, MessageId, RunId, RunStatus, ThreadId, Timestamp, UserId,
};
use gathering_engine::Payload;

/// A thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// Its id.
    pub id: ThreadId,
    /// The agent.
    pub agent_id: AgentId,
    /// The user; none for the local owner.
    pub user_id: Option<UserId>,
    /// A line for people.
    pub title: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A user's message, with the turn that answers it. The answer is the run's outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// The thread.
    pub thread_id: ThreadId,
    /// What the user said.
    pub text: String,
    /// When.
    pub at: Timestamp,
    /// The run that answers.
    pub run_id: RunId,
    /// Where that run is.
    pub status: RunStatus,
    /// What the agent answered, once the run has succeeded.
    pub reply: Option<Payload>,
    /// Why there is no answer.
    pub error: Option<Failure>,
}

/// What happens to a message while the thread has a turn under way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum BusyPolicy {
    /// Its turn begins when the one before has ended.
    #[default]
    Queue,
    /// It is refused.
    Reject,
    /// The turn under way is cancelled.
    Interrupt,
}

/// Says something in a thread.
#[derive(Debug, Clone, PartialEq)]
pub struct PostMessage {
    /// What.
    pub text: String,
    /// What if the thread is busy.
    pub busy: BusyPolicy,
    /// A second post with the same key answers the first message.
    pub idempotency_key: Option<String>,
}
