//! The slots of a timing, one after the other, the latest up to a time, and how many there are.

use gathering_domain::Timestamp;
use jiff::tz::TimeZone;

use crate::{
    cron::{Expression, Walk},
    instant::representable,
};

/// A timing that was read, ready to find slots.
#[derive(Debug)]
pub(crate) enum Calendar {
    Cron(Expression, TimeZone),
    Interval { every: i64, anchor: Timestamp },
    Once(Timestamp),
}

/// The slots of a calendar after some time, in order.
pub(crate) enum Slots<'a> {
    Cron(Walk<'a>),
    Other(&'a Calendar, Timestamp),
}

impl Iterator for Slots<'_> {
    type Item = Timestamp;

    fn next(&mut self) -> Option<Timestamp> {
        match self {
            Self::Cron(walk) => walk.next(),
            Self::Other(calendar, after) => {
                let slot = calendar.next(*after)?;
                *after = slot;
                Some(slot)
            }
        }
    }
}

impl Calendar {
    /// All slots strictly after `after`.
    pub(crate) fn slots(&self, after: Timestamp) -> Slots<'_> {
        match self {
            Self::Cron(expression, zone) => Slots::Cron(Walk::new(expression, zone, after)),
            Self::Interval { .. } | Self::Once(_) => Slots::Other(self, after),
        }
    }

    /// The first slot strictly after `after`.
    pub(crate) fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let slot = match self {
            Self::Cron(expression, zone) => Walk::new(expression, zone, after).next(),
            Self::Interval { anchor, .. } if after < *anchor => Some(*anchor),
            Self::Interval { every, anchor } => {
                let passed = after.micros().checked_sub(anchor.micros())? / every;
                let ahead = passed.checked_add(1)?.checked_mul(*every)?;
                anchor.micros().checked_add(ahead).map(Timestamp::from_micros)
            }
            Self::Once(at) => (after < *at).then_some(*at),
        };
        slot.and_then(representable)
    }

    /// The last slot from `from` to `to`, both included.
    pub(crate) fn latest(&self, from: Timestamp, to: Timestamp) -> Option<Timestamp> {
        let just_before =
            |instant: Timestamp| Timestamp::from_micros(instant.micros().saturating_sub(1));
        let first = self.next(just_before(from)).filter(|first| *first <= to)?;
        match self {
            Self::Cron(..) => Some(self.latest_of_cron(first, to)),
            Self::Interval { every, .. } => {
                let steps = (to.micros() - first.micros()) / every;
                Some(Timestamp::from_micros(first.micros() + steps * every))
            }
            Self::Once(_) => Some(first),
        }
    }

    /// The last slot from `first`, which is one, to `to`.
    ///
    /// The slot after a time rises with that time: the last second after which one still follows is
    /// found by halving, in some thirty steps over decades.
    fn latest_of_cron(&self, first: Timestamp, to: Timestamp) -> Timestamp {
        const SECOND: i64 = 1_000_000;
        // Slots are whole seconds, so what is found lies after `low`.
        let (mut low, mut found) = (first.micros() / SECOND, first);
        let mut high = to.micros() / SECOND;
        while low < high {
            let middle = low + (high - low) / 2;
            match self.next(Timestamp::from_micros(middle * SECOND)).filter(|slot| *slot <= to) {
                Some(slot) => (low, found) = (slot.micros() / SECOND, slot),
                None => high = middle,
            }
        }
        found
    }

    /// How many slots there are from `from` to `to`, both included, counting no further than `most`.
    pub(crate) fn count(&self, from: Timestamp, to: Timestamp, most: u64) -> (u64, bool) {
        let before = Timestamp::from_micros(from.micros().saturating_sub(1));
        if let Self::Interval { every, .. } = self {
            let counted = match self.next(before) {
                Some(first) if first <= to => (to.micros() - first.micros()) / every + 1,
                _ => 0,
            };
            return (u64::try_from(counted).unwrap_or(0), true);
        }
        let mut counted = 0;
        for _ in self.slots(before).take_while(|slot| *slot <= to) {
            if counted == most {
                return (counted, false);
            }
            counted += 1;
        }
        (counted, true)
    }
}
