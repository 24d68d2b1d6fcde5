//! What a schedule is, and what is remembered of it between decisions.

use gathering_domain::{ScheduleId, Timestamp};

use super::{Reason, Skipped, line::Line};
use crate::{Policy, Timing};

/// A schedule as decisions see it.
#[derive(Debug, Clone, Copy)]
pub struct Schedule<'a> {
    /// Which one; jitter is drawn from it.
    pub id: ScheduleId,
    /// When its slots are.
    pub timing: &'a Timing,
    /// How it treats them.
    pub policy: &'a Policy,
}

/// What is remembered of a schedule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct State {
    /// The first slot that no decision has dealt with; `None` if none comes any more.
    pub next_slot: Option<Timestamp>,
    /// How many slots have fired: started, or wait to.
    pub fires: u64,
    /// Whether slots are left out as they are due. To resume, use [`State::planned`].
    pub paused: bool,
}

impl State {
    /// The state after the schedule was made, changed or resumed at `now`: its next slot lies
    /// strictly after `now`. The count of fires and the pause remain.
    ///
    /// What has come before and is not yet decided is dropped, due or not: see [`State::come`]. So
    /// decide first where the old form has to be kept to.
    pub fn planned(self, schedule: Schedule<'_>, now: Timestamp) -> Self {
        let line = Line::of(schedule).filter(|_| !self.is_over(schedule));
        Self { next_slot: line.and_then(|line| line.next(now)), ..self }
    }

    /// The state after a change at `now` that has left the slots, and when they are due, as they
    /// were: a slot that has come and is still put off stays. What is due by `now` is passed over.
    pub fn kept(self, schedule: Schedule<'_>, now: Timestamp) -> Self {
        let passing = Self { paused: true, ..self };
        let decision = super::decide(schedule, &passing, super::Activity::default(), now);
        let next_slot = decision.state.next_slot.filter(|_| !self.is_over(schedule));
        Self { next_slot, ..self }
    }

    /// The slots that have come by `now` and that no decision has dealt with, those included that
    /// are still put off: what a change drops that begins after `now`.
    pub fn come(&self, schedule: Schedule<'_>, now: Timestamp) -> Option<Skipped> {
        let line = Line::of(schedule)?;
        let first = line.first(self)?;
        let last = line.latest(first, now)?;
        line.skipped(first, None, last, Reason::Changed)
    }

    fn is_over(self, schedule: Schedule<'_>) -> bool {
        schedule.policy.max_fires.is_some_and(|most| self.fires >= most)
    }
}
