//! The last requests of each hook.

use gathering_database::{Sql, params, row};
use gathering_domain::{DeliveryId, HookId, RunId, Timestamp};
use uuid::Uuid;

use crate::statement::{Query, Write, statements};

/// What became of a request to a hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryOutcome {
    /// It started a run.
    Started,
    /// It had come before, and its run was started then.
    Repeated,
    /// The hook's filter did not want it.
    Ignored,
    /// It could not be verified.
    Refused,
    /// It started no run, though it should have.
    Failed,
}

row! {
    /// A request that came.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct HookDeliveryRow {
        /// Its id.
        pub id: DeliveryId as Uuid,
        /// Which hook it came to.
        pub hook_id: HookId as Uuid,
        /// When.
        pub at: Timestamp as i64,
        /// From where.
        pub address: Option<String>,
        /// What its sender calls it.
        pub delivery: Option<String>,
        /// What became of it.
        pub outcome: DeliveryOutcome as String => |word| DeliveryOutcome::from_word(&word),
        /// The run that it started.
        pub run_id: Option<RunId> as Option<Uuid> => |id| Some(id.map(RunId::from_uuid)),
        /// Why it started none.
        pub code: Option<String>,
        /// The same in words.
        pub detail: Option<String>,
    }
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO hook_deliveries (id, hook_id, at, address, delivery, outcome, run_id, code, detail) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    );
    COUNT_IN = Sql::both(
        "UPDATE hooks SET last_at = $3, \
         started = started + CASE WHEN $2 = 'started' THEN 1 ELSE 0 END, \
         repeated = repeated + CASE WHEN $2 = 'repeated' THEN 1 ELSE 0 END, \
         ignored = ignored + CASE WHEN $2 = 'ignored' THEN 1 ELSE 0 END, \
         refused = refused + CASE WHEN $2 = 'refused' THEN 1 ELSE 0 END, \
         failed = failed + CASE WHEN $2 = 'failed' THEN 1 ELSE 0 END WHERE id = $1"
    );
    PRUNE = Sql::both(
        "DELETE FROM hook_deliveries WHERE hook_id = $1 AND id < \
         (SELECT id FROM hook_deliveries WHERE hook_id = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)"
    );
    FORGET = Sql::both("DELETE FROM hook_deliveries WHERE hook_id = $1");
    LIST -> HookDeliveryRow = Sql::both(
        "SELECT id, hook_id, at, address, delivery, outcome, run_id, code, detail FROM hook_deliveries \
         WHERE hook_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
    );
}

/// Keeps and counts a request.
pub fn deliver(delivery: &HookDeliveryRow) -> [Write; 2] {
    let HookDeliveryRow { id, hook_id, at, address, delivery, outcome, run_id, code, detail } =
        delivery;
    let insert = Write::new(
        INSERT,
        params![
            id.uuid(),
            hook_id.uuid(),
            at.micros(),
            address.as_deref(),
            delivery.as_deref(),
            outcome.as_str(),
            run_id.map(RunId::uuid),
            code.as_deref(),
            detail.as_deref(),
        ],
    );
    let count = Write::new(COUNT_IN, params![hook_id.uuid(), outcome.as_str(), at.micros()]);
    [count, insert]
}

/// Forgets all but the last so many requests of a hook.
pub fn prune(hook_id: HookId, keep: u32) -> Write {
    let before = i64::from(keep).saturating_sub(1);
    Write::new(PRUNE, params![hook_id.uuid(), before])
}

/// Forgets all requests of a hook.
pub fn forget(hook_id: HookId) -> Write {
    Write::new(FORGET, params![hook_id.uuid()])
}

/// Requests of a hook, the latest first.
pub fn list_deliveries(
    hook_id: HookId,
    before: Option<Uuid>,
    limit: u32,
) -> Query<HookDeliveryRow> {
    Query::new(LIST, params![hook_id.uuid(), before.unwrap_or(Uuid::max()), limit])
}

impl DeliveryOutcome {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Started, Self::Repeated, Self::Ignored, Self::Refused, Self::Failed];

    /// The word that the API and the database use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Repeated => "repeated",
            Self::Ignored => "ignored",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }
}
