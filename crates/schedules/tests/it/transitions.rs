//! Every change of the clock over years, against a walk from minute to minute without any cron.

use std::collections::HashSet;

use gathering_domain::Timestamp;
use gathering_schedules::{Bounds, next_slot, preview};
use jiff::{
    Span,
    civil::{DateTime, Weekday},
    tz::{TimeZone, TimeZoneDatabase},
};

use crate::{at, cron};

/// A line of cron, whether it is of fixed times, and what it means.
struct Line {
    text: &'static str,
    is_fixed: bool,
    fits: fn(DateTime) -> bool,
}

const fn fixed(text: &'static str, fits: fn(DateTime) -> bool) -> Line {
    Line { text, is_fixed: true, fits }
}

const fn recurring(text: &'static str, fits: fn(DateTime) -> bool) -> Line {
    Line { text, is_fixed: false, fits }
}

const LINES: [Line; 18] = [
    recurring("* * * * *", |_| true),
    recurring("*/15 * * * *", |t| t.minute() % 15 == 0),
    recurring("30 * * * *", |t| t.minute() == 30),
    recurring("0 */2 * * *", |t| t.minute() == 0 && t.hour() % 2 == 0),
    recurring("*/20 1-2 * * *", |t| t.minute() % 20 == 0 && (1..=2).contains(&t.hour())),
    recurring("5 0-23 * * *", |t| t.minute() == 5),
    recurring("0-59 2 * * *", |t| t.hour() == 2),
    fixed("15 0 * * *", |t| (t.hour(), t.minute()) == (0, 15)),
    fixed("0 0 * * *", |t| (t.hour(), t.minute()) == (0, 0)),
    fixed("30 1 * * *", |t| (t.hour(), t.minute()) == (1, 30)),
    fixed("30 2 * * *", |t| (t.hour(), t.minute()) == (2, 30)),
    fixed("45 3 * * *", |t| (t.hour(), t.minute()) == (3, 45)),
    fixed("0,10,30 0-4 * * *", |t| t.hour() <= 4 && [0, 10, 30].contains(&t.minute())),
    fixed("0 2,14 * * SUN", |t| {
        t.weekday() == Weekday::Sunday && t.minute() == 0 && [2, 14].contains(&t.hour())
    }),
    fixed("0 2 1-7 * SAT", |t| {
        (t.hour(), t.minute()) == (2, 0) && (t.day() <= 7 || t.weekday() == Weekday::Saturday)
    }),
    fixed("30 2 * 3,10 SUNL", |t| {
        (t.hour(), t.minute()) == (2, 30)
            && [3, 10].contains(&t.month())
            && t.weekday() == Weekday::Sunday
            && t.date().checked_add(Span::new().days(7)).expect("in range").month() != t.month()
    }),
    fixed("0 3 * * SUN#2", |t| {
        (t.hour(), t.minute()) == (3, 0)
            && t.weekday() == Weekday::Sunday
            && (8..=14).contains(&t.day())
    }),
    fixed("0 2 L * *", |t| {
        (t.hour(), t.minute()) == (2, 0) && t.date().tomorrow().expect("in range").day() == 1
    }),
];

const MINUTE: i64 = 60_000_000;

/// The slots of every line from minute to minute, `from` included and `to` not.
fn walked(zone: &TimeZone, from: Timestamp, to: Timestamp) -> Vec<Vec<Timestamp>> {
    let local = |instant: i64| {
        zone.to_datetime(jiff::Timestamp::from_microsecond(instant).expect("in range"))
    };
    let minute = Span::new().minutes(1);
    let next = |t: DateTime| t.checked_add(minute).expect("in range");
    let mut slots = vec![Vec::new(); LINES.len()];
    // What the clock has shown before; no clock of this decade goes back by more than a day.
    let mut shown: HashSet<DateTime> = HashSet::new();
    let mut previous = None;
    let mut instant = from.micros() - 1_440 * MINUTE;
    while instant < to.micros() {
        let now = local(instant);
        let mut left_out = Vec::new();
        let mut expected = previous.map_or(now, next);
        while expected < now {
            left_out.push(expected);
            expected = next(expected);
        }
        let is_first = shown.insert(now);
        previous = Some(now);
        if instant >= from.micros() {
            for (line, slots) in LINES.iter().zip(&mut slots) {
                let fits = if line.is_fixed {
                    (is_first && (line.fits)(now)) || left_out.iter().any(|t| (line.fits)(*t))
                } else {
                    (line.fits)(now)
                };
                if fits {
                    slots.push(Timestamp::from_micros(instant));
                }
            }
        }
        instant += MINUTE;
    }
    slots
}

