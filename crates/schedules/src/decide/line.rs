//! The slots of a schedule within its bounds, and when each is due.

use gathering_domain::Timestamp;

use super::{MOST_COUNTED, Reason, Schedule, Skipped, State};
use crate::{Bounds, calendar::Calendar, jitter};

/// The line of slots of one schedule.
///
/// Invariant: each slot is due before the slot that follows it.
pub(super) struct Line<'a> {
    schedule: Schedule<'a>,
    calendar: Calendar,
    bounds: Bounds,
}

impl<'a> Line<'a> {
    /// `None` if the timing has faults.
    pub(super) fn of(schedule: Schedule<'a>) -> Option<Self> {
        let calendar = schedule.timing.calendar()?;
        Some(Self { schedule, calendar, bounds: schedule.policy.into() })
    }

    /// The slot strictly after `after`.
    pub(super) fn next(&self, after: Timestamp) -> Option<Timestamp> {
        self.bounds.next(&self.calendar, after)
    }

    /// When a slot is due.
    pub(super) fn due(&self, slot: Timestamp) -> Timestamp {
        let jitter = self.schedule.policy.jitter;
        // The bounds of the schedule do not count, so that a change of them moves no slot.
        jitter::due(self.schedule.id, jitter, slot, self.calendar.next(slot))
    }

    /// The first slot that no decision has dealt with.
    ///
    /// What the state remembers may be no slot any more, if the schedule was changed or a new build
    /// knows new rules of its zone; then it is the first slot after it.
    pub(super) fn first(&self, state: &State) -> Option<Timestamp> {
        self.next(just_before(state.next_slot?))
    }

    /// When the state's next slot is due, unless it is paused.
    pub(super) fn look(&self, state: &State) -> Option<Timestamp> {
        self.first(state).filter(|_| !state.paused).map(|slot| self.due(slot))
    }

    /// The last slot from `from` to `to`.
    pub(super) fn latest(&self, from: Timestamp, to: Timestamp) -> Option<Timestamp> {
        let end = self.bounds.end.map(just_before);
        self.calendar.latest(from, end.map_or(to, |end| to.min(end)))
    }

    /// The last slot from `first` on that is due by `now`.
    pub(super) fn latest_due(&self, first: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let latest = self.latest(first, now)?;
        // Of all that have come only the last can still be put off.
        if self.due(latest) <= now { Some(latest) } else { self.latest(first, just_before(latest)) }
    }

    /// The first slot from `first` on that is due at `time` or later.
    pub(super) fn first_due_from(&self, first: Timestamp, time: Timestamp) -> Option<Timestamp> {
        match self.latest(first, time) {
            None => Some(first),
            Some(latest) if self.due(latest) >= time => Some(latest),
            Some(latest) => self.next(latest),
        }
    }

    /// The slots from `first` on that come before `rest`, or up to `last`.
    pub(super) fn skipped(
        &self,
        first: Timestamp,
        rest: Option<Timestamp>,
        last: Timestamp,
        reason: Reason,
    ) -> Option<Skipped> {
        let last = match rest {
            Some(rest) => self.latest(first, just_before(rest))?,
            None => last,
        };
        let (count, exact) = self.calendar.count(first, last, MOST_COUNTED);
        Some(Skipped { reason, count, exact, first, last })
    }
}

const fn just_before(instant: Timestamp) -> Timestamp {
    Timestamp::from_micros(instant.micros().saturating_sub(1))
}
