//! What a timing and a policy mean, in English.

mod days;
mod policy;
mod times;
mod words;

use gathering_domain::{Duration, Timestamp};
use jiff::tz::TimeZone;

use crate::{Timing, calendar::Calendar, cron::Expression};
pub use policy::describe_policy;
use words::{capital, moment};

/// What a timing means, such as `At 09:00 on Monday through Friday, Europe/Paris time`; no full
/// stop. A timing with faults is quoted.
pub fn describe(timing: &Timing) -> String {
    match (timing, timing.calendar()) {
        (Timing::Cron { .. }, Some(Calendar::Cron(expression, zone))) => {
            of_cron(&expression, &zone)
        }
        (Timing::Cron { expression, zone }, _) => {
            format!("By the cron expression `{}`, `{zone}` time", expression.trim())
        }
        (Timing::Interval { every, anchor }, _) => of_interval(*every, *anchor),
        (Timing::Once { at }, _) => format!("Once, at {}", moment(*at)),
    }
}

fn of_cron(expression: &Expression, zone: &TimeZone) -> String {
    let (times, days) = match times::listed(expression) {
        Some(times) => (times, days::of(expression, " every day")),
        None => (times::rhythm(expression), days::of(expression, "")),
    };
    let zone = match zone.iana_name() {
        Some("UTC") | None => "UTC".to_owned(),
        Some(name) => format!("{name} time"),
    };
    capital(&format!("{times}{days}, {zone}"))
}

fn of_interval(every: Duration, anchor: Option<Timestamp>) -> String {
    const DAY: u64 = 86_400_000_000;
    let rate = words::every(every);
    let from = match anchor {
        Some(anchor) => format!("from {}", moment(anchor)),
        None if every.micros() > 0 && DAY.is_multiple_of(every.micros()) => {
            "counted from midnight UTC".to_owned()
        }
        None => format!("counted from {}", moment(Timestamp::default())),
    };
    format!("{}, {from}", capital(&rate))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(expression: &str, zone: &str) -> String {
        describe(&Timing::Cron { expression: expression.to_owned(), zone: zone.to_owned() })
    }

    #[test]
    fn lines_of_cron_read_as_sentences() {
        for (expression, expected) in [
            ("* * * * *", "Every minute"),
            ("*/15 * * * *", "Every 15 minutes"),
            ("0,15,30,45 * * * *", "Every 15 minutes"),
            ("*/45 * * * *", "At minutes 0 and 45 of every hour"),
            ("0 * * * *", "Every hour"),
            ("30 * * * *", "Every hour at 30 minutes past"),
            ("1 * * * *", "Every hour at 1 minute past"),
            ("0 */2 * * *", "Every 2 hours"),
            ("30 */2 * * *", "Every 2 hours at 30 minutes past"),
            ("0 */5 * * *", "At 00:00, 05:00, 10:00, 15:00 and 20:00 every day"),
            ("0 9 * * *", "At 09:00 every day"),
            ("0 9 * * MON-FRI", "At 09:00 on Monday through Friday"),
            ("0 9,17 * * 1,3,5", "At 09:00 and 17:00 on Monday, Wednesday and Friday"),
            ("0 9 * * SAT,SUN", "At 09:00 on Saturday and Sunday"),
            ("0 9 * * FRI-SUN", "At 09:00 on Friday through Sunday"),
            ("0 9 * * 0-6", "At 09:00 every day"),
            ("0 9-17 * * *", "Every hour from 09:00 through 17:00"),
            ("30 9-17 * * MON", "Every hour from 09:30 through 17:30 on Monday"),
            (
                "*/15 9-17 * * MON-FRI",
                "Every 15 minutes from 09:00 through 17:59 on Monday through Friday",
            ),
            ("* 9 * * *", "Every minute from 09:00 through 09:59"),
            ("*/5 8,12 * * *", "Every 5 minutes of hours 8 and 12"),
            ("0,30 9-17 * * *", "Every 30 minutes from 09:00 through 17:59"),
            ("0,20 9-17 * * *", "At minutes 0 and 20 of hours 9 through 17"),
            ("5-10 * * * *", "At minutes 5 through 10 of every hour"),
            ("0 0 1 * *", "At 00:00 on the 1st of the month"),
            ("0 0 1,15 * *", "At 00:00 on the 1st and 15th of the month"),
            ("0 0 1-7,L * *", "At 00:00 on the 1st through 7th and last day of the month"),
            ("0 0 L * *", "At 00:00 on the last day of the month"),
            ("0 0 LW * *", "At 00:00 on the last weekday of the month"),
            ("0 0 15W * *", "At 00:00 on the weekday nearest to the 15th of the month"),
            ("0 0 */2 * *", "At 00:00 on every 2nd day of the month"),
            ("0 0 29 2 *", "At 00:00 on the 29th of February"),
            ("0 0 1 */3 *", "At 00:00 on the 1st of January, April, July and October"),
            ("0 * * JAN-MAR *", "Every hour in January through March"),
            ("0 0 * JAN-MAR *", "At 00:00 every day in January through March"),
            ("0 0 * * FRI#2", "At 00:00 on the 2nd Friday of the month"),
            ("0 0 * 5 FRIL", "At 00:00 on the last Friday of the month in May"),
            ("0 0 13 * FRI", "At 00:00 on the 13th of the month, as well as on Friday"),
            ("0 0 13 6 FRI", "At 00:00 on the 13th of the month, as well as on Friday, in June"),
            ("* * * * * *", "Every second"),
            ("*/10 * * * * *", "Every 10 seconds"),
            ("30 * * * * *", "Every minute at second 30"),
            ("0,30 * * * * *", "Every 30 seconds"),
            ("5,30 * * * * *", "At seconds 5 and 30 of every minute"),
            ("30 0 9 * * *", "At 09:00:30 every day"),
            ("*/10 30 9 * * *", "Every 10 seconds of minute 30 of hour 9"),
            ("*/10 * 9-17 * * *", "Every 10 seconds from 09:00 through 17:59"),
            ("@weekly", "At 00:00 on Sunday"),
            ("0 0 1 1 ?", "At 00:00 on the 1st of January"),
        ] {
            assert_eq!(said(expression, "UTC"), format!("{expected}, UTC"), "{expression}");
        }
        assert_eq!(
            said("0 9 * * MON-FRI", "europe/paris"),
            "At 09:00 on Monday through Friday, Europe/Paris time"
        );
        assert_eq!(said("0 25 * * *", "Mars"), "By the cron expression `0 25 * * *`, `Mars` time");
    }

    #[test]
    fn intervals_and_moments_read_as_sentences() {
        let anchor = Timestamp::parse_rfc3339("2027-01-01T09:30:00+01:00");
        for (every, anchor, expected) in [
            ("1h", None, "Every hour, counted from midnight UTC"),
            ("90m", None, "Every 1 hour 30 minutes, counted from midnight UTC"),
            ("7d", None, "Every 7 days, counted from 1970-01-01 00:00 UTC"),
            ("15m", anchor, "Every 15 minutes, from 2027-01-01 08:30 UTC"),
            ("1s", anchor, "Every second, from 2027-01-01 08:30 UTC"),
            ("1500ms", None, "Every 1 second 500 milliseconds, counted from midnight UTC"),
        ] {
            let timing = Timing::Interval { every: every.parse().unwrap(), anchor };
            assert_eq!(describe(&timing), expected);
        }
        let at = Timestamp::parse_rfc3339("2027-01-31T09:00:05+01:00").unwrap();
        assert_eq!(describe(&Timing::Once { at }), "Once, at 2027-01-31 08:00:05 UTC");
    }
}
