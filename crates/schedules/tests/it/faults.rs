//! What is refused, and in what words.

use gathering_domain::{Duration, Pointer};
use gathering_schedules::{Misfire, Policy, Retry, Timing};

use crate::at;

fn said(timing: &Timing) -> Vec<String> {
    timing.check(&Pointer::root().child("timing")).iter().map(ToString::to_string).collect()
}

#[test]
fn lines_of_cron_are_refused_with_the_field_and_what_it_takes() {
    for (expression, expected) in [
        ("", "the expression is empty; it takes five"),
        ("* * * *", "the expression has 4 fields; it takes five"),
        ("0 0 0 1 1 * 2027", "7 fields, and a year cannot be given"),
        ("60 * * * *", "minute `60`: `60` is not allowed; allowed are 0-59"),
        ("0 24 * * *", "hour `24`: `24` is not allowed; allowed are 0-23"),
        ("0 0 0 * *", "day of the month `0`: `0` is not allowed; allowed are 1-31"),
        ("0 0 * 13 *", "month `13`: `13` is not allowed; allowed are 1-12 and JAN-DEC"),
        ("0 0 * * 8", "day of the week `8`: `8` is not allowed; allowed are 0-7"),
        ("0 0 * * MONDAY", "`MONDAY` is not allowed"),
        ("MON * * * *", "minute `MON`: `MON` is not allowed"),
        ("60 0 0 1 1 *", "second `60`: `60` is not allowed"),
        ("1,,2 * * * *", "minute `1,,2`: the list has an empty element"),
        ("1, * * * *", "the list has an empty element"),
        ("5/15 * * * *", "a step without a range; write `5-59/15` to begin at 5"),
        ("*/0 * * * *", "a step of `0` is not allowed; here it is between 1 and 59"),
        (
            "*/90 * * * *",
            "a step of `90` is not allowed; here it is between 1 and 59, counted anew within each hour (for longer steps write an interval)",
        ),
        ("*/+5 * * * *", "a step of `+5` is not allowed"),
        ("0 22-2 * * *", "hour `22-2`: the range `22-2` runs backwards; write `22-23,0-2`"),
        ("0 0 * * FRI-MON", "the range `FRI-MON` runs backwards"),
        ("0 0 * * L", "`L` needs a day here"),
        ("0 0 * * FRI#6", "in `FRI#6` a number from 1 to 5"),
        ("0 0 32W * *", "`32` is not allowed"),
        ("0 0 L-3 * *", "`L` is not allowed"),
        ("? * * * *", "minute `?`: `?` is not allowed"),
        ("-1 * * * *", "`` is not allowed"),
        ("*-5 * * * *", "`*` is not allowed"),
        ("@reboot", "`@reboot` is not known; known are @hourly, @daily"),
        ("0 0 +1 * *", "`+1` is not allowed"),
        ("0 0 ١ * *", "`١` is not allowed"),
        ("0 0 30 2 *", "`0 0 30 2 *` never comes"),
        ("0 0 31 4,6,9,11 *", "never comes"),
        ("0 0 31W 2 *", "never comes"),
    ] {
        let timing = Timing::Cron { expression: expression.to_owned(), zone: "UTC".to_owned() };
        let faults = said(&timing);
        assert_eq!(faults.len(), 1, "{expression}: {faults:?}");
        assert!(faults[0].starts_with("/timing/expression: "), "{faults:?}");
        assert!(faults[0].contains(expected), "{expression}: {faults:?}");
    }
}

#[test]
fn all_faults_of_a_line_are_told_at_once() {
    let timing = Timing::Cron { expression: "60 24 * * 9".to_owned(), zone: "Paris".to_owned() };
    let faults = timing.check(&Pointer::root());
    let codes: Vec<&str> = faults.iter().map(|fault| fault.code.as_str()).collect();
    assert_eq!(codes, ["invalid_cron", "invalid_cron", "invalid_cron", "unknown_zone"]);
}

#[test]
fn long_lines_are_not_read() {
    let timing = Timing::Cron { expression: "0,".repeat(200), zone: "UTC".to_owned() };
    assert!(said(&timing)[0].contains("longer than 256"), "{:?}", said(&timing));
}

#[test]
fn zones_are_those_of_the_iana_database() {
    for (zone, expected) in [
        ("Paris", "do you mean `Europe/Paris`?"),
        ("Europe/New York", "do you mean `America/New_York`?"),
        ("Mars/Olympus", "write for instance `Europe/Paris`"),
        ("+02:00", "is no time zone"),
        ("EST5EDT,M3.2.0,M11.1.0", "is no time zone"),
        ("", "is no time zone"),
        ("Etc/Unknown", "is no time zone"),
    ] {
        let timing = Timing::Cron { expression: "* * * * *".to_owned(), zone: zone.to_owned() };
        let faults = said(&timing);
        assert_eq!(faults.len(), 1, "{zone}: {faults:?}");
        assert!(
            faults[0].starts_with("/timing/zone: ") && faults[0].contains(expected),
            "{faults:?}"
        );
    }
}

