//! Names of what a project holds, of every kind, for searches.

use gathering_database::{Sql, params, row};
use gathering_domain::{Actor, ProjectId};
use uuid::Uuid;

use crate::actor::actor_text;
use crate::statement::{Query, statements};

/// What has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedKind {
    /// A pipeline.
    Pipeline,
    /// An agent.
    Agent,
    /// A schedule.
    Schedule,
    /// A trigger.
    Trigger,
    /// A hook.
    Hook,
    /// A webhook.
    Webhook,
    /// A channel.
    Channel,
    /// A provider.
    Provider,
    /// A thread.
    Thread,
}

row! {
    /// Something that has a name.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct NameRow {
        /// What it is.
        pub kind: NamedKind as String => |word| NamedKind::from_word(&word),
        /// Its id.
        pub id: Uuid,
        /// Its name; a webhook's address, a thread's title.
        pub name: String,
    }
}

/// The latest `$2` of a kind.
macro_rules! latest {
    ($kind:literal, $name:literal, $table:literal, $more:literal) => {
        concat!(
            "SELECT kind, id, name FROM (SELECT ",
            $kind,
            " AS kind, id, ",
            $name,
            " AS name FROM ",
            $table,
            " WHERE project_id = $1 ",
            $more,
            " ORDER BY id DESC LIMIT $2) AS ",
            $table
        )
    };
}

statements! {
    LIST -> NameRow = Sql::both(concat!(
        latest!("'pipeline'", "name", "definitions", "AND kind = 'pipeline'"),
        " UNION ALL ",
        latest!("'agent'", "name", "definitions", "AND kind = 'agent'"),
        " UNION ALL ",
        latest!("'schedule'", "name", "schedules", ""),
        " UNION ALL ",
        latest!("'trigger'", "name", "triggers", ""),
        " UNION ALL ",
        latest!("'hook'", "name", "hooks", ""),
        " UNION ALL ",
        latest!("'webhook'", "url", "webhooks", ""),
        " UNION ALL ",
        latest!("'channel'", "name", "channels", ""),
        " UNION ALL ",
        latest!("'provider'", "name", "providers", ""),
        " UNION ALL ",
        latest!("'thread'", "title", "threads", "AND actor = $3"),
    ));
}

impl NamedKind {
    /// The kind of that name in the statement.
    fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "pipeline" => Self::Pipeline,
            "agent" => Self::Agent,
            "schedule" => Self::Schedule,
            "trigger" => Self::Trigger,
            "hook" => Self::Hook,
            "webhook" => Self::Webhook,
            "channel" => Self::Channel,
            "provider" => Self::Provider,
            "thread" => Self::Thread,
            _ => return None,
        })
    }
}

/// What a project holds, the latest `most` of each kind; of threads those of this actor.
pub fn list(project_id: ProjectId, actor: Actor, most: u32) -> Query<NameRow> {
    Query::new(LIST, params![project_id.uuid(), most, actor_text(actor)])
}
