//! The time and the chance of the tests: the system's clock, perhaps set wrong, and full jitter.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use gathering_domain::{Clock, Timestamp};
use gathering_worker::Jitter;

/// The system's clock, ahead by some microseconds.
#[derive(Default)]
pub(crate) struct WrongClock(pub(crate) AtomicI64);

/// Draws the whole of each delay.
pub(crate) struct FullDelay;

impl Clock for WrongClock {
    #[expect(clippy::disallowed_methods, reason = "the worker's timers run in real time")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let micros = i64::try_from(since.as_micros()).unwrap();
        Timestamp::from_micros(micros + self.0.load(Ordering::Relaxed))
    }
}

impl Jitter for FullDelay {
    fn draw(&self) -> f64 {
        1.0
    }
}
