//! The slots of a line of cron in a time zone: stretches of one offset, walked by local time.

use gathering_domain::Timestamp;
use jiff::{
    civil::{Date, DateTime},
    tz::TimeZone,
};

use super::{days::Month, expression::Expression, field::Field};
use crate::{instant::representable, slots::HORIZON_YEARS, zone::Stretch};

/// Seconds of a local clock since 1970 by that clock, as if it were UTC.
type Local = i64;

const DAY: i64 = 86_400;

/// Goes from slot to slot, forward.
pub(crate) struct Walk<'a> {
    expression: &'a Expression,
    zone: &'a TimeZone,
    is_fixed: bool,
    /// The second after which the next slot lies; `None` at the end.
    after: Option<i64>,
    /// The stretch of the last slot.
    stretch: Option<Stretch>,
}

impl<'a> Walk<'a> {
    /// Slots strictly after `after`.
    pub(crate) fn new(expression: &'a Expression, zone: &'a TimeZone, after: Timestamp) -> Self {
        Self {
            expression,
            zone,
            is_fixed: expression.is_fixed(),
            after: Some(after.micros().div_euclid(1_000_000)),
            stretch: None,
        }
    }

    fn search(&mut self) -> Option<i64> {
        let after = self.after?;
        let horizon = after + i64::from(HORIZON_YEARS) * 366 * DAY;
        let mut from = after + 1;
        while from <= horizon {
            let stretch = match self.stretch {
                Some(stretch) if stretch.end.is_none_or(|end| from < end) => stretch,
                _ => Stretch::around(self.zone, from)?,
            };
            self.stretch = Some(stretch);
            if let Some(slot) = self.search_in(stretch, from, horizon) {
                return Some(slot);
            }
            from = stretch.end?;
        }
        None
    }

    /// The first slot from `from` on in a stretch.
    fn search_in(&self, stretch: Stretch, from: i64, horizon: i64) -> Option<i64> {
        let mut local = from + stretch.offset;
        if let (true, Some(start)) = (self.is_fixed, stretch.start) {
            // What the clock would have shown at the start, had it not been changed.
            let unchanged = start + stretch.before;
            // Put forward: what lies between does not exist, and comes at the start, all in one.
            let in_gap = || self.local_from(unchanged, start + stretch.offset).is_some();
            if from == start && unchanged < local && in_gap() {
                return Some(start);
            }
            // Put back: what lies between has been.
            local = local.max(unchanged);
        }
        let end = stretch.end.unwrap_or(horizon).min(horizon + 1) + stretch.offset;
        self.local_from(local, end).map(|local| local - stretch.offset)
    }

    /// The first time of a local clock that fits, from `from` on and before `end`.
    fn local_from(&self, from: Local, end: Local) -> Option<Local> {
        let Expression { second, minute, hour, month, .. } = self.expression;
        let mut day = from.div_euclid(DAY);
        let mut time = u32::try_from(from.rem_euclid(DAY)).ok()?;
        let mut date = date_of(day)?;
        let mut of_month = Month::of(date.year(), date.month().cast_unsigned().into())?;
        while day * DAY < end {
            if !month.has(date.month().cast_unsigned().into()) {
                let first = date.last_of_month().tomorrow().ok()?;
                day += i64::from(date.days_in_month() - date.day()) + 1;
                (date, time) = (first, 0);
                of_month = Month::of(date.year(), date.month().cast_unsigned().into())?;
                continue;
            }
            if of_month.fits(self.expression, date.day().cast_unsigned())
                && let Some(time) = time_from(time, [hour, minute, second])
            {
                let found = day * DAY + i64::from(time);
                return (found < end).then_some(found);
            }
            day += 1;
            time = 0;
            date = date.tomorrow().ok()?;
            if date.day() == 1 {
                of_month = Month::of(date.year(), date.month().cast_unsigned().into())?;
            }
        }
        None
    }
}

/// The first time of a day that fits, from `from` on, in seconds since midnight.
fn time_from(from: u32, [hours, minutes, seconds]: [&Field; 3]) -> Option<u32> {
    let (hour, minute, second) = (from / 3_600, from / 60 % 60, from % 60);
    let first = |field: &Field| field.first_from(0);
    if hours.has(hour) {
        if minutes.has(minute)
            && let Some(second) = seconds.first_from(second)
        {
            return Some(hour * 3_600 + minute * 60 + second);
        }
        if let Some(minute) = minutes.first_from(minute + 1) {
            return Some(hour * 3_600 + minute * 60 + first(seconds)?);
        }
    }
    let hour = hours.first_from(hour + 1)?;
    Some(hour * 3_600 + first(minutes)? * 60 + first(seconds)?)
}

fn date_of(day: i64) -> Option<Date> {
    let epoch: DateTime = jiff::civil::datetime(1970, 1, 1, 0, 0, 0, 0);
    epoch
        .checked_add(jiff::SignedDuration::from_hours(day.checked_mul(24)?))
        .ok()
        .map(DateTime::date)
}

impl Iterator for Walk<'_> {
    type Item = Timestamp;

    fn next(&mut self) -> Option<Timestamp> {
        self.after = self.search();
        let slot = self.after?.checked_mul(1_000_000).map(Timestamp::from_micros);
        slot.and_then(representable)
    }
}
