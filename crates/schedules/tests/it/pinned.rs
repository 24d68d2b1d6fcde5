//! Slots written down by hand: plain ones, and those around changes of the clock.

use gathering_domain::Timestamp;
use gathering_schedules::{Bounds, Timing, next_slot, preview, zone_database};

use crate::{at, cron};

/// The slots after a time, in UTC without seconds if those are 0.
fn slots(timing: &Timing, after: &str, n: usize) -> Vec<String> {
    let print = |slot: Timestamp| slot.to_rfc3339().replace(":00.000Z", "Z").replace(".000Z", "Z");
    preview(timing, at(after), Bounds::default(), n).into_iter().map(print).collect()
}

#[track_caller]
fn assert_slots(expression: &str, zone: &str, after: &str, expected: &[&str]) {
    assert_eq!(
        slots(&cron(expression, zone), after, expected.len()),
        expected,
        "{expression} {zone}"
    );
}

#[test]
fn fields_mean_what_they_have_always_meant() {
    // 2026-11-23 is a Monday.
    let after = "2026-11-23T10:20:30.5Z";
    for (expression, expected) in [
        ("* * * * *", ["2026-11-23T10:21Z", "2026-11-23T10:22Z"]),
        ("*/7 * * * *", ["2026-11-23T10:21Z", "2026-11-23T10:28Z"]),
        ("*/45 * * * *", ["2026-11-23T10:45Z", "2026-11-23T11:00Z"]),
        ("5-20/5 10 * * *", ["2026-11-24T10:05Z", "2026-11-24T10:10Z"]),
        ("0 9 * * mon-FRI", ["2026-11-24T09:00Z", "2026-11-25T09:00Z"]),
        ("0 9 * * 7", ["2026-11-29T09:00Z", "2026-12-06T09:00Z"]),
        ("0 9 * * 5-7", ["2026-11-27T09:00Z", "2026-11-28T09:00Z"]),
        ("0 9 * * sat-sun", ["2026-11-28T09:00Z", "2026-11-29T09:00Z"]),
        ("0 0 1 jan,JUL *", ["2027-01-01T00:00Z", "2027-07-01T00:00Z"]),
        ("0 0 31 * *", ["2026-12-31T00:00Z", "2027-01-31T00:00Z"]),
        ("0 0 13 * FRI", ["2026-11-27T00:00Z", "2026-12-04T00:00Z"]),
        ("0 0 30 11 FRI", ["2026-11-27T00:00Z", "2026-11-30T00:00Z"]),
        ("0 0 */2 * MON", ["2026-11-25T00:00Z", "2026-11-27T00:00Z"]),
        ("0 0 ? * FRI#5", ["2027-01-29T00:00Z", "2027-04-30T00:00Z"]),
        ("0 0 * * 5L", ["2026-11-27T00:00Z", "2026-12-25T00:00Z"]),
        ("0 0 L * *", ["2026-11-30T00:00Z", "2026-12-31T00:00Z"]),
        // 31 January 2027 is a Sunday, and 28 February as well.
        ("0 0 LW 1,2 *", ["2027-01-29T00:00Z", "2027-02-26T00:00Z"]),
        // 1 May and 1 August 2027 are a Saturday and a Sunday.
        ("0 0 1W 5,8 *", ["2027-05-03T00:00Z", "2027-08-02T00:00Z"]),
        ("0 0 31W 1,7 *", ["2027-01-29T00:00Z", "2027-07-30T00:00Z"]),
        ("@daily", ["2026-11-24T00:00Z", "2026-11-25T00:00Z"]),
        ("@Hourly", ["2026-11-23T11:00Z", "2026-11-23T12:00Z"]),
        ("* * * * * *", ["2026-11-23T10:20:31Z", "2026-11-23T10:20:32Z"]),
        ("*/20 * * * * *", ["2026-11-23T10:20:40Z", "2026-11-23T10:21Z"]),
        ("15 30 8 * * *", ["2026-11-24T08:30:15Z", "2026-11-25T08:30:15Z"]),
        ("0 0 29 2 *", ["2028-02-29T00:00Z", "2032-02-29T00:00Z"]),
        // Only where the 29 February is the fifth Friday.
        ("0 0 ? 2 FRI#5", ["2036-02-29T00:00Z", "2064-02-29T00:00Z"]),
    ] {
        assert_slots(expression, "UTC", after, &expected);
    }
}

