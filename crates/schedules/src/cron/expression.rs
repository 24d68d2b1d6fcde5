//! A line of cron, read into its fields.

use super::{
    days::Month,
    field::{Field, Kind},
};

/// The longest line that is read.
const MAX_CHARS: usize = 256;

/// The kinds of the five fields that every line has, in order.
const FIVE: [Kind; 5] = [Kind::Minute, Kind::Hour, Kind::Day, Kind::Month, Kind::Weekday];

/// Short names of whole lines.
const NICKNAMES: [(&str, &str); 7] = [
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

/// A line of cron.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expression {
    pub(crate) second: Field,
    pub(crate) minute: Field,
    pub(crate) hour: Field,
    pub(crate) day: Field,
    pub(crate) month: Field,
    pub(crate) weekday: Field,
}

impl Expression {
    /// Reads a line, or says everything that is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, Vec<String>> {
        if text.len() > MAX_CHARS {
            return Err(vec![format!("the expression is longer than {MAX_CHARS} characters")]);
        }
        let mut text = text.trim();
        if text.starts_with('@') {
            let line = NICKNAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
            let Some((_, line)) = line else {
                let names: Vec<&str> = NICKNAMES.iter().map(|(name, _)| *name).collect();
                return Err(vec![format!("`{text}` is not known; known are {}", names.join(", "))]);
            };
            text = line;
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        let (second, five) = match words.len() {
            5 => (None, &words[..]),
            6 => (Some(words[0]), &words[1..]),
            n => return Err(vec![wrong_count(n)]),
        };
        let mut faults = Vec::new();
        let mut read = |kind: Kind, text: &str| {
            Field::parse(kind, text).unwrap_or_else(|fault| {
                faults.push(format!("{} `{text}`: {fault}", kind.name()));
                Field::of(1)
            })
        };
        let second = second.map_or_else(|| Field::of(0), |text| read(Kind::Second, text));
        let [minute, hour, day, month, weekday] =
            std::array::from_fn(|at| read(FIVE[at], five[at]));
        if faults.is_empty() {
            Ok(Self { second, minute, hour, day, month, weekday })
        } else {
            Err(faults)
        }
    }

    /// Whether it is a list of fixed times, as opposed to times that recur with the clock.
    pub(crate) fn is_fixed(&self) -> bool {
        !self.second.recurs(Kind::Second)
            && !self.minute.recurs(Kind::Minute)
            && !self.hour.recurs(Kind::Hour)
    }

    /// Whether any day of the calendar fits.
    pub(crate) fn comes(&self) -> bool {
        // The calendar begins anew after 400 years.
        (2000..2400).any(|year| {
            let mut months = self.month.values();
            months.any(|month| Month::of(year, month).is_some_and(|month| month.any_day(self)))
        })
    }
}

fn wrong_count(n: usize) -> String {
    let has = match n {
        0 => "the expression is empty".to_owned(),
        7 => "the expression has 7 fields, and a year cannot be given".to_owned(),
        1 => "the expression has 1 field".to_owned(),
        n => format!("the expression has {n} fields"),
    };
    format!(
        "{has}; it takes five (minute, hour, day of the month, month, day of the week), or six with the second \
         first"
    )
}
