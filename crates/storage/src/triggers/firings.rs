//! The last events of each trigger.

use gathering_database::{Sql, params, row};
use gathering_domain::{Actor, RunId, Timestamp, TriggerId};
use uuid::Uuid;

use crate::{
    Position,
    actor::actor_text,
    runs::still_shown_to,
    statement::{Query, Write, statements},
};

/// What became of an event that a trigger is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FiringOutcome {
    /// It started a run.
    Started,
    /// It started none, so that there is no end to it, or too many at once.
    Dropped,
    /// It started none, though it should have.
    Failed,
}

row! {
    /// An event that a trigger is for.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct FiringRow {
        /// Which trigger.
        pub trigger_id: TriggerId as Uuid,
        /// The event's place in the log.
        pub position: Position as i64 => |position| Some(Position(position)),
        /// When it was acted on.
        pub at: Timestamp as i64,
        /// The event's type.
        pub event_type: String,
        /// The event's subject.
        pub subject: String,
        /// To which run it happened.
        pub event_run_id: RunId as Uuid,
        /// What became of it.
        pub outcome: FiringOutcome as String => |word| FiringOutcome::from_word(&word),
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
        "INSERT INTO firings (trigger_id, position, at, event_type, subject, event_run_id, outcome, run_id, \
         code, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         ON CONFLICT (trigger_id, position) DO NOTHING"
    );
    COUNT_IN = Sql::both(
        "UPDATE triggers SET last_at = $3, \
         started = started + CASE WHEN $2 = 'started' THEN 1 ELSE 0 END, \
         dropped = dropped + CASE WHEN $2 = 'dropped' THEN 1 ELSE 0 END, \
         failed = failed + CASE WHEN $2 = 'failed' THEN 1 ELSE 0 END WHERE id = $1"
    );
    PRUNE = Sql::both(
        "DELETE FROM firings WHERE trigger_id = $1 AND position < \
         (SELECT position FROM firings WHERE trigger_id = $1 ORDER BY position DESC LIMIT 1 OFFSET $2)"
    );
    FORGET = Sql::both("DELETE FROM firings WHERE trigger_id = $1");
    SINCE = Sql::both("SELECT 1 FROM firings WHERE trigger_id = $1 AND position >= $2 LIMIT 1");
    LIST -> FiringRow = Sql::both(concat!(
        "SELECT trigger_id, position, at, event_type, subject, event_run_id, outcome, run_id, code, detail \
         FROM firings WHERE trigger_id = $1 AND position < $2 \
           AND ", still_shown_to!("firings.event_run_id", "$4"), " ORDER BY position DESC LIMIT $3"
    ));
}

/// Keeps what became of an event, once.
pub fn fire(firing: &FiringRow) -> Write {
    Write::new(
        INSERT,
        params![
            firing.trigger_id.uuid(),
            firing.position.0,
            firing.at.micros(),
            firing.event_type.as_str(),
            firing.subject.as_str(),
            firing.event_run_id.uuid(),
            firing.outcome.as_str(),
            firing.run_id.map(RunId::uuid),
            firing.code.as_deref(),
            firing.detail.as_deref(),
        ],
    )
}

/// Counts what became of an event.
pub fn count_in(firing: &FiringRow) -> Write {
    let FiringRow { trigger_id, outcome, at, .. } = firing;
    Write::new(COUNT_IN, params![trigger_id.uuid(), outcome.as_str(), at.micros()])
}

/// Forgets all but the last so many events of a trigger.
pub fn prune(trigger_id: TriggerId, keep: u32) -> Write {
    let before = i64::from(keep).saturating_sub(1);
    Write::new(PRUNE, params![trigger_id.uuid(), before])
}

/// Forgets all events of a trigger.
pub fn forget(trigger_id: TriggerId) -> Write {
    Write::new(FORGET, params![trigger_id.uuid()])
}

/// Finds a row if this event of a trigger, or a later one, was acted on. They are acted on in order, so that
/// what is earlier than one that is kept was acted on as well.
pub fn any_since(trigger_id: TriggerId, position: Position) -> Query<(i32,)> {
    Query::new(SINCE, params![trigger_id.uuid(), position.0])
}

/// Events of a trigger, the latest first. Without those of runs that are another person's than `shown_to`.
pub fn list_firings(
    trigger_id: TriggerId,
    before: Option<i64>,
    limit: u32,
    shown_to: Option<Actor>,
) -> Query<FiringRow> {
    let before = before.unwrap_or(i64::MAX);
    Query::new(LIST, params![trigger_id.uuid(), before, limit, shown_to.map(actor_text)])
}

impl FiringOutcome {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Started, Self::Dropped, Self::Failed];

    /// The word that the API and the database use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Dropped => "dropped",
            Self::Failed => "failed",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }
}
