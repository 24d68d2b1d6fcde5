//! Looking at schedules, at what became of their slots, and at what they mean.

use gathering_domain::{FireId, Permission, Pointer, ScheduleId, Timestamp};
use gathering_schedules::{Bounds, describe, preview};
use gathering_storage::schedules::{self as rows, fires};

use super::{Fire, MAX_PREVIEW, Policy, Schedule, Schedules, Timing, view::stored};
use crate::{Caller, Error, Page, PageRequest, Result};

/// What a timing means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// In words.
    pub meaning: String,
    /// Its next slots, without jitter.
    pub slots: Vec<Timestamp>,
}

impl Schedules<'_> {
    /// The schedule of that id.
    pub async fn get(&self, caller: &Caller, id: ScheduleId) -> Result<Schedule> {
        let project_id = caller.require_here(Permission::Read)?;
        Schedule::of(self.row(project_id, id).await?)
    }

    /// Schedules, in the order in which they were made.
    pub async fn list(&self, caller: &Caller, page: PageRequest) -> Result<Page<Schedule>> {
        let project_id = caller.require_here(Permission::Read)?;
        let (limit, after) = (page.limit()?, page.after::<ScheduleId>()?);
        let after = after.map(ScheduleId::uuid).unwrap_or_default();
        let found = rows::list(project_id, after, limit + 1).all(self.app.database()).await?;
        let page = Page::of(found, limit, |row| row.id.to_string());
        let items = page.items.into_iter().map(Schedule::of).collect::<Result<_>>()?;
        Ok(Page { items, next_cursor: page.next_cursor })
    }

    /// What became of the slots of a schedule, the newest first.
    pub async fn fires(
        &self,
        caller: &Caller,
        id: ScheduleId,
        page: PageRequest,
    ) -> Result<Page<Fire>> {
        let project_id = caller.require_here(Permission::Read)?;
        self.row(project_id, id).await?;
        let (limit, before) = (page.limit()?, page.after::<FireId>()?);
        let found = fires::list(id, before.map(FireId::uuid), limit + 1);
        let found = found.all(self.app.database()).await?;
        Ok(Page::of(found, limit, |row| row.id.to_string()).map(Fire::of))
    }

    /// The next slots of a schedule, whether or not it is paused.
    pub async fn preview(&self, caller: &Caller, id: ScheduleId, count: usize) -> Result<Preview> {
        let project_id = caller.require_here(Permission::Read)?;
        let row = self.row(project_id, id).await?;
        let (timing, policy): (Timing, Policy) = (stored(&row.timing)?, stored(&row.policy)?);
        self.previewed(&timing, &policy, count)
    }

    /// What a timing that nobody has stored means, or what is wrong with it.
    pub fn preview_of(
        &self,
        caller: &Caller,
        timing: &Timing,
        policy: &Policy,
        count: usize,
    ) -> Result<Preview> {
        caller.require_here(Permission::Read)?;
        let mut faults = timing.check(&Pointer::from_text("/timing"));
        faults.extend(policy.check(&Pointer::from_text("/policy")));
        if !faults.is_empty() {
            return Err(Error::invalid("the timing cannot be used", faults));
        }
        self.previewed(timing, policy, count)
    }

    fn previewed(&self, timing: &Timing, policy: &Policy, count: usize) -> Result<Preview> {
        if !(1..=MAX_PREVIEW).contains(&count) {
            let message = format!("a preview has 1 to {MAX_PREVIEW} slots");
            return Err(Error::invalid_field("/count", "out_of_range", message));
        }
        let slots = preview(timing, self.app.now(), Bounds::from(policy), count);
        Ok(Preview { meaning: format!("{}.", describe(timing)), slots })
    }
}
