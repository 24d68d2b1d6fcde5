//! Which of two runs that wait to be worked on goes first.

use serde::{Deserialize, Serialize};

/// Which of two runs that wait to be worked on goes first: the one of higher priority.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "i64", into = "i64")]
pub struct Priority(i64);

/// A number that is no priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a priority is a whole number from -100 to 100, not {0}")]
pub struct InvalidPriority(i64);

impl Priority {
    /// The lowest.
    pub const LOWEST: i64 = -100;
    /// The highest.
    pub const HIGHEST: i64 = 100;

    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl TryFrom<i64> for Priority {
    type Error = InvalidPriority;

    fn try_from(number: i64) -> Result<Self, InvalidPriority> {
        if (Self::LOWEST..=Self::HIGHEST).contains(&number) {
            Ok(Self(number))
        } else {
            Err(InvalidPriority(number))
        }
    }
}

impl From<Priority> for i64 {
    fn from(priority: Priority) -> Self {
        priority.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn priorities_are_bounded() {
        for number in [-100, 0, 100] {
            assert_eq!(Priority::try_from(number).map(Priority::get), Ok(number));
        }
        for number in [-101, 101, i64::MIN, i64::MAX] {
            assert_eq!(Priority::try_from(number), Err(InvalidPriority(number)));
        }
        let message = InvalidPriority(500).to_string();
        assert_eq!(message, "a priority is a whole number from -100 to 100, not 500");
    }
}
