//! When to try again: exponential backoff with full jitter.

use gathering_domain::Duration;
use serde::{Deserialize, Serialize};

/// The most attempts that a policy may ask for.
pub const MAX_ATTEMPTS: u32 = 100;

/// The longest wait that a target can ask for.
pub const MAX_ASKED_WAIT: Duration = Duration::from_secs(24 * 3600);

/// How often and how soon an effect is tried again.
///
/// Source of full jitter: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetryPolicy {
    /// Attempts in all, the first included.
    pub attempts: u32,
    /// The ceiling of the wait after the first attempt.
    pub first_delay: Duration,
    /// By what the ceiling grows with each attempt.
    pub factor: f64,
    /// The ceiling of ceilings.
    pub max_delay: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 3,
            first_delay: Duration::from_millis(500),
            factor: 2.0,
            max_delay: Duration::from_secs(60),
        }
    }
}

impl RetryPolicy {
    /// One attempt and no more.
    pub const NONE: Self =
        Self { attempts: 1, first_delay: Duration::ZERO, factor: 1.0, max_delay: Duration::ZERO };

    /// The wait after failed attempt number `attempt` (from 1): a share `jitter` (0 to 1) of the
    /// ceiling, but at least what the target asked for, up to [`MAX_ASKED_WAIT`].
    pub fn delay(&self, attempt: u32, jitter: f64, asked: Option<Duration>) -> Duration {
        let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        #[expect(clippy::cast_precision_loss, reason = "delays are far below 2^52 microseconds")]
        let ceiling = (self.first_delay.micros() as f64 * self.factor.max(1.0).powi(exponent))
            .min(self.max_delay.micros() as f64);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative, and bounded by max_delay"
        )]
        let drawn = Duration::from_micros((ceiling * jitter.clamp(0.0, 1.0)) as u64);
        asked.map_or(drawn, |asked| drawn.max(asked.min(MAX_ASKED_WAIT)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ceiling_doubles_until_its_bound() {
        let policy = RetryPolicy { max_delay: Duration::from_secs(3), ..RetryPolicy::default() };
        let ceilings: Vec<u64> = (1..=5).map(|n| policy.delay(n, 1.0, None).millis()).collect();
        assert_eq!(ceilings, [500, 1_000, 2_000, 3_000, 3_000]);
        assert_eq!(policy.delay(2, 0.25, None).millis(), 250);
        assert_eq!(policy.delay(u32::MAX, 1.0, None).millis(), 3_000);
    }

    #[test]
    fn the_targets_wish_is_a_floor() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.delay(1, 0.0, Some(Duration::from_secs(90))), Duration::from_secs(90));
    }
}
