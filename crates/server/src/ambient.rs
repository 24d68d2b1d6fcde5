//! The ambient sources that everything else gets as parameters: the system's clock, ids, jitter.

use gathering_app::Randomness;
use gathering_domain::{Clock, IdSource, Timestamp};
use gathering_worker::Jitter;
use uuid::Uuid;

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let micros = since.map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX));
        Timestamp::from_micros(micros)
    }
}

/// UUIDv7 (RFC 9562): rising with time, so that they index well.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TimeOrderedIds;

impl IdSource for TimeOrderedIds {
    #[expect(clippy::disallowed_methods, reason = "the one place that draws ids")]
    fn next_uuid(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// The operating system's random numbers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct OsRandomness;

impl Randomness for OsRandomness {
    fn fill(&self, bytes: &mut [u8]) {
        rand::fill(bytes);
    }
}

impl Jitter for OsRandomness {
    fn draw(&self) -> f64 {
        rand::random()
    }
}
