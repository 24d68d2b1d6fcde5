//! How many runs each trigger has started lately, as far as this instance knows.

use std::collections::HashMap;

use gathering_domain::{Timestamp, TriggerId};

/// A minute, in microseconds.
const MINUTE: i64 = 60 * 1_000_000;
/// Of how many triggers is kept in mind what they started; then all of it is forgotten.
const MOST_KNOWN: usize = 10_000;

/// Counts starts, by the minutes of the clock.
#[derive(Debug, Default)]
pub(super) struct Starts(HashMap<TriggerId, Minute>);

#[derive(Debug, Default, Clone, Copy)]
struct Minute {
    number: i64,
    started: u32,
}

impl Starts {
    /// Counts one more, unless there were as many in this minute.
    pub(super) fn may(&mut self, id: TriggerId, most: u32, now: Timestamp) -> bool {
        if self.0.len() >= MOST_KNOWN {
            self.0.clear();
        }
        let number = now.micros().div_euclid(MINUTE);
        let minute = self.0.entry(id).or_default();
        if minute.number != number {
            *minute = Minute { number, started: 0 };
        }
        let may = minute.started < most;
        minute.started += u32::from(may);
        may
    }

    /// Takes one back that came to nothing.
    pub(super) fn take_back(&mut self, id: TriggerId) {
        if let Some(minute) = self.0.get_mut(&id) {
            minute.started = minute.started.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_minute_has_so_many_starts_and_the_next_one_as_many() {
        let mut starts = Starts::default();
        let [one, other] = [1, 2].map(|n| TriggerId::from_uuid(Uuid::from_u128(n)));
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        assert!(starts.may(one, 2, at(60)) && starts.may(one, 2, at(119)));
        assert!(!starts.may(one, 2, at(119)));
        assert!(starts.may(other, 2, at(119)));
        assert!(starts.may(one, 2, at(120)) && starts.may(one, 2, at(120)));
        starts.take_back(one);
        assert!(starts.may(one, 2, at(120)) && !starts.may(one, 2, at(120)));
    }
}
