//! What a person writes to say when: cron, interval or once.

use gathering_domain::{Duration, Fault, Pointer, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{calendar::Calendar, cron::Expression, zone};

/// The shortest interval.
pub const MIN_EVERY: Duration = Duration::from_secs(1);
/// The longest interval: 366 days.
pub const MAX_EVERY: Duration = Duration::from_secs(366 * 86_400);

/// When a schedule fires. Its moments are called slots.
///
/// ```json
/// {"type": "cron", "expression": "0 9 * * MON-FRI", "zone": "Europe/Paris"}
/// {"type": "interval", "every": "90m", "anchor": "2027-01-01T00:00:00Z"}
/// {"type": "once", "at": "2027-01-31T09:00:00+01:00"}
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Timing {
    /// By the calendar and the clock of a time zone.
    ///
    /// **Fields.** Five: minute (0–59), hour (0–23), day of the month (1–31), month (1–12 or
    /// `JAN`–`DEC`), day of the week (0–7 or `SUN`–`SAT`; 0 and 7 are Sunday). With six, the first
    /// is the second (0–59); else the second is 0. Each is a list (`1,15`) of values, ranges
    /// (`9-17`), and steps (`*/5`, `8-18/2`); `*` is all. A step stays inside its field: `*/45` in
    /// the minutes means :00 and :45 of every hour. Names may be in either case. Instead of fields:
    /// `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly`, `@annually`.
    ///
    /// **Days.** If both day fields are restricted (neither is `*` or `?`; `*/2` restricts), a day
    /// fits if either field fits, as everywhere since Unix. Day of the month also knows `L` (the last day), `15W`
    /// (the weekday nearest to the 15th in its month) and `LW` (the last weekday); day of the week
    /// `FRI#2` (the second Friday of the month) and `FRIL` (the last Friday).
    ///
    /// **Changes of the clock.** An expression is of fixed times if second, minute and hour are
    /// lists of values (no `*`, and not all values); else it goes by real time, like every minute,
    /// `*/15` or every hour at half past.
    /// - A local time that does not exist, because the clock was put forward: fixed times that fall
    ///   into the gap fire once, together, at the moment when the gap ends. Those by real time do
    ///   not fire for it.
    /// - A local time that exists twice, because the clock was put back: fixed times fire at its
    ///   first occurrence only. Those by real time fire at both.
    Cron {
        /// Five or six fields.
        #[schemars(length(min = 1, max = 256))]
        expression: String,
        /// A name of the IANA time zone database, such as `Europe/Paris`.
        #[serde(default = "zone::utc")]
        #[schemars(length(min = 1, max = 64))]
        zone: String,
    },
    /// At a fixed rate: the slots are the anchor, and the anchor plus every multiple of `every`.
    /// How long runs take does not move them, nor do changes of clocks.
    Interval {
        /// From one second to 366 days.
        #[schemars(schema_with = "crate::instant::duration_schema")]
        every: Duration,
        /// The first slot. Without it 1970-01-01T00:00:00Z, so `1h` comes at full hours, `1d` at
        /// midnight and `7d` on Thursday at midnight, all in UTC.
        #[serde(default, with = "crate::instant::option", skip_serializing_if = "Option::is_none")]
        #[schemars(schema_with = "crate::instant::schema")]
        anchor: Option<Timestamp>,
    },
    /// At one moment.
    Once {
        /// The one slot.
        #[serde(with = "crate::instant")]
        #[schemars(schema_with = "crate::instant::schema")]
        at: Timestamp,
    },
}

impl Timing {
    /// All that is wrong with it; `at` is where it stands in the document. Without faults it has
    /// slots, but for what its policy, and the present time, leave of them.
    ///
    /// Codes: `invalid_cron`, `never_comes`, `unknown_zone`, `out_of_range`.
    pub fn check(&self, at: &Pointer) -> Vec<Fault> {
        match self {
            Self::Cron { expression, zone } => check_cron(expression, zone, at),
            Self::Interval { every, .. } => {
                if (MIN_EVERY..=MAX_EVERY).contains(every) {
                    return Vec::new();
                }
                let message =
                    format!("an interval is between {MIN_EVERY} and {MAX_EVERY}, not {every}");
                vec![Fault::new(at.child("every"), "out_of_range", message)]
            }
            Self::Once { .. } => Vec::new(),
        }
    }

    /// The form that finds slots; `None` if there are faults.
    pub(crate) fn calendar(&self) -> Option<Calendar> {
        match self {
            Self::Cron { expression, zone } => {
                Some(Calendar::Cron(Expression::parse(expression).ok()?, zone::find(zone)?))
            }
            Self::Interval { every, anchor } => {
                let every = i64::try_from(every.micros()).ok()?;
                (every >= 1_000_000)
                    .then(|| Calendar::Interval { every, anchor: anchor.unwrap_or_default() })
            }
            Self::Once { at } => Some(Calendar::Once(*at)),
        }
    }
}

fn check_cron(expression: &str, zone: &str, at: &Pointer) -> Vec<Fault> {
    let place = at.child("expression");
    let mut faults = match Expression::parse(expression) {
        Ok(expression) if expression.comes() => Vec::new(),
        Ok(_) => {
            let message = format!(
                "`{}` never comes: no day of the calendar fits its day and month",
                expression.trim()
            );
            vec![Fault::new(place, "never_comes", message)]
        }
        Err(messages) => messages
            .into_iter()
            .map(|message| Fault::new(place.clone(), "invalid_cron", message))
            .collect(),
    };
    if zone::find(zone).is_none() {
        faults.push(Fault::new(at.child("zone"), "unknown_zone", zone::unknown(zone)));
    }
    faults
}