#[test]
fn next_slot_is_strictly_after() {
    let nine = cron("0 9 * * *", "UTC");
    for (after, expected) in [
        ("2027-01-01T08:59:59.999999Z", "2027-01-01T09:00:00Z"),
        ("2027-01-01T09:00:00Z", "2027-01-02T09:00:00Z"),
        ("2027-01-01T09:00:00.000001Z", "2027-01-02T09:00:00Z"),
    ] {
        assert_eq!(next_slot(&nine, at(after), Bounds::default()), Some(at(expected)), "{after}");
    }
}

#[test]
fn fixed_times_in_a_gap_come_once_when_it_ends() {
    // New York, 2027-03-14: 02:00 becomes 03:00 at 07:00 UTC.
    let after = "2027-03-13T12:00:00Z";
    for (expression, expected) in [
        ("30 2 * * *", ["2027-03-14T07:00Z", "2027-03-15T06:30Z"]),
        ("0,30 2,3 * * *", ["2027-03-14T07:00Z", "2027-03-14T07:30Z"]),
        ("15,30,45 2 * * *", ["2027-03-14T07:00Z", "2027-03-15T06:15Z"]),
        ("0 2,14 * * SUN", ["2027-03-14T07:00Z", "2027-03-14T18:00Z"]),
        // By real time, what does not exist does not come.
        ("*/15 2 * * *", ["2027-03-15T06:00Z", "2027-03-15T06:15Z"]),
        ("30 2-3 14 3 *", ["2027-03-14T07:00Z", "2027-03-14T07:30Z"]),
    ] {
        assert_slots(expression, "America/New_York", after, &expected);
    }
    // Paris, 2027-03-28, 01:00 UTC; Lord Howe, 2027-10-02, 15:30 UTC, by half an hour; Casablanca,
    // 2025-04-06, 02:00 UTC, after Ramadan.
    assert_slots("30 2 * * *", "Europe/Paris", "2027-03-27T12:00:00Z", &["2027-03-28T01:00Z"]);
    assert_slots(
        "15 2 * * *",
        "Australia/Lord_Howe",
        "2027-10-02T12:00:00Z",
        &["2027-10-02T15:30Z"],
    );
    assert_slots("30 2 * * *", "Africa/Casablanca", "2025-04-05T12:00:00Z", &["2025-04-06T02:00Z"]);
}

#[test]
fn midnight_that_does_not_exist_comes_at_one() {
    // São Paulo, 2018-11-04: 00:00 becomes 01:00 at 03:00 UTC.
    assert_slots(
        "0 0 * * *",
        "America/Sao_Paulo",
        "2018-11-03T12:00:00Z",
        &["2018-11-04T03:00Z", "2018-11-05T02:00Z"],
    );
}

#[test]
fn day_that_does_not_exist_comes_at_the_next_midnight() {
    // Apia had no 30 December 2011: it went from the 29th to the 31st at 10:00 UTC on the 30th.
    assert_slots(
        "0 9 * * *",
        "Pacific/Apia",
        "2011-12-29T12:00:00Z",
        &["2011-12-29T19:00Z", "2011-12-30T10:00Z", "2011-12-30T19:00Z"],
    );
    assert_slots("0 9 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z", &["2011-12-30T10:00Z"]);
}

#[test]
fn fixed_times_that_exist_twice_come_once_and_recurring_ones_twice() {
    // New York, 2027-11-07: 02:00 becomes 01:00 at 06:00 UTC.
    let after = "2027-11-07T04:30:00Z";
    for (expression, expected) in [
        ("30 1 * * *", ["2027-11-07T05:30Z", "2027-11-08T06:30Z"]),
        ("0 1,2 * * *", ["2027-11-07T05:00Z", "2027-11-07T07:00Z"]),
        ("30 * * * *", ["2027-11-07T05:30Z", "2027-11-07T06:30Z"]),
        ("*/30 1 * * *", ["2027-11-07T05:00Z", "2027-11-07T05:30Z"]),
    ] {
        assert_slots(expression, "America/New_York", after, &expected);
    }
    assert_slots(
        "*/30 1 * * *",
        "America/New_York",
        "2027-11-07T05:30:00Z",
        &["2027-11-07T06:00Z", "2027-11-07T06:30Z", "2027-11-08T06:00Z"],
    );
    // A fixed time is not found again from between its two occurrences.
    assert_slots("30 1 * * *", "America/New_York", "2027-11-07T05:45:00Z", &["2027-11-08T06:30Z"]);
    assert_slots(
        "45 1 * * *",
        "Australia/Lord_Howe",
        "2027-04-03T14:30:00Z",
        &["2027-04-03T14:45Z", "2027-04-04T15:15Z"],
    );
}

