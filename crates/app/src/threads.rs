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

use serde_json::json;

use crate::{
    App, Caller, Error, Page, PageRequest, Result, definitions::Stored, idempotency::asked_once,
};

/// The scope of idempotency keys of threads.
const SCOPE: &str = "thread.open";
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
    /// Opens a thread with an agent, once for a key.
    pub async fn open(
        &self,
        caller: &Caller,
        agent_id: AgentId,
        title: &str,
        key: Option<String>,
    ) -> Result<Thread> {
        let project_id = caller.require_here(Permission::RunStart)?;
        let (actor, title) = (caller.actor(), title.to_owned());
        // A thread is its user's own: by a key that somebody else used, nobody meets theirs.
        let request = || json!({ "agent": agent_id, "title": title, "actor": actor });
        let asked = asked_once(SCOPE, key, request)?;
        if title.chars().count() > MAX_TITLE_CHARS || title.chars().any(char::is_control) {
            let message = format!("a title has at most {MAX_TITLE_CHARS} characters, in one line");
            return Err(Error::invalid_field("/title", "invalid_title", message));
        }
        let thread = move |id, created_at| {
            let title = title.clone();
            Thread { id, agent_id, actor, title, created_at }
        };
        if let Some(earlier) = self.app.made_before(project_id, asked.as_ref()).await? {
            return Ok(thread(ThreadId::from_uuid(earlier.target_id), earlier.created_at));
        }
        Stored { app: self.app, project_id, kind: DefinitionKind::Agent }
            .get(agent_id.uuid())
            .await?;
        let (id, now) = (ThreadId::next(&*self.app.inner.ids), self.app.now());
        let opened = self.app.make_once(project_id, asked, id.uuid(), move |tx, earlier| {
            if let Some(earlier) = earlier {
                return Ok(thread(ThreadId::from_uuid(earlier.target_id), earlier.created_at));
            }
            let made = thread(id, now);
            let title = made.title.as_str();
            rows::insert(&NewThread { id, project_id, actor, agent_id, title, now }).run_in(tx)?;
            Ok(made)
        });
        opened.await
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
