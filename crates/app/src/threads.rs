//! Threads: an agent's ordered messages with one user.

pub(crate) mod history;
mod messages;
mod post;

pub use gathering_agents::BusyPolicy;
use gathering_domain::{
    Actor, AgentId, Failure, MessageId, Permission, RunId, RunStatus, ThreadId, Timestamp,
};
use gathering_engine::Payload;
use gathering_storage::{
    definitions::DefinitionKind,
    threads::{self as rows, NewThread, ThreadRow},
};

use crate::{App, Caller, Error, Page, PageRequest, Result, definitions::Stored};

/// The longest title, in characters.
const MAX_TITLE_CHARS: usize = 200;

/// Use cases of threads.
#[derive(Clone)]
pub struct Threads<'a> {
    pub(crate) app: &'a App,
}

/// A thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// Its id.
    pub id: ThreadId,
    /// The agent.
    pub agent_id: AgentId,
    /// Whose it is: nobody else sees it.
    pub actor: Actor,
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

/// Says something in a thread.
#[derive(Debug, Clone, PartialEq)]
pub struct PostMessage {
    /// What.
    pub text: String,
    /// What if the thread is busy; the agent's own policy if absent.
    pub busy: Option<BusyPolicy>,
    /// A second post with the same key answers the first message.
    pub idempotency_key: Option<String>,
}

impl Threads<'_> {
    /// Opens a thread with an agent.
    pub async fn open(&self, caller: &Caller, agent_id: AgentId, title: &str) -> Result<Thread> {
        let project_id = caller.require_here(Permission::RunStart)?;
        if title.chars().count() > MAX_TITLE_CHARS || title.chars().any(char::is_control) {
            let message = format!("a title has at most {MAX_TITLE_CHARS} characters, in one line");
            return Err(Error::invalid_field("/title", "invalid_title", message));
        }
        Stored { app: self.app, project_id, kind: DefinitionKind::Agent }
            .get(agent_id.uuid())
            .await?;
        let (id, actor) = (ThreadId::next(&*self.app.inner.ids), caller.actor());
        let now = self.app.now();
        let new = NewThread { id, project_id, actor, agent_id, title, now };
        self.app.write(rows::insert(&new)).await?;
        Ok(Thread { id, agent_id, actor, title: title.to_owned(), created_at: now })
    }

    /// The caller's thread of that id.
    pub async fn get(&self, caller: &Caller, id: ThreadId) -> Result<Thread> {
        let project_id = caller.require_here(Permission::Read)?;
        let row = rows::find(project_id, id).first(self.app.database()).await?;
        let own = row.filter(|row| row.actor == caller.actor());
        own.map(Thread::from).ok_or_else(|| Error::not_found("thread", id))
    }

    /// The caller's threads, the newest first, with one agent or with all.
    pub async fn list(
        &self,
        caller: &Caller,
        agent_id: Option<AgentId>,
        page: PageRequest,
    ) -> Result<Page<Thread>> {
        let project_id = caller.require_here(Permission::Read)?;
        let (limit, before) = (page.limit()?, page.after()?);
        let found = rows::list(project_id, caller.actor(), agent_id, before, limit + 1);
        let found = found.all(self.app.database()).await?;
        Ok(Page::of(found, limit, |row| row.id.to_string()).map(Thread::from))
    }
}

impl From<ThreadRow> for Thread {
    fn from(row: ThreadRow) -> Self {
        let ThreadRow { id, actor, agent_id, title, created_at } = row;
        Self { id, agent_id, actor, title, created_at }
    }
}
