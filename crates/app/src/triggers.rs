//! Triggers: what starts runs when something happens.

mod act;
mod change;
mod rate;
mod rules;

use gathering_domain::{Actor, Permission, RunId, Timestamp, TriggerId};
use gathering_storage::triggers::{self as rows, FiringRow, TriggerRow};

pub use act::Triggering;
pub use gathering_storage::triggers::FiringOutcome;
pub use rules::{DEFAULT_PER_MINUTE, MOST_PER_MINUTE, TriggerRules};

pub use crate::starting::Startable;
use crate::{
    App, Caller, Error, Page, PageRequest, Result, starting::NotStarted, store_page::after_id,
};

/// The most triggers of a project.
const MOST_TRIGGERS: u32 = 200;
/// Events of a trigger that are kept.
const MOST_KEPT: u32 = 100;
/// The cursor of all triggers in the log.
const CURSOR: &str = "triggers";

/// Use cases of triggers.
#[derive(Clone)]
pub struct Triggers<'a> {
    pub(crate) app: &'a App,
}

/// What starts runs when something happens.
#[derive(Debug, Clone, PartialEq)]
pub struct EventTrigger {
    /// Its id.
    pub id: TriggerId,
    /// What it is called.
    pub name: String,
    /// What it starts, and for which events.
    pub rules: TriggerRules,
    /// Whether it fires.
    pub enabled: bool,
    /// For whom it acts: whoever changed it last.
    pub acts_for: Actor,
    /// How many events had which outcome.
    pub counts: TriggerCounts,
    /// When the last one came.
    pub last_at: Option<Timestamp>,
    /// Rises with each change; what `If-Match` names.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// How many events of a trigger had which outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TriggerCounts {
    /// They started a run.
    pub started: u64,
    /// They started none, so that there is no end to it, or too many at once.
    pub dropped: u64,
    /// They started none, though they should have.
    pub failed: u64,
}

/// A trigger that is wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct TriggerSpec {
    /// What it is called.
    pub name: String,
    /// What it starts, and for which events.
    pub rules: TriggerRules,
}

/// An event that a trigger is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firing {
    /// The event's position, which is the number in its id.
    pub position: i64,
    /// When it was acted on.
    pub at: Timestamp,
    /// The event's type.
    pub event_type: String,
    /// The event's subject.
    pub subject: String,
    /// To which run it happened.
    pub event_run_id: RunId,
    /// What became of it.
    pub outcome: FiringOutcome,
    /// The run that it started.
    pub run_id: Option<RunId>,
    /// Why it started none.
    pub why: Option<NotStarted>,
}

impl Triggers<'_> {
    /// The trigger of that id.
    pub async fn get(&self, caller: &Caller, id: TriggerId) -> Result<EventTrigger> {
        let project_id = caller.require_here(Permission::Read)?;
        let row = rows::find(project_id, id).first(self.app.database()).await?;
        row.ok_or_else(|| Error::not_found("trigger", id))?.try_into()
    }

    /// Triggers in the order in which they were made.
    pub async fn list(&self, caller: &Caller, page: PageRequest) -> Result<Page<EventTrigger>> {
        let project_id = caller.require_here(Permission::Read)?;
        let (limit, after) = (page.limit()?, after_id(&page, TriggerId::uuid)?);
        let found = rows::list(project_id, after, limit + 1).all(self.app.database()).await?;
        let found = found.into_iter().map(EventTrigger::try_from).collect::<Result<Vec<_>>>()?;
        Ok(Page::of(found, limit, |trigger| trigger.id.to_string()))
    }

    /// The last events of a trigger, the latest first.
    pub async fn firings(
        &self,
        caller: &Caller,
        id: TriggerId,
        page: PageRequest,
    ) -> Result<Page<Firing>> {
        let project_id = caller.require_here(Permission::Read)?;
        let (limit, before) = (page.limit()?, page.after::<i64>()?);
        let database = self.app.database();
        let trigger = rows::find(project_id, id).first(database).await?;
        trigger.ok_or_else(|| Error::not_found("trigger", id))?;
        let found =
            rows::list_firings(id, before, limit + 1, caller.looks_as()).all(database).await?;
        Ok(Page::of(found, limit, |firing| firing.position.0.to_string()).map(Firing::from))
    }
}

impl TryFrom<TriggerRow> for EventTrigger {
    type Error = Error;

    fn try_from(row: TriggerRow) -> Result<Self> {
        let TriggerRow { started, dropped, failed, .. } = row;
        Ok(Self {
            id: row.id,
            name: row.name,
            rules: TriggerRules::read(row.rules)?,
            enabled: row.enabled,
            acts_for: row.actor,
            counts: TriggerCounts { started, dropped, failed },
            last_at: row.last_at,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl From<FiringRow> for Firing {
    fn from(row: FiringRow) -> Self {
        let FiringRow { position, at, event_type, subject, event_run_id, outcome, run_id, .. } =
            row;
        let detail = row.detail.unwrap_or_default();
        let why = row.code.map(|code| NotStarted { code, detail });
        Self { position: position.0, at, event_type, subject, event_run_id, outcome, run_id, why }
    }
}