fn assert_slots(name: &str, zone: &TimeZone, from: Timestamp, to: Timestamp) {
    let before = Timestamp::from_micros(from.micros() - 1);
    let bounds = Bounds { start: None, end: Some(to) };
    for (line, expected) in LINES.iter().zip(walked(zone, from, to)) {
        let timing = cron(line.text, name);
        let mut found: Vec<Timestamp> = Vec::new();
        loop {
            let after = found.last().copied().unwrap_or(before);
            let more = preview(&timing, after, bounds, 100);
            // Asked one at a time from anywhere, the answer is the same.
            assert_eq!(next_slot(&timing, after, bounds), more.first().copied());
            if more.is_empty() {
                break;
            }
            found.extend(more);
        }
        if let Some(at) =
            (0..found.len().max(expected.len())).find(|at| found.get(*at) != expected.get(*at))
        {
            let print = |slots: &[Timestamp]| slots.get(at).map(|slot| slot.to_rfc3339());
            let (found, expected) = (print(&found), print(&expected));
            panic!("`{}` in {name}: found {found:?}, expected {expected:?}", line.text);
        }
    }
}

/// Thirty hours before and after each change of the clock from `first` on, until the end of 2030.
fn assert_transitions(name: &str, first: &str, at_least: usize) {
    const AROUND: i64 = 30 * 60 * MINUTE;
    let zone = TimeZoneDatabase::bundled().get(name).expect("a zone");
    let first = jiff::Timestamp::from_microsecond(at(first).micros()).expect("in range");
    let end =
        jiff::Timestamp::from_microsecond(at("2031-01-01T00:00:00Z").micros()).expect("in range");
    let changes: Vec<i64> = zone
        .following(first)
        .map(|change| change.timestamp())
        .take_while(|change| *change < end)
        .map(jiff::Timestamp::as_microsecond)
        .collect();
    assert!(changes.len() >= at_least, "{name} has {} changes", changes.len());
    for change in changes {
        let (from, to) = (change - AROUND, change + AROUND);
        assert_slots(name, &zone, Timestamp::from_micros(from), Timestamp::from_micros(to));
    }
}

#[test]
fn paris_changes_in_march_and_october() {
    assert_transitions("Europe/Paris", "2020-01-01T00:00:00Z", 22);
}

#[test]
fn new_york_changes_in_march_and_november() {
    assert_transitions("America/New_York", "2020-01-01T00:00:00Z", 22);
}

#[test]
fn sao_paulo_changed_at_midnight_until_2019() {
    assert_transitions("America/Sao_Paulo", "2010-01-01T00:00:00Z", 19);
}

#[test]
fn lord_howe_changes_by_half_an_hour() {
    assert_transitions("Australia/Lord_Howe", "2020-01-01T00:00:00Z", 22);
}

#[test]
fn apia_left_out_a_day_and_changed_until_2021() {
    assert_transitions("Pacific/Apia", "2011-01-01T00:00:00Z", 20);
}

#[test]
fn casablanca_changed_around_ramadan() {
    assert_transitions("Africa/Casablanca", "2018-01-01T00:00:00Z", 14);
}

#[test]
fn zones_without_changes_go_on_evenly() {
    for (name, from) in [
        ("UTC", "2024-02-27T00:00:00Z"),
        ("Asia/Kathmandu", "2024-02-27T00:00:00Z"),
        ("Asia/Kathmandu", "2029-12-30T00:00:00Z"),
        ("Europe/Paris", "2024-02-27T00:00:00Z"),
    ] {
        let zone = TimeZoneDatabase::bundled().get(name).expect("a zone");
        let from = at(from);
        let to = Timestamp::from_micros(from.micros() + 5 * 1_440 * MINUTE);
        assert_slots(name, &zone, from, to);
    }
}

#[test]
fn the_days_of_a_leap_year_have_no_other_surprises() {
    let zone = TimeZoneDatabase::bundled().get("Australia/Lord_Howe").expect("a zone");
    let (from, to) = (at("2024-02-01T00:00:00Z"), at("2024-05-03T00:00:00Z"));
    assert_slots("Australia/Lord_Howe", &zone, from, to);
}