#[test]
fn intervals_lie_between_a_second_and_a_year() {
    let every = |text: &str| said(&Timing::Interval { every: text.parse().unwrap(), anchor: None });
    for good in ["1s", "1500ms", "366d"] {
        assert_eq!(every(good), [""; 0], "{good}");
    }
    for bad in ["0s", "999ms", "366d1us"] {
        let faults = every(bad);
        assert!(
            faults[0].starts_with("/timing/every: an interval is between 1s and 366d"),
            "{faults:?}"
        );
    }
}

#[test]
fn policies_out_of_range_are_told_at_once() {
    let policy = Policy {
        misfire: Misfire::FireAll { within: Duration::ZERO },
        jitter: Duration::from_secs(3_601),
        start: Some(at("2027-01-01T00:00:00Z")),
        end: Some(at("2027-01-01T00:00:00Z")),
        max_fires: Some(0),
        retry: Some(Retry {
            attempts: 11,
            first_delay: Duration::from_secs(100_000),
            factor: f64::NAN,
            max_delay: Duration::from_secs(90_000),
        }),
        ..Policy::default()
    };
    let faults = policy.check(&Pointer::root());
    let places: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(
        places,
        [
            "/jitter",
            "/misfire/within",
            "/end",
            "/max_fires",
            "/retry/attempts",
            "/retry/factor",
            "/retry/first_delay",
            "/retry/max_delay",
            "/retry/first_delay",
        ]
    );
    assert!(faults.iter().all(|fault| fault.code == "out_of_range"));
    assert_eq!(Policy::default().check(&Pointer::root()), []);
}

#[test]
fn policies_are_written_briefly() {
    let policy: Policy = serde_json::from_str("{}").unwrap();
    assert_eq!(policy, Policy::default());
    let text = r#"{"misfire":{"type":"fire_all","within":"1d"},"overlap":"cancel_previous","jitter":"30s","end":"2028-01-01T00:00:00Z","max_fires":3,"retry":{"attempts":3}}"#;
    let policy: Policy = serde_json::from_str(text).unwrap();
    assert_eq!(policy.misfire, Misfire::FireAll { within: Duration::from_secs(86_400) });
    let waits: Vec<String> =
        (1..5).map_while(|n| policy.retry?.delay_after(n)).map(|wait| wait.to_string()).collect();
    assert_eq!(waits, ["1m", "2m"]);
    let again: Policy = serde_json::from_str(&serde_json::to_string(&policy).unwrap()).unwrap();
    assert_eq!(again, policy);
    for bad in [
        r#"{"misfire":{"type":"never"}}"#,
        r#"{"overlaps":"skip"}"#,
        r#"{"retry":{"attempts":1,"x":1}}"#,
    ] {
        assert!(serde_json::from_str::<Policy>(bad).is_err(), "{bad}");
    }
}

#[test]
fn schemas_allow_what_is_read_and_nothing_else() {
    let timing = schemars::schema_for!(Timing).to_value();
    let policy = schemars::schema_for!(Policy).to_value();
    for (schema, text, expected) in [
        (&timing, r#"{"type":"cron","expression":"0 9 * * *"}"#, true),
        (&timing, r#"{"type":"cron","expression":"0 9 * * *","zone":"Europe/Paris"}"#, true),
        (&timing, r#"{"type":"interval","every":"1h30m","anchor":"2027-01-01T00:00:00Z"}"#, true),
        (&timing, r#"{"type":"once","at":"2027-01-01T00:00:00Z"}"#, true),
        (&timing, r#"{"type":"cron","expression":"0 9 * * *","tz":"UTC"}"#, false),
        (&timing, r#"{"type":"interval","every":"soon"}"#, false),
        (&timing, r#"{"type":"daily"}"#, false),
        (&policy, "{}", true),
        (
            &policy,
            r#"{"misfire":{"type":"skip"},"overlap":"queue","jitter":"5m","max_fires":3}"#,
            true,
        ),
        (&policy, r#"{"misfire":{"type":"fire_all","within":"1d"},"retry":{"attempts":3}}"#, true),
        (&policy, r#"{"misfire":{"type":"fire_all"}}"#, false),
        (&policy, r#"{"max_fires":0}"#, false),
        (&policy, r#"{"retry":{"attempts":11}}"#, false),
        (&policy, r#"{"overlaps":"skip"}"#, false),
    ] {
        let value = serde_json::from_str(text).unwrap();
        assert_eq!(jsonschema::is_valid(schema, &value), expected, "{text}");
    }
}
