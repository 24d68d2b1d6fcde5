//! What a schedule is, and what is remembered of it between decisions.

use gathering_domain::{ScheduleId, Timestamp};

use super::line::Line;
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
    /// Whether slots are left out as they come. To resume, [`decide`](super::decide) once more
    /// while this is still set, which passes over what came meanwhile, and then clear it: or use
    /// [`State::resumed`].
    pub paused: bool,
}

impl State {
    /// The state after the schedule was made or changed at `now`: its next slot lies strictly after
    /// `now`. The count of fires and the pause remain.
    ///
    /// What was due before and not yet decided is dropped, so decide first where the old form has
    /// to be kept to.
    pub fn planned(self, schedule: Schedule<'_>, now: Timestamp) -> Self {
        let is_over = schedule.policy.max_fires.is_some_and(|most| self.fires >= most);
        let line = Line::of(schedule).filter(|_| !is_over);
        Self { next_slot: line.and_then(|line| line.next(now)), ..self }
    }

    /// The state after the pause ended at `now`: what was due by then has been passed over.
    pub fn resumed(self, schedule: Schedule<'_>, now: Timestamp) -> Self {
        let paused = Self { paused: true, ..self };
        let decision = super::decide(schedule, &paused, super::Activity::default(), now);
        Self { paused: false, ..decision.state }
    }
}
