//! How often something may be done: so many in a time, and so many at once after a rest.

use std::{fmt, num::NonZeroU32, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Duration;

/// The most that a rate counts, in its time or at once.
const MOST: u32 = 1_000_000;

/// How often something may be done, written `50/s`, `10/m` or `100/h`, with how many may come at
/// once after a rest: `50/s burst 200`. Without a burst it is as many as the rate has in its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rate {
    count: NonZeroU32,
    per: Per,
    burst: NonZeroU32,
}

/// The time in which a rate counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Per {
    Second,
    Minute,
    Hour,
}

/// Text that is not a rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a rate; write for instance `50/s`, `10/m burst 30` or `100/h`, up to {MOST}")]
pub struct InvalidRate(String);

impl Rate {
    /// So many in a second, and so many at once after a rest.
    pub const fn per_second(count: NonZeroU32, burst: NonZeroU32) -> Self {
        Self { count, per: Per::Second, burst }
    }

    /// One of so many equal shares of it, rounded up.
    #[must_use]
    pub fn share(self, of: NonZeroU32) -> Self {
        let Self { count, per, burst } = self;
        // Rounded up, so never none.
        let share = |all: NonZeroU32| all.get().div_ceil(of.get()).try_into().unwrap_or(all);
        Self { count: share(count), per, burst: share(burst) }
    }

    /// The time after which one more may be done, at least a microsecond.
    pub fn interval(self) -> Duration {
        Duration::from_micros((self.per.length().micros() / u64::from(self.count.get())).max(1))
    }

    /// How many may be done at once after a rest.
    pub const fn burst(self) -> u32 {
        self.burst.get()
    }

    /// The rest after which the whole burst may be done again.
    pub fn rest(self) -> Duration {
        Duration::from_micros(self.interval().micros() * u64::from(self.burst.get()))
    }
}

impl Per {
    const ALL: [Self; 3] = [Self::Second, Self::Minute, Self::Hour];

    const fn length(self) -> Duration {
        match self {
            Self::Second => Duration::from_secs(1),
            Self::Minute => Duration::from_secs(60),
            Self::Hour => Duration::from_secs(3_600),
        }
    }

    const fn unit(self) -> &'static str {
        match self {
            Self::Second => "s",
            Self::Minute => "m",
            Self::Hour => "h",
        }
    }
}

impl FromStr for Rate {
    type Err = InvalidRate;

    fn from_str(text: &str) -> Result<Self, InvalidRate> {
        let amount = |text: &str| {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            let number: NonZeroU32 = text.parse().ok().filter(|_| digits)?;
            (number.get() <= MOST).then_some(number)
        };
        let read = || {
            let mut words = text.split_whitespace();
            let (count, unit) = words.next()?.split_once('/')?;
            let count = amount(count)?;
            let per = Per::ALL.into_iter().find(|per| per.unit() == unit)?;
            let burst = match (words.next(), words.next(), words.next()) {
                (None, ..) => count,
                (Some("burst"), Some(burst), None) => amount(burst)?,
                _ => return None,
            };
            Some(Self { count, per, burst })
        };
        read().ok_or_else(|| InvalidRate(text.chars().take(64).collect()))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.count, self.per.unit())?;
        if self.burst == self.count { Ok(()) } else { write!(f, " burst {}", self.burst) }
    }
}

impl Serialize for Rate {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_read_and_print() {
        for (text, interval_micros, burst, rest_micros, printed) in [
            ("50/s", 20_000, 50, 1_000_000, "50/s"),
            ("10/m burst 30", 6_000_000, 30, 180_000_000, "10/m burst 30"),
            ("100/h burst 100", 36_000_000, 100, 3_600_000_000, "100/h"),
            (" 1/s  burst  1 ", 1_000_000, 1, 1_000_000, "1/s"),
            ("1000000/s", 1, 1_000_000, 1_000_000, "1000000/s"),
        ] {
            let rate: Rate = text.parse().unwrap();
            let lengths = (rate.interval().micros(), rate.burst(), rate.rest().micros());
            assert_eq!(lengths, (interval_micros, burst, rest_micros), "{text}");
            assert_eq!(rate.to_string(), printed);
            assert_eq!(printed.parse::<Rate>().unwrap(), rate);
        }
        for text in [
            "",
            "50",
            "/s",
            "0/s",
            "50/d",
            "50/s burst",
            "50/s burst 0",
            "50/s 200",
            "1000001/s",
            "+5/s",
            "5/s burst +5",
            "5/s burst 5 5",
            "5 /s",
            "-1/s",
            "1.5/s",
            "99999999999/s",
        ] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_share_is_never_none() {
        let four = NonZeroU32::new(4).unwrap();
        for (whole, share) in [
            ("60/m burst 100", "15/m burst 25"),
            ("10/h", "3/h"),
            ("1/s burst 5", "1/s burst 2"),
            ("1/s", "1/s"),
        ] {
            assert_eq!(whole.parse::<Rate>().unwrap().share(four).to_string(), share);
        }
        let written = Rate::per_second(four, NonZeroU32::new(9).unwrap());
        assert_eq!(written, "4/s burst 9".parse().unwrap());
    }
}
