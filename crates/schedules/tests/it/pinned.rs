//! Slots written down by hand: plain ones, and those around changes of the clock.

use gathering_domain::{Pointer, Timestamp};
use gathering_schedules::{Bounds, Timing, preview};

fn cron(expression: &str, zone: &str) -> Timing {
    let timing = Timing::Cron { expression: expression.to_owned(), zone: zone.to_owned() };
    assert_eq!(timing.check(&Pointer::root()), []);
    timing
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).expect("a time in RFC 3339")
}

/// The slots after a time, in UTC without seconds if those are 0.
fn slots(expression: &str, zone: &str, after: &str, n: usize) -> Vec<String> {
    let slots = preview(&cron(expression, zone), at(after), Bounds::default(), n);
    let print = |slot: Timestamp| slot.to_rfc3339().replace(":00.000Z", "Z").replace(".000Z", "Z");
    slots.into_iter().map(print).collect()
}

#[test]
fn fixed_times_in_a_gap_come_once_when_it_ends() {
    // New York, 2027-03-14: 02:00 becomes 03:00 at 07:00 UTC.
    let after = "2027-03-13T12:00:00Z";
    for (expression, expected) in [
        ("30 2 * * *", ["2027-03-14T07:00Z", "2027-03-15T06:30Z"]),
        ("0,30 2,3 * * *", ["2027-03-14T07:00Z", "2027-03-14T07:30Z"]),
        ("15,30,45 2 * * *", ["2027-03-14T07:00Z", "2027-03-15T06:15Z"]),
        ("*/15 2 * * *", ["2027-03-15T06:00Z", "2027-03-15T06:15Z"]),
        ("0 2,14 * * SUN", ["2027-03-14T07:00Z", "2027-03-14T18:00Z"]),
    ] {
        assert_eq!(slots(expression, "America/New_York", after, 2), expected, "{expression}");
    }
}
