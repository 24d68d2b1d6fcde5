//! How long runs of a newer program rest that this instance has given back.
//!
//! A newer instance should have such a run soon, but an older one may be faster again; and where there is no
//! newer one, as after a return to an older program, all such runs go round for ever.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use gathering_domain::Duration;
use tokio::time::Instant;

/// The rest of those that are few.
const SHORT: Duration = Duration::from_secs(2);
/// The rest of what comes beyond.
const LONG: Duration = Duration::from_secs(60);
/// So many in so long a time are few.
const FEW: usize = 20;
const WHILE: Duration = Duration::from_secs(10);

/// When runs were given back last.
#[derive(Debug, Default)]
pub(crate) struct Left(Mutex<VecDeque<Instant>>);

impl Left {
    /// Notes that a run is given back, and answers for how long nobody should claim it.
    pub(crate) fn rest(&self) -> Duration {
        self.rest_at(Instant::now())
    }

    fn rest_at(&self, now: Instant) -> Duration {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while left.front().is_some_and(|at| now.duration_since(*at) >= WHILE.std()) {
            left.pop_front();
        }
        if left.len() >= FEW {
            return LONG;
        }
        left.push_back(now);
        SHORT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_rest_for_a_moment_and_many_for_long() {
        let (left, now) = (Left::default(), Instant::now());
        for _ in 0..FEW {
            assert_eq!(left.rest_at(now), SHORT);
        }
        for _ in 0..FEW {
            assert_eq!(left.rest_at(now), LONG);
        }
        assert_eq!(left.rest_at(now + WHILE.std()), SHORT);
    }
}