#[test]
fn zones_with_odd_offsets_are_kept_to() {
    assert_slots("0 9 * * *", "Asia/Kathmandu", "2027-01-01T00:00:00Z", &["2027-01-01T03:15Z"]);
    assert_slots("0 9 * * *", "pacific/apia", "2027-01-01T00:00:00Z", &["2027-01-01T20:00Z"]);
    assert!(zone_database().starts_with("20"), "{}", zone_database());
}

#[test]
fn intervals_count_from_their_anchor() {
    let every = |every: &str, anchor: Option<&str>| Timing::Interval {
        every: every.parse().unwrap(),
        anchor: anchor.map(at),
    };
    for (timing, after, expected) in [
        (every("1h", None), "2027-01-01T00:30:00Z", ["2027-01-01T01:00Z", "2027-01-01T02:00Z"]),
        (every("1d", None), "2027-01-01T00:30:00Z", ["2027-01-02T00:00Z", "2027-01-03T00:00Z"]),
        (every("7d", None), "2027-01-01T00:30:00Z", ["2027-01-07T00:00Z", "2027-01-14T00:00Z"]),
        (
            every("90m", Some("2027-01-01T09:10:00Z")),
            "2026-06-01T00:00:00Z",
            ["2027-01-01T09:10Z", "2027-01-01T10:40Z"],
        ),
        (
            every("90m", Some("2027-01-01T09:10:00Z")),
            "2027-01-01T10:40:00Z",
            ["2027-01-01T12:10Z", "2027-01-01T13:40Z"],
        ),
    ] {
        assert_eq!(slots(&timing, after, 2), expected);
    }
}

#[test]
fn once_comes_once() {
    let once = Timing::Once { at: at("2027-01-31T09:00:00+01:00") };
    assert_eq!(slots(&once, "2027-01-01T00:00:00Z", 5), ["2027-01-31T08:00Z"]);
    assert_eq!(next_slot(&once, at("2027-01-31T08:00:00Z"), Bounds::default()), None);
}

#[test]
fn bounds_hold_their_start_and_leave_out_their_end() {
    let hourly = cron("0 * * * *", "UTC");
    let bounds =
        Bounds { start: Some(at("2027-01-01T09:00:00Z")), end: Some(at("2027-01-01T11:00:00Z")) };
    let found = preview(&hourly, at("2026-01-01T00:00:00Z"), bounds, 10);
    assert_eq!(found, [at("2027-01-01T09:00:00Z"), at("2027-01-01T10:00:00Z")]);
    assert_eq!(next_slot(&hourly, at("2027-01-01T10:00:00Z"), bounds), None);
    assert_eq!(preview(&hourly, at("2026-01-01T00:00:00Z"), Bounds::default(), 1_000).len(), 100);
}

#[test]
fn what_is_written_reads_back() {
    for text in [
        r#"{"type":"cron","expression":"0 9 * * *","zone":"Europe/Paris"}"#,
        r#"{"type":"interval","every":"1h30m"}"#,
        r#"{"type":"interval","every":"1h","anchor":"2027-01-01T00:00:00.000001Z"}"#,
        r#"{"type":"once","at":"2027-01-31T08:00:00Z"}"#,
    ] {
        let timing: Timing = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&timing).unwrap(), text);
    }
    let timing: Timing =
        serde_json::from_str(r#"{"type":"cron","expression":"0 9 * * *"}"#).unwrap();
    assert_eq!(timing, cron("0 9 * * *", "UTC"));
    for text in [
        r#"{"type":"cron","expression":"0 9 * * *","tz":"UTC"}"#,
        r#"{"type":"once","at":"tomorrow"}"#,
        r#"{"type":"once","at":"2027-01-31T08:00:00"}"#,
        r#"{"type":"once","at":"1969-01-31T08:00:00Z"}"#,
        r#"{"type":"interval","every":"soon"}"#,
        r#"{"type":"daily"}"#,
    ] {
        assert!(serde_json::from_str::<Timing>(text).is_err(), "{text}");
    }
}
