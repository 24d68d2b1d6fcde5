//! The database's clock as this process sees it: its own clock and the measured difference.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use gathering_domain::{Clock, Duration, Timestamp};
use gathering_storage::{Database, Engine, StorageError};

/// A measurement that took longer than this says too little.
const SLOWEST: Duration = Duration::from_millis(500);

/// Tells the time by the database's clock, which all instances share: what one instance writes as
/// due, another one claims when it is due. Behaves as the process's own clock until it is measured,
/// and always on SQLite, where both are one.
pub(crate) struct StoreClock {
    own: Arc<dyn Clock>,
    /// How far the database's clock is ahead, in microseconds.
    ahead: AtomicI64,
}

impl StoreClock {
    pub(crate) fn new(own: Arc<dyn Clock>) -> Self {
        Self { own, ahead: AtomicI64::new(0) }
    }

    /// Asks the database for the time.
    pub(crate) async fn measure(&self, database: &Database) -> Result<(), StorageError> {
        if database.engine() == Engine::Postgres {
            let before = self.own.now();
            self.hear(before, Timestamp::from_micros(database.now().await?));
        }
        Ok(())
    }

    /// Takes in that the database's clock has shown `there` since our own one showed `before`.
    pub(crate) fn hear(&self, before: Timestamp, there: Timestamp) {
        self.correct(before, there, self.own.now());
    }

    /// Takes in that the database's clock showed `there` at some instant between two of our own. What
    /// lies within the uncertainty is no difference, so that a clock in step is left alone.
    fn correct(&self, before: Timestamp, there: Timestamp, after: Timestamp) {
        let took = after.since(before);
        if took > SLOWEST {
            return;
        }
        let half = i64::try_from(took.micros() / 2).unwrap_or(i64::MAX);
        let measured = there.micros() - (before.micros() + half);
        if measured.abs_diff(self.ahead.load(Ordering::Relaxed)) > half.unsigned_abs() {
            self.ahead.store(measured, Ordering::Relaxed);
        }
    }
}

impl Clock for StoreClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.own.now().micros() + self.ahead.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Stopped;

    impl Clock for Stopped {
        fn now(&self) -> Timestamp {
            Timestamp::from_micros(5_000_000)
        }
    }

    #[test]
    fn difference_is_taken_over_unless_it_is_within_the_uncertainty() {
        let at = Timestamp::from_micros;
        for (before, there, after, expected) in [
            (5_000_000, 5_000_000, 5_000_000, 5_000_000),
            (5_000_000, 4_000_000, 5_000_200, 3_999_900),
            (5_000_000, 9_000_100, 5_000_200, 9_000_000),
            // Within half of the time that the question took.
            (5_000_000, 5_000_300, 5_000_800, 5_000_000),
            // Took too long.
            (5_000_000, 9_000_000, 6_000_000, 5_000_000),
        ] {
            let clock = StoreClock::new(Arc::new(Stopped));
            clock.correct(at(before), at(there), at(after));
            assert_eq!(clock.now(), at(expected));
        }
    }
}
