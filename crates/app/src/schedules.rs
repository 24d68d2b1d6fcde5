//! Schedules: what starts work at its times, and what became of each of them.

mod action;
mod change;
mod close;
mod fire;
mod look;
mod standing;
mod sweep;
mod view;

use gathering_domain::{ProjectId, ScheduleId};
use gathering_storage::{Listener, schedules as rows};

pub use action::ScheduledAction;
pub use gathering_schedules::{MAX_PREVIEW, Misfire, Overlap, Policy, Retry, Timing};
pub use look::Preview;
pub use sweep::{Swept, Taken};
pub use view::{Fire, FireStatus, Schedule, ScheduleStatus};

use crate::{App, Error, Result};

/// Tells whoever sweeps schedules that something is due earlier than it was.
pub(crate) const SCHEDULES_CHANNEL: &str = "schedules";

/// Use cases of schedules.
#[derive(Clone)]
pub struct Schedules<'a> {
    pub(crate) app: &'a App,
}

/// A schedule as a person writes it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleDocument {
    /// Its name: 1 to 120 characters.
    pub name: String,
    /// When it fires.
    pub timing: Timing,
    /// By which policies.
    #[serde(default)]
    pub policy: Policy,
    /// What it starts.
    pub action: ScheduledAction,
}

impl Schedules<'_> {
    /// Hears that something is due earlier than it was, on whichever instance.
    pub async fn changes(&self) -> Result<Listener> {
        Ok(self.app.database().listen(SCHEDULES_CHANNEL).await?)
    }

    async fn row(&self, project_id: ProjectId, id: ScheduleId) -> Result<rows::ScheduleRow> {
        let row = rows::find(project_id, id).first(self.app.database()).await?;
        row.ok_or_else(|| Error::not_found("schedule", id))
    }
}
