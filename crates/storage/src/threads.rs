//! Threads and their messages.

use gathering_database::{Sql, params, row};
use gathering_domain::{
    Actor, AgentId, MessageId, ProjectId, RunId, RunStatus, ThreadId, Timestamp,
};
use gathering_engine::Outcome;
use uuid::Uuid;

use crate::column;
use crate::{
    actor::actor_text,
    statement::{Query, Write, statements},
};

row! {
    /// A thread.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ThreadRow {
        /// Its id.
        pub id: ThreadId as Uuid,
        /// Whose it is.
        pub actor: Actor as String => |text| serde_json::from_str(&text).ok(),
        /// The agent.
        pub agent_id: AgentId as Uuid,
        /// A line for people.
        pub title: String,
        /// When it was made.
        pub created_at: Timestamp as i64,
    }

    /// A message with the state of the run that answers it.
    #[derive(Debug, Clone, PartialEq)]
    pub struct MessageRow {
        /// Its id.
        pub id: MessageId as Uuid,
        /// Its thread.
        pub thread_id: ThreadId as Uuid,
        /// What was said.
        pub content: String,
        /// When.
        pub created_at: Timestamp as i64,
        /// The run.
        pub run_id: RunId as Uuid,
        /// Where the run is.
        pub status: RunStatus as String => |word| RunStatus::from_word(&word),
        /// How it ended, if that is small.
        pub outcome: Option<Outcome> as Option<String> => column::json,
        /// The blob that tells how it ended, if that is large.
        pub outcome_blob: Option<Vec<u8>>,
    }
}

/// A thread that comes into being.
#[derive(Debug, Clone)]
pub struct NewThread<'a> {
    /// Its id.
    pub id: ThreadId,
    /// Its project.
    pub project_id: ProjectId,
    /// Whose it is.
    pub actor: Actor,
    /// The agent.
    pub agent_id: AgentId,
    /// A line for people.
    pub title: &'a str,
    /// When.
    pub now: Timestamp,
}

/// A message that comes into being.
#[derive(Debug, Clone)]
pub struct NewMessage<'a> {
    /// Its id.
    pub id: MessageId,
    /// Its project.
    pub project_id: ProjectId,
    /// Who says it.
    pub actor: Actor,
    /// The thread.
    pub thread_id: ThreadId,
    /// The run that will answer.
    pub run_id: RunId,
    /// What is said.
    pub content: &'a str,
    /// When.
    pub now: Timestamp,
}

