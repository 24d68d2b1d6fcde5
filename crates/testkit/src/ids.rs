//! Ids that count, so that a test's output is the same each time.

use std::sync::atomic::{AtomicU64, Ordering};

use gathering_domain::IdSource;
use uuid::Uuid;

/// Ids 1, 2, 3, … in the form of UUIDs.
#[derive(Debug, Default)]
pub struct CountingIds(AtomicU64);

impl CountingIds {
    /// Starts behind `given` ids already handed out, so that two sources do not collide.
    pub const fn after(given: u64) -> Self {
        Self(AtomicU64::new(given))
    }
}

impl IdSource for CountingIds {
    fn next_uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::SeqCst)) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_and_never_repeat() {
        let ids = CountingIds::after(41);
        assert_eq!(ids.next_uuid(), Uuid::from_u128(42));
        assert!(ids.next_uuid() < ids.next_uuid());
    }
}
