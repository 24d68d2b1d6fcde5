//! When a node where branches meet may start.

use std::{fmt, num::NonZeroU32, str::FromStr};

use serde::{Deserialize, Serialize};

/// The join policy of a node. Only edges that were not skipped count; all skipped means skipped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Join {
    /// Every edge that was not skipped must be taken.
    #[default]
    All,
    /// The first edge taken is enough.
    Any,
    /// So many edges must be taken; written `n:2`.
    AtLeast(NonZeroU32),
}

/// Text that is not a join policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a join policy; write `all`, `any` or `n:2`")]
pub struct InvalidJoin(String);

impl Join {
    /// Whether this is the policy of a node that says nothing.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub fn is_default(&self) -> bool {
        *self == Self::All
    }
}

impl FromStr for Join {
    type Err = InvalidJoin;

    fn from_str(text: &str) -> Result<Self, InvalidJoin> {
        match text {
            "all" => Ok(Self::All),
            "any" => Ok(Self::Any),
            _ => text
                .strip_prefix("n:")
                .and_then(|count| count.parse().ok())
                .map(Self::AtLeast)
                .ok_or_else(|| InvalidJoin(text.chars().take(64).collect())),
        }
    }
}

impl TryFrom<String> for Join {
    type Error = InvalidJoin;

    fn try_from(text: String) -> Result<Self, InvalidJoin> {
        text.parse()
    }
}

impl fmt::Display for Join {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Any => f.write_str("any"),
            Self::AtLeast(count) => write!(f, "n:{count}"),
        }
    }
}

impl From<Join> for String {
    fn from(join: Join) -> Self {
        join.to_string()
    }
}
