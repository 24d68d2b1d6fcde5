//! Threads and messages as clients read them.

use gathering_app::{
    runs::Run,
    threads::{Message, Thread},
};
use gathering_domain::{AgentId, MessageId, RunId, RunStatus, ThreadId};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::views::{ActorView, FailureView, RunStatusWord, Time};

/// A thread.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Thread)]
pub(crate) struct ThreadView {
    /// Its id.
    #[schema(value_type = String, example = "thr_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    id: ThreadId,
    /// The agent.
    #[schema(value_type = String, example = "agt_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    agent_id: AgentId,
    /// Whose it is: nobody else sees it.
    actor: ActorView,
    /// A line for people.
    title: String,
    /// When it was made.
    created_at: Time,
}

/// A user's message, with the turn that answers it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Message)]
pub(crate) struct MessageView {
    /// Its id.
    #[schema(value_type = String, example = "msg_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    id: MessageId,
    /// The thread.
    #[schema(value_type = String, example = "thr_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    thread_id: ThreadId,
    /// What the user said.
    text: String,
    /// When.
    at: Time,
    /// The run that answers.
    #[schema(value_type = String, example = "run_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    run_id: RunId,
    /// Where that run is.
    status: RunStatusWord,
    /// What the agent answered, once the run has succeeded.
    reply: Option<Value>,
    /// Why there is no answer.
    error: Option<FailureView>,
}

impl MessageView {
    /// The same message with what its run has come to.
    pub(super) fn answered_by(self, run: Run) -> Self {
        let Run { summary, output, error, .. } = run;
        let well = summary.status == RunStatus::Succeeded;
        let reply = well.then(|| output.as_ref().clone());
        Self { status: summary.status.into(), reply, error: error.map(FailureView::from), ..self }
    }
}

impl From<Thread> for ThreadView {
    fn from(thread: Thread) -> Self {
        let Thread { id, agent_id, actor, title, created_at } = thread;
        Self { id, agent_id, actor: actor.into(), title, created_at: created_at.into() }
    }
}

impl From<Message> for MessageView {
    fn from(message: Message) -> Self {
        let Message { id, thread_id, text, at, run_id, status, reply, error } = message;
        Self {
            id,
            thread_id,
            text,
            at: at.into(),
            run_id,
            status: status.into(),
            reply: reply.map(|reply| reply.as_ref().clone()),
            error: error.map(FailureView::from),
        }
    }
}
