//! What repeating an effect means: the one property that decides what happens after a crash.

use serde::{Deserialize, Serialize};

/// What may be done when an attempt was started and its outcome is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectKind {
    /// Repeating changes nothing in the world: run again.
    Pure,
    /// The target recognises the effect id: run again with the same id.
    Idempotent,
    /// The target can be asked whether it happened: ask, then decide.
    Reconcilable,
    /// Never repeated: a person settles an unknown outcome.
    Unsafe,
}

impl EffectKind {
    /// Whether an attempt must be in the log before it starts.
    pub const fn logs_attempt(self) -> bool {
        match self {
            Self::Pure | Self::Idempotent => false,
            Self::Reconcilable | Self::Unsafe => true,
        }
    }

    /// Whether an attempt without an outcome may simply be made again.
    pub const fn may_repeat(self) -> bool {
        match self {
            Self::Pure | Self::Idempotent => true,
            Self::Reconcilable | Self::Unsafe => false,
        }
    }
}