/// Messages, each with the run that answers it: the latest retry of the first one, among those that
/// `$which` lets through.
macro_rules! select_message {
    ($rest:literal) => {
        select_message!("", $rest)
    };
    ($which:literal, $rest:literal) => {
        Sql::both(concat!(
            "SELECT m.id, m.thread_id, m.content, m.created_at, r.id AS run_id, r.status, r.outcome, \
             r.outcome_blob FROM messages m JOIN runs r ON r.id = COALESCE(( \
               SELECT retry.id FROM runs AS retry \
               WHERE retry.first_run_id = m.run_id AND retry.retry_of IS NOT NULL ", $which, " \
               ORDER BY retry.created_at DESC, retry.id DESC LIMIT 1), m.run_id) ",
            $rest
        ))
    };
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO threads (id, project_id, actor, agent_id, title, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    );
    FIND -> ThreadRow = Sql::both(
        "SELECT id, actor, agent_id, title, created_at FROM threads \
         WHERE project_id = $1 AND id = $2",
    );
    LIST -> ThreadRow = Sql::both(
        "SELECT id, actor, agent_id, title, created_at FROM threads \
         WHERE project_id = $1 AND actor = $2 AND id < $3 ORDER BY id DESC LIMIT $4",
    );
    LIST_OF_AGENT -> ThreadRow = Sql::both(
        "SELECT id, actor, agent_id, title, created_at FROM threads \
         WHERE project_id = $1 AND actor = $2 AND agent_id = $3 AND id < $4 \
         ORDER BY id DESC LIMIT $5",
    );
    INSERT_MESSAGE = Sql::both(
        "INSERT INTO messages (id, project_id, actor, thread_id, run_id, content, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    );
    DELETE_MESSAGE = Sql::both("DELETE FROM messages WHERE id = $1");
    FIND_MESSAGE_OF_RUN -> MessageRow = select_message!("WHERE m.run_id = $1");
    LIST_MESSAGES -> MessageRow =
        select_message!("WHERE m.thread_id = $1 AND m.id < $2 ORDER BY m.id DESC LIMIT $3");
    /// What the turn that answers message `$2` gets to read. What was retried after that turn had been
    /// accepted is left as it was: a fold must read the same each time.
    LIST_BEFORE -> MessageRow = select_message!(
        "AND retry.created_at < (SELECT turn.created_at FROM messages AS own \
           JOIN runs AS turn ON turn.id = own.run_id WHERE own.id = $2)",
        "WHERE m.thread_id = $1 AND m.id < $2 ORDER BY m.id DESC LIMIT $3"
    );
    FIND_OPEN -> MessageRow = select_message!(
        "WHERE m.thread_id = $1 AND r.finished_at IS NULL ORDER BY m.id LIMIT $2"
    );
}

/// Makes a thread.
pub fn insert(thread: &NewThread<'_>) -> Write {
    let NewThread { id, project_id, actor, agent_id, title, now } = thread;
    let actor = actor_text(*actor);
    Write::new(
        INSERT,
        params![id.uuid(), project_id.uuid(), actor, agent_id.uuid(), *title, now.micros()],
    )
}

/// The thread of that id.
pub fn find(project_id: ProjectId, id: ThreadId) -> Query<ThreadRow> {
    Query::new(FIND, params![project_id.uuid(), id.uuid()])
}

/// Threads of an actor, the newest first, with one agent or with all.
pub fn list(
    project_id: ProjectId,
    actor: Actor,
    agent_id: Option<AgentId>,
    before: Option<ThreadId>,
    limit: u32,
) -> Query<ThreadRow> {
    let before = before.map_or(Uuid::max(), ThreadId::uuid);
    let (project_id, actor) = (project_id.uuid(), actor_text(actor));
    match agent_id {
        Some(agent) => {
            Query::new(LIST_OF_AGENT, params![project_id, actor, agent.uuid(), before, limit])
        }
        None => Query::new(LIST, params![project_id, actor, before, limit]),
    }
}

/// Makes a message. It is read only once its run exists.
pub fn insert_message(message: &NewMessage<'_>) -> Write {
    let NewMessage { id, project_id, actor, thread_id, run_id, content, now } = message;
    Write::new(
        INSERT_MESSAGE,
        params![
            id.uuid(),
            project_id.uuid(),
            actor_text(*actor),
            thread_id.uuid(),
            run_id.uuid(),
            *content,
            now.micros(),
        ],
    )
}

/// Removes a message whose run was not made.
pub fn delete_message(id: MessageId) -> Write {
    Write::new(DELETE_MESSAGE, params![id.uuid()])
}

/// The message that a run answers.
pub fn find_message_of_run(run_id: RunId) -> Query<MessageRow> {
    Query::new(FIND_MESSAGE_OF_RUN, params![run_id.uuid()])
}

/// Messages of a thread, the newest first.
pub fn list_messages(
    thread_id: ThreadId,
    before: Option<MessageId>,
    limit: u32,
) -> Query<MessageRow> {
    let before = before.map_or(Uuid::max(), MessageId::uuid);
    Query::new(LIST_MESSAGES, params![thread_id.uuid(), before, limit])
}

/// Messages of a thread before one, the newest first, as the turn that answers that one reads them.
pub fn list_before(thread_id: ThreadId, message: MessageId, limit: u32) -> Query<MessageRow> {
    Query::new(LIST_BEFORE, params![thread_id.uuid(), message.uuid(), limit])
}

/// Messages whose turn has not ended, the oldest first.
pub fn find_open(thread_id: ThreadId, limit: u32) -> Query<MessageRow> {
    Query::new(FIND_OPEN, params![thread_id.uuid(), limit])
}
