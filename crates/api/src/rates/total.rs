//! One count for everybody.

use std::sync::{Mutex, MutexGuard, PoisonError};

use gathering_domain::{Rate, Timestamp};

use super::{
    standing::{Standing, ask, give_back},
    table::Kept,
};

/// The instant that a key has in a table, for everybody together.
#[derive(Debug, Default)]
pub(super) struct Total(Mutex<u64>);

impl Total {
    /// Counts one more.
    pub(super) fn count(&self, rate: Rate, name: &'static str, now: Timestamp) -> Standing {
        let mut instant = self.instant();
        let (standing, value) = ask(rate, name, now, Kept { value: *instant, own: true });
        *instant = value.unwrap_or(*instant);
        standing
    }

    /// Takes one back.
    pub(super) fn put_back(&self, rate: Rate) {
        let mut instant = self.instant();
        let ((), value) = give_back(rate, Kept { value: *instant, own: true });
        *instant = value.unwrap_or(*instant);
    }

    fn instant(&self) -> MutexGuard<'_, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
