//! Owned runs that could not be taken up: each rests a while, longer each time.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use gathering_domain::RunId;
use tokio::time::Instant;

/// The first rest; it doubles with each failure.
const FIRST_REST: Duration = Duration::from_secs(1);
/// How often it doubles.
const DOUBLINGS: u32 = 6;
/// The most runs that are remembered; another one is tried again without a rest.
const MOST: usize = 16_384;

/// When owned runs that could not be taken up are tried again.
#[derive(Debug, Default)]
pub(crate) struct Stuck(Mutex<HashMap<RunId, (u32, Instant)>>);

impl Stuck {
    /// Notes a failure.
    pub(crate) fn failed(&self, run_id: RunId) {
        self.failed_at(run_id, Instant::now());
    }

    fn failed_at(&self, run_id: RunId, now: Instant) {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if runs.len() >= MOST && !runs.contains_key(&run_id) {
            return;
        }
        let (failures, until) = runs.entry(run_id).or_insert((0, now));
        *until = now + FIRST_REST * 2_u32.pow((*failures).min(DOUBLINGS));
        *failures += 1;
    }

    /// How often in a row a run could not be taken up.
    pub(crate) fn failures(&self, run_id: RunId) -> u32 {
        let runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.get(&run_id).map_or(0, |(failures, _)| *failures)
    }

    /// Notes that a run is well, or not this instance's any more.
    pub(crate) fn forget(&self, run_id: RunId) {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !runs.is_empty() {
            runs.remove(&run_id);
        }
    }

    /// Whether a run must rest still.
    pub(crate) fn rests(&self, run_id: RunId) -> bool {
        self.rests_at(run_id, Instant::now())
    }

    fn rests_at(&self, run_id: RunId, now: Instant) -> bool {
        let runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.get(&run_id).is_some_and(|(_, until)| now < *until)
    }
}

#[cfg(test)]
mod tests {
    use gathering_testkit::CountingIds;

    use super::*;

    #[test]
    fn each_failure_doubles_the_rest_until_the_run_is_well() {
        let (stuck, run_id) = (Stuck::default(), RunId::next(&CountingIds::default()));
        let now = Instant::now();
        for secs in [1, 2, 4, 8, 16, 32, 64, 64] {
            stuck.failed_at(run_id, now);
            let rest = Duration::from_secs(secs);
            assert!(stuck.rests_at(run_id, now + rest - Duration::from_millis(1)));
            assert!(!stuck.rests_at(run_id, now + rest));
        }
        stuck.failed_at(run_id, now);
        stuck.forget(run_id);
        assert!(!stuck.rests_at(run_id, now));
    }
}
