//! Questions that could take forever have their answer at once.

use std::time::{Duration as Std, Instant};

use gathering_domain::{Duration, Pointer, ScheduleId};
use gathering_schedules::{
    Activity, Bounds, HORIZON_YEARS, MOST_COUNTED, Policy, Reason, Schedule, State, Timing, decide,
    next_slot, preview,
};
use jiff::civil::date;

use crate::{at, cron};

/// Far more than any of it takes on a slow machine without optimisation, far less than a search
/// second by second.
const AT_ONCE: Std = Std::from_secs(2);

#[test]
fn the_rarest_lines_are_found_within_the_horizon() {
    let began = Instant::now();
    // 2100 is no leap year: around it lie the longest waits for a 29 February on a given weekday.
    for year in (2060..2110).step_by(4) {
        for weekday in 0..7_i8 {
            let leap_days = (year + 1..).filter_map(|year| date(year, 2, 28).tomorrow().ok());
            let mut leap_days = leap_days.filter(|day| day.day() == 29);
            let expected = leap_days.find(|day| day.weekday().to_sunday_zero_offset() == weekday);
            let expected = expected.expect("each weekday is a 29 February now and then");
            assert!(expected.year() - year < HORIZON_YEARS);
            let timing = cron(&format!("0 0 ? 2 {weekday}#5"), "UTC");
            let slot =
                next_slot(&timing, at(&format!("{year}-12-31T00:00:00Z")), Bounds::default());
            assert_eq!(slot, Some(at(&format!("{expected}T00:00:00Z"))), "{weekday} after {year}");
        }
    }
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
}

#[test]
fn lines_that_never_come_are_found_out_at_once() {
    let began = Instant::now();
    for expression in ["0 0 30 2 *", "* * * 31 2,4,6,9,11 ?", "0 0 31W 11 *"] {
        let timing =
            Timing::Cron { expression: expression.to_owned(), zone: "Europe/Paris".to_owned() };
        assert_eq!(timing.check(&Pointer::root()).len(), 1, "{expression}");
        assert_eq!(next_slot(&timing, at("2027-01-01T00:00:00Z"), Bounds::default()), None);
        assert_eq!(preview(&timing, at("2027-01-01T00:00:00Z"), Bounds::default(), 100), []);
    }
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
}

#[test]
fn millions_of_missed_slots_are_counted_or_bounded() {
    let began = Instant::now();
    let policy = Policy { jitter: Duration::from_secs(3_600), ..Policy::default() };
    let every_second = Timing::Interval { every: Duration::from_secs(1), anchor: None };
    for (timing, count, exact) in [
        (every_second, 315_619_200, true),
        (cron("* * * * * *", "Europe/Paris"), MOST_COUNTED, false),
    ] {
        let id = ScheduleId::from_uuid(uuid::Uuid::from_u128(7));
        let schedule = Schedule { id, timing: &timing, policy: &policy };
        let state = State { next_slot: Some(at("2020-01-01T00:00:00Z")), ..State::default() };
        let decision = decide(schedule, &state, Activity::default(), at("2030-01-01T00:00:00Z"));
        let skipped = decision.skipped.expect("slots were missed");
        assert_eq!((skipped.reason, skipped.exact), (Reason::Misfire, exact));
        assert!(skipped.count.abs_diff(count) < 10, "{skipped:?}");
        assert!((1..10).contains(&decision.fires.len()), "{:?}", decision.fires);
        assert!(decision.state.next_slot >= Some(at("2029-12-31T23:59:59Z")));
    }
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
}
