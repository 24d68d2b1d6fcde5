//! What others tell a run: a row under a unique key, taken into the journal by the run's owner.

use gathering_database::{Sql, params, row};
use gathering_domain::{Actor, MicroUsd, RunId, Timestamp};
use gathering_engine::{ChildSettled, Key, Payload, Resolution, SignalReceived};
use serde::{Deserialize, Serialize};

use crate::statement::{Query, statements};

/// What a run is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum InboxMessage {
    /// Somebody wants it to end.
    Cancel {
        /// Who.
        actor: Actor,
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// Somebody answers what it awaits.
    Signal(SignalReceived),
    /// A person says what became of an attempt whose outcome is unknown.
    Resolve {
        /// The effect.
        key: Key,
        /// Which attempt they speak of.
        attempt: u32,
        /// What they say.
        #[serde(with = "StoredResolution")]
        resolution: Resolution,
        /// Who.
        actor: Actor,
    },
    /// A child run has ended.
    Child(ChildSettled),
    /// The budget of the run, or of an ancestor that refused it money, was raised.
    BudgetRaised {
        /// Whose budget.
        budget: RunId,
        /// What may be spent now.
        cost: MicroUsd,
        /// Who raised it.
        actor: Actor,
    },
}

/// How a resolution is stored.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Resolution", rename_all = "snake_case")]
enum StoredResolution {
    Done(Payload),
    NotDone,
    Failed(String),
}

row! {
    /// A row of an inbox.
    #[derive(Debug, Clone, PartialEq)]
    pub struct InboxRow {
        /// Its name, to be handed back in [`Append::inbox_done`](crate::Append::inbox_done).
        pub key: String,
        /// What the run is told.
        pub message: InboxMessage as String => |text| serde_json::from_str(&text).ok(),
        /// When.
        pub created_at: Timestamp as i64,
    }
}

statements! {
    /// Comes after the run's row was locked by a poke: the run has not ended then.
    INSERT = Sql::both(
        "INSERT INTO inbox (run_id, key, message, created_at) \
         SELECT id, $2, $3, $4 FROM runs WHERE id = $1 AND finished_at IS NULL \
         ON CONFLICT (run_id, key) DO NOTHING"
    );
    /// Comes after an insert: the row that was put in, or the one that was there before.
    HELD -> InboxRow = Sql::both(
        "SELECT key, message, created_at FROM inbox WHERE run_id = $1 AND key = $2"
    );
    LIST -> InboxRow = Sql::both(
        "SELECT key, message, created_at FROM inbox WHERE run_id = $1 ORDER BY created_at, key"
    );
    DELETE = Sql::both("DELETE FROM inbox WHERE run_id = $1 AND key = $2");
    CLEAR = Sql::both("DELETE FROM inbox WHERE run_id = $1");
}

/// The rows of a run's inbox, oldest first.
pub fn list_inbox(run_id: RunId) -> Query<InboxRow> {
    Query::new(LIST, params![run_id.uuid()])
}

impl InboxMessage {
    /// The key that makes it unique within a run: a second message of the same key is dropped while
    /// the first has not been taken in, and whoever sent it is told.
    pub fn key(&self) -> String {
        match self {
            Self::Cancel { .. } => "cancel".to_owned(),
            Self::Signal(signal) => format!("signal/{}", signal.key),
            Self::Resolve { key, .. } => format!("resolve/{key}"),
            Self::Child(child) => format!("child/{}", child.key),
            Self::BudgetRaised { budget, cost, .. } => format!("budget/{budget}/{}", cost.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_read_back() {
        let key = Key::new("node:page");
        let messages = [
            InboxMessage::Cancel { actor: Actor::LocalOwner, reason: "enough".into() },
            InboxMessage::BudgetRaised {
                budget: RunId::from_uuid(uuid::Uuid::from_u128(3)),
                cost: MicroUsd(1_250_000),
                actor: Actor::System,
            },
            InboxMessage::Resolve {
                key: key.clone(),
                attempt: 1,
                resolution: Resolution::NotDone,
                actor: Actor::System,
            },
            InboxMessage::Resolve {
                key,
                attempt: 2,
                resolution: Resolution::Done(serde_json::json!({"ok": true}).into()),
                actor: Actor::System,
            },
        ];
        for message in messages {
            let text = serde_json::to_string(&message).unwrap();
            assert_eq!(serde_json::from_str::<InboxMessage>(&text).unwrap(), message, "{text}");
        }
    }
}
