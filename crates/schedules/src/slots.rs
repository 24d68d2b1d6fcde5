//! Finding slots: the next one, and the next few.

use gathering_domain::Timestamp;

use crate::{Policy, Timing, calendar::Calendar};

/// How far ahead a cron expression is searched. The rarest, a 29 February on a given weekday, can
/// lie 40 years ahead.
pub const HORIZON_YEARS: i16 = 50;
/// The most slots that [`preview`] gives.
pub const MAX_PREVIEW: usize = 100;

/// Between what times slots lie.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bounds {
    /// The first moment that can be a slot.
    pub start: Option<Timestamp>,
    /// The first moment that cannot.
    pub end: Option<Timestamp>,
}

impl From<&Policy> for Bounds {
    fn from(policy: &Policy) -> Self {
        Self { start: policy.start, end: policy.end }
    }
}

impl Bounds {
    /// The first slot strictly after `after`, inside.
    pub(crate) fn next(self, calendar: &Calendar, after: Timestamp) -> Option<Timestamp> {
        calendar.next(self.after(after)).filter(|slot| self.reaches(*slot))
    }

    fn after(self, after: Timestamp) -> Timestamp {
        let before_start =
            |start: Timestamp| Timestamp::from_micros(start.micros().saturating_sub(1));
        self.start.map_or(after, |start| after.max(before_start(start)))
    }

    fn reaches(self, slot: Timestamp) -> bool {
        self.end.is_none_or(|end| slot < end)
    }
}

/// The first slot strictly after `after`, inside `bounds`; `None` if none comes any more (for cron
/// within [`HORIZON_YEARS`]), or the timing has faults.
///
/// A line of cron gives whole seconds; see [`Timing::Cron`] for changes of the clock.
pub fn next_slot(timing: &Timing, after: Timestamp, bounds: Bounds) -> Option<Timestamp> {
    bounds.next(&timing.calendar()?, after)
}

/// The next slots strictly after `after`, inside `bounds`: `n` of them, at most [`MAX_PREVIEW`], or
/// as many as there are. Jitter is not in them.
pub fn preview(timing: &Timing, after: Timestamp, bounds: Bounds, n: usize) -> Vec<Timestamp> {
    let Some(calendar) = timing.calendar() else { return Vec::new() };
    let slots = calendar.slots(bounds.after(after));
    slots.take(n.min(MAX_PREVIEW)).take_while(|slot| bounds.reaches(*slot)).collect()
}
