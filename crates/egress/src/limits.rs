//! How much and how long: the caps of one request, each with a bound of its own.

use gathering_domain::Duration;
use serde::{Deserialize, Serialize};

/// The caps of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// From sending until the answer's head is there.
    pub head: Duration,
    /// Between two pieces of the answer's body.
    pub idle: Duration,
    /// Everything together, redirects and body included.
    pub total: Duration,
    /// The most bytes of an answer's body, after decompression.
    pub body_bytes: u64,
    /// The most redirects that are followed; 0 gives the redirect itself as the answer.
    pub redirects: u8,
}

/// Limits beyond what any request may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the limit `{field}` must be between 1 and {most} {unit}")]
pub struct InvalidLimits {
    /// Which limit.
    pub field: &'static str,
    /// Its bound.
    pub most: u64,
    /// The bound's unit.
    pub unit: &'static str,
}

impl Limits {
    /// The longest that a request may take in all.
    pub const LONGEST: Duration = Duration::from_secs(3_600);
    /// The most bytes of an answer.
    pub const MOST_BODY_BYTES: u64 = 256 * 1024 * 1024;
    /// The most bytes of a request's body.
    pub const MOST_REQUEST_BYTES: usize = 64 * 1024 * 1024;
    /// The most redirects.
    pub const MOST_REDIRECTS: u8 = 10;

    /// One limit for everything: the answer may take `total` to begin, and between its pieces. More
    /// than [`Self::LONGEST`] is cut to that.
    pub fn within(total: Duration) -> Self {
        let total = total.min(Self::LONGEST);
        Self { head: total, idle: total, total, ..Self::default() }
    }

    /// Checks each limit against its bound.
    pub fn check(&self) -> Result<(), InvalidLimits> {
        let longest = Self::LONGEST.millis();
        for (field, value) in [("head", self.head), ("idle", self.idle), ("total", self.total)] {
            if !(1..=longest).contains(&value.millis()) {
                return Err(InvalidLimits { field, most: longest, unit: "milliseconds" });
            }
        }
        let most = Self::MOST_BODY_BYTES;
        if !(1..=most).contains(&self.body_bytes) {
            return Err(InvalidLimits { field: "body_bytes", most, unit: "bytes" });
        }
        if self.redirects > Self::MOST_REDIRECTS {
            let most = u64::from(Self::MOST_REDIRECTS);
            return Err(InvalidLimits { field: "redirects", most, unit: "redirects" });
        }
        Ok(())
    }
}

impl Default for Limits {
    /// What suits a page or an API: 30 s in all, 10 MiB, 5 redirects.
    fn default() -> Self {
        Self {
            head: Duration::from_secs(30),
            idle: Duration::from_secs(15),
            total: Duration::from_secs(30),
            body_bytes: 10 * 1024 * 1024,
            redirects: 5,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_time_limit_holds_for_every_part() {
        for (asked, given) in [(5, 5), (40, 40), (3_600, 3_600), (366 * 86_400, 3_600)] {
            let limits = Limits::within(Duration::from_secs(asked));
            let given = Duration::from_secs(given);
            assert_eq!((limits.head, limits.idle, limits.total), (given, given, given));
            assert_eq!(limits.check(), Ok(()));
        }
    }

    #[test]
    fn limits_have_bounds() {
        let fine = Limits::default();
        assert_eq!(fine.check(), Ok(()));
        for (field, limits) in [
            ("head", Limits { head: Duration::ZERO, ..fine }),
            ("idle", Limits { idle: Duration::from_micros(1), ..fine }),
            ("total", Limits { total: Duration::from_secs(3_601), ..fine }),
            ("body_bytes", Limits { body_bytes: 0, ..fine }),
            ("body_bytes", Limits { body_bytes: u64::MAX, ..fine }),
            ("redirects", Limits { redirects: 11, ..fine }),
        ] {
            assert_eq!(limits.check().unwrap_err().field, field);
        }
    }
}
