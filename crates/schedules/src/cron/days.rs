//! Which days of a month fit.

use jiff::civil::Date;

use super::{
    expression::Expression,
    field::{Field, Item},
};

/// A month of a year.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Month {
    /// Its last day.
    length: u8,
    /// The weekday before its first day, from Sunday, 0.
    before: u8,
}

impl Month {
    /// `None` if the calendar has no such month.
    pub(crate) fn of(year: i16, month: u32) -> Option<Self> {
        let first = Date::new(year, i8::try_from(month).ok()?, 1).ok()?;
        Some(Self {
            length: first.days_in_month().cast_unsigned(),
            before: (first.weekday().to_sunday_zero_offset().cast_unsigned() + 6) % 7,
        })
    }

    fn weekday(self, day: u8) -> u8 {
        (self.before + day) % 7
    }

    /// Whether any day fits.
    pub(crate) fn any_day(self, expression: &Expression) -> bool {
        (1..=self.length).any(|day| self.fits(expression, day))
    }

    /// Whether a day fits: by both fields of days if one of them says nothing, else by either.
    pub(crate) fn fits(self, expression: &Expression, day: u8) -> bool {
        let Expression { day: days, weekday, .. } = expression;
        match (days.is_star(), weekday.is_star()) {
            (true, true) => true,
            (false, true) => self.fits_day(days, day),
            (true, false) => self.fits_weekday(weekday, day),
            (false, false) => self.fits_day(days, day) || self.fits_weekday(weekday, day),
        }
    }

    fn fits_day(self, days: &Field, day: u8) -> bool {
        days.has(day.into())
            || days.items.iter().any(|item| match item {
                Item::LastDay => day == self.length,
                Item::LastWorkday => day == self.workday_near(self.length),
                Item::Nearest(target) => {
                    *target <= self.length && day == self.workday_near(*target)
                }
                _ => false,
            })
    }

    fn fits_weekday(self, weekdays: &Field, day: u8) -> bool {
        let weekday = self.weekday(day);
        weekdays.has(weekday.into())
            || weekdays.items.iter().any(|item| match item {
                Item::Nth { weekday: wanted, n } => *wanted == weekday && (day - 1) / 7 + 1 == *n,
                Item::LastOf(wanted) => *wanted == weekday && day + 7 > self.length,
                _ => false,
            })
    }

    /// The day from Monday to Friday that lies nearest, in the same month.
    fn workday_near(self, day: u8) -> u8 {
        match self.weekday(day) {
            6 if day == 1 => 3,
            6 => day - 1,
            0 if day == self.length => day - 2,
            0 => day + 1,
            _ => day,
        }
    }
}
