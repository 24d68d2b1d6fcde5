//! A clock that stands still until a test advances it.

use std::sync::atomic::{AtomicI64, Ordering};

use gathering_domain::{Clock, Duration, Timestamp};

/// A clock that stands still until a test advances it.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows `start`.
    pub const fn at(start: Timestamp) -> Self {
        Self(AtomicI64::new(start.micros()))
    }

    /// Moves on, and shows the new time.
    pub fn advance(&self, by: Duration) -> Timestamp {
        let micros = i64::try_from(by.micros()).unwrap_or(i64::MAX);
        Timestamp::from_micros(self.0.fetch_add(micros, Ordering::SeqCst) + micros)
    }

    /// Jumps to any time, also an earlier one.
    pub fn set(&self, to: Timestamp) {
        self.0.store(to.micros(), Ordering::SeqCst);
    }
}

impl Default for ManualClock {
    /// A clock that shows 2026-01-01T00:00:00Z.
    fn default() -> Self {
        Self::at(Timestamp::from_micros(1_767_225_600_000_000))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_passes_only_by_hand() {
        let clock = ManualClock::default();
        assert_eq!(clock.now().to_rfc3339(), "2026-01-01T00:00:00.000Z");
        let later = clock.advance(Duration::from_secs(90));
        assert_eq!(clock.now(), later);
        assert_eq!(later.to_rfc3339(), "2026-01-01T00:01:30.000Z");
        clock.set(Timestamp::from_micros(5));
        assert_eq!(clock.now().micros(), 5);
    }
}
