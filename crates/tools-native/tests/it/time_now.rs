//! `time_now` as a caller sees it.

use std::sync::Arc;

use gathering_domain::Failure;
use gathering_tools_native::TimeNow;
use serde_json::{Value, json};

use crate::{BEFORE_SPRING, StoppedClock, block_on, boxed, call};

fn ask(arguments: Value, seconds_later: i64) -> Result<Value, Failure> {
    let now = BEFORE_SPRING.micros() + seconds_later * 1_000_000;
    let clock = Arc::new(StoppedClock(gathering_domain::Timestamp::from_micros(now)));
    block_on(call(boxed(TimeNow::new(clock)), arguments)).map(|output| output.value)
}

#[test]
fn time_is_told_in_the_zone_that_is_asked_for() {
    for (zone, later, time) in [
        ("UTC", 0, "2026-03-29T00:59:59+00:00"),
        ("Europe/Berlin", 0, "2026-03-29T01:59:59+01:00"),
        ("Europe/Berlin", 1, "2026-03-29T03:00:00+02:00"),
        ("europe/berlin", 1, "2026-03-29T03:00:00+02:00"),
        ("America/Los_Angeles", 0, "2026-03-28T17:59:59-07:00"),
        ("Asia/Kathmandu", 0, "2026-03-29T06:44:59+05:45"),
    ] {
        assert_eq!(ask(json!({ "zone": zone }), later).unwrap()["time"], time, "{zone}");
    }
    let plain = json!({ "time": "2026-03-29T00:59:59+00:00", "zone": "UTC",
                        "weekday": "Sunday", "unix_seconds": 1_774_745_999 });
    assert_eq!(ask(json!({}), 0).unwrap(), plain);
}

#[test]
fn names_that_are_no_zones_are_refused() {
    for zone in ["Mars/Olympus", "", "../../etc/passwd", "/etc/localtime", "UTC\0", "+25:00"] {
        let failure = ask(json!({ "zone": zone }), 0).unwrap_err();
        assert_eq!(failure.code, "invalid_arguments", "{zone}");
    }
    assert_eq!(ask(json!({ "zone": "x".repeat(65) }), 0).unwrap_err().code, "schema");
}
