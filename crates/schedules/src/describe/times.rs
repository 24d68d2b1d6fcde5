//! The times of day of a line of cron, in words.

use super::words::{count, list, ordinal, ranges};
use crate::cron::{Expression, Field};

/// The most times that are listed one by one.
const MOST_LISTED: usize = 6;

/// What a field of times says.
enum Rhythm {
    /// Each value.
    Every,
    /// Every so many, beginning with 0, in a number that divides the whole evenly.
    Step(u32),
    /// These.
    Values(Vec<u32>),
}

impl Rhythm {
    fn of(field: &Field, whole: u32) -> Self {
        let values: Vec<u32> = field.values().collect();
        // One value is a time, not a rhythm.
        let steps = (1..=whole / 2).filter(|step| whole.is_multiple_of(*step));
        for step in steps {
            if values.iter().copied().eq((0..whole).step_by(step as usize)) {
                return if step == 1 { Self::Every } else { Self::Step(step) };
            }
        }
        Self::Values(values)
    }
}

/// `every 15 minutes from 09:00 through 17:59`.
pub(super) fn rhythm(expression: &Expression) -> String {
    let Expression { second, minute, hour, .. } = expression;
    let (minutes, hours) = (Rhythm::of(minute, 60), Rhythm::of(hour, 24));
    match Rhythm::of(second, 60) {
        Rhythm::Values(seconds) if seconds == [0] => of_minutes(&minutes, &hours),
        Rhythm::Values(seconds) => match (&seconds[..], &minutes) {
            ([one], Rhythm::Every) => format!("every minute at second {one}{}", within(&hours)),
            (_, Rhythm::Every) => {
                format!("at {} of every minute{}", named("second", &seconds), within(&hours))
            }
            _ => format!("at {}{}", named("second", &seconds), inside(&minutes, &hours)),
        },
        rhythm => {
            let seconds = match rhythm {
                Rhythm::Step(step) => format!("every {}", count(step.into(), "second")),
                Rhythm::Every | Rhythm::Values(_) => "every second".to_owned(),
            };
            match minutes {
                Rhythm::Every => format!("{seconds}{}", within(&hours)),
                _ => format!("{seconds}{}", inside(&minutes, &hours)),
            }
        }
    }
}

/// A few times, one by one: `at 09:00 and 17:00`.
pub(super) fn listed(expression: &Expression) -> Option<String> {
    let Expression { second, minute, hour, .. } = expression;
    let fields = [second, minute, hour];
    let times: usize = fields.iter().map(|field| field.values().count()).product();
    let is_rhythm = |field, whole| !matches!(Rhythm::of(field, whole), Rhythm::Values(_));
    let is_written_with_star = !expression.is_fixed();
    if times > MOST_LISTED
        || is_written_with_star
            && (is_rhythm(second, 60) || is_rhythm(minute, 60) || is_rhythm(hour, 24))
    {
        return None;
    }
    let mut texts = Vec::new();
    for (h, m) in hour.values().flat_map(|h| minute.values().map(move |m| (h, m))) {
        for s in second.values() {
            let seconds = if s == 0 { String::new() } else { format!(":{s:02}") };
            texts.push(format!("{h:02}:{m:02}{seconds}"));
        }
    }
    Some(format!("at {}", list(&texts)))
}

/// At the full minute.
fn of_minutes(minutes: &Rhythm, hours: &Rhythm) -> String {
    let values = match minutes {
        Rhythm::Every => return format!("every minute{}", within(hours)),
        Rhythm::Step(step) => {
            return format!("every {}{}", count((*step).into(), "minute"), within(hours));
        }
        Rhythm::Values(values) => values,
    };
    let [minute] = values[..] else {
        return format!("at {}{}", named("minute", values), of_hours(hours));
    };
    let past = match minute {
        0 => String::new(),
        minute => format!(" at {} past", count(minute.into(), "minute")),
    };
    match hours {
        Rhythm::Every => format!("every hour{past}"),
        Rhythm::Step(step) => format!("every {}{past}", count((*step).into(), "hour")),
        Rhythm::Values(hours) => match row(hours) {
            Some((first, last)) => {
                format!("every hour from {first:02}:{minute:02} through {last:02}:{minute:02}")
            }
            None => format!("at {} of {}", named("minute", values), named("hour", hours)),
        },
    }
}

/// In which minutes of which hours.
fn inside(minutes: &Rhythm, hours: &Rhythm) -> String {
    let minutes = match minutes {
        Rhythm::Every => " of every minute".to_owned(),
        Rhythm::Step(step) => format!(" of every {} minute", ordinal(*step)),
        Rhythm::Values(values) => format!(" of {}", named("minute", values)),
    };
    format!("{minutes}{}", of_hours(hours))
}

fn of_hours(hours: &Rhythm) -> String {
    match hours {
        Rhythm::Every => " of every hour".to_owned(),
        Rhythm::Step(step) => format!(" of every {} hour", ordinal(*step)),
        Rhythm::Values(values) => format!(" of {}", named("hour", values)),
    }
}

/// From when until when, for what happens all through the hours.
fn within(hours: &Rhythm) -> String {
    match hours {
        Rhythm::Every => String::new(),
        Rhythm::Values(values) => match row(values) {
            Some((first, last)) => format!(" from {first:02}:00 through {last:02}:59"),
            None => of_hours(hours),
        },
        Rhythm::Step(_) => of_hours(hours),
    }
}

/// The ends of values without a gap.
fn row(values: &[u32]) -> Option<(u32, u32)> {
    let (first, last) = (*values.first()?, *values.last()?);
    ((last - first) as usize + 1 == values.len()).then_some((first, last))
}

/// `minute 5`, `minutes 5 and 10`.
fn named(unit: &str, values: &[u32]) -> String {
    let plural = if values.len() == 1 { "" } else { "s" };
    format!("{unit}{plural} {}", list(&ranges(values, |value| value.to_string())))
}
