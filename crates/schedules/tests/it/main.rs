//! Tests of schedules through what the crate gives to others.

mod decisions;
mod faults;
mod pinned;
mod speed;
mod timelines;
mod transitions;

use gathering_domain::{Pointer, Timestamp};
use gathering_schedules::Timing;

/// A line of cron without faults.
fn cron(expression: &str, zone: &str) -> Timing {
    let timing = Timing::Cron { expression: expression.to_owned(), zone: zone.to_owned() };
    assert_eq!(timing.check(&Pointer::root()), []);
    timing
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).expect("a time in RFC 3339")
}
