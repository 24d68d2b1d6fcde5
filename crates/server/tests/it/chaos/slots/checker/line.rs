//! The slots of a schedule while it stood still: from one change of it to the next.

use gathering_domain::Timestamp;
use gathering_schedules::{Bounds, Policy, Timing, next_slot};

use crate::chaos::slots::history::{Form, Schedule};

/// A time in which a schedule was active, by one timing and one policy.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) timing: &'a Timing,
    pub(super) policy: &'a Policy,
    /// Its slots come after this.
    pub(super) after: Timestamp,
    /// They were all handled up to here, when it was paused or changed, or seen at the end.
    pub(super) until: Timestamp,
    /// Some may have been handled up to here, until the change was stored.
    pub(super) told: Timestamp,
    /// Whether a change ended it, and not the test.
    pub(super) was_changed: bool,
}

impl<'a> Line<'a> {
    /// The lines of a schedule, in order.
    pub(super) fn all(schedule: &'a Schedule) -> Vec<Self> {
        let mut lines = Vec::new();
        let mut open: Option<&Form> = None;
        for form in &schedule.forms {
            if let Some(before) = open {
                let stays = before.timing == form.timing && before.policy == form.policy;
                if !form.paused && stays {
                    continue;
                }
                lines.push(Self::of(before, form.since, form.told, true));
            }
            open = (!form.paused).then_some(form);
        }
        if let Some(last) = open {
            lines.push(Self::of(last, schedule.seen, schedule.seen, false));
        }
        lines
    }

    const fn of(form: &'a Form, until: Timestamp, told: Timestamp, was_changed: bool) -> Self {
        let Form { timing, policy, since, .. } = form;
        Self { timing, policy, after: *since, until, told, was_changed }
    }

    /// The slot strictly after a moment. Those of an interval are found by arithmetic.
    pub(super) fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let Policy { start, end, .. } = *self.policy;
        let Timing::Interval { every, anchor } = self.timing else {
            return next_slot(self.timing, after, Bounds { start, end });
        };
        let (every, anchor) = (i64::try_from(every.micros()).unwrap(), anchor.unwrap_or_default());
        let before_start = start.map_or(i64::MIN, |start| start.micros() - 1);
        let passed = after.micros().max(before_start) - anchor.micros();
        let nth = (passed.div_euclid(every) + 1).max(0);
        let slot = Timestamp::from_micros(anchor.micros() + nth * every);
        Some(slot).filter(|slot| end.is_none_or(|end| *slot < end))
    }

    /// The slots after one moment, up to another.
    pub(super) fn slots(&self, after: Timestamp, to: Timestamp) -> Vec<Timestamp> {
        let slots = std::iter::successors(self.next(after), |slot| self.next(*slot));
        slots.take_while(|slot| *slot <= to).collect()
    }

    /// Whether it may have handled this slot.
    pub(super) fn has(&self, slot: Timestamp) -> bool {
        let just_before = Timestamp::from_micros(slot.micros() - 1);
        (self.after < slot && slot <= self.told) && self.next(just_before) == Some(slot)
    }
}
