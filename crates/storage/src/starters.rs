//! What starts runs by itself, as it was read: a run of it comes into being only while it stands so.

use gathering_database::{Sql, Statement, params};
use gathering_domain::{HookId, TriggerId};
use uuid::Uuid;

use crate::statement::statements;

/// What a start violates whose trigger or hook was paused, changed or removed since it was read.
pub const STARTER_CONSTRAINT: &str = "starters_still_at";

/// A trigger or a hook as it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Starter {
    /// A trigger.
    Trigger {
        /// Which.
        id: TriggerId,
        /// Its version then.
        version: u64,
    },
    /// A hook.
    Hook {
        /// Which.
        id: HookId,
        /// Its version then.
        version: u64,
    },
}

statements! {
    /// Until the commit nobody pauses, changes or removes it. Others start runs of it meanwhile.
    TRIGGER_STANDS = Sql::each(
        "SELECT 1 FROM triggers WHERE id = $1 AND version = $2 AND enabled",
        "SELECT 1 FROM triggers WHERE id = $1 AND version = $2 AND enabled FOR SHARE",
    );
    /// The same of a hook.
    HOOK_STANDS = Sql::each(
        "SELECT 1 FROM hooks WHERE id = $1 AND version = $2 AND enabled",
        "SELECT 1 FROM hooks WHERE id = $1 AND version = $2 AND enabled FOR SHARE",
    );
}

impl Starter {
    /// Whose row it is.
    pub(crate) const fn id(self) -> Uuid {
        match self {
            Self::Trigger { id, .. } => id.uuid(),
            Self::Hook { id, .. } => id.uuid(),
        }
    }

    /// Finds a row while it stands as it was read, and keeps it so until the transaction has ended.
    pub(crate) fn stands(self) -> Statement {
        let (sql, version) = match self {
            Self::Trigger { version, .. } => (TRIGGER_STANDS, version),
            Self::Hook { version, .. } => (HOOK_STANDS, version),
        };
        let version = i64::try_from(version).unwrap_or(i64::MAX);
        Statement::new(sql, params![self.id(), version]).expecting(1).returning()
    }
}
