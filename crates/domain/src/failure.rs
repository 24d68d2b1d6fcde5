//! A failure that says what to do next, so that no runner has to guess.

use serde::{Deserialize, Serialize};

use crate::Duration;

/// Why an effect, a node or a run failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// Stable and documented, in `snake_case`: `timeout`, `rate_limited`, `invalid_input`, …
    pub code: String,
    /// What was attempted and what went wrong, for a person. Holds no secret.
    pub message: String,
    /// What to do next.
    pub advice: Advice,
}

/// What a failure asks of whoever runs the effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Advice {
    /// It certainly did not happen, and may be tried again.
    Retry {
        /// The least wait that the target asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Duration>,
    },
    /// Trying again would fail again.
    Fail,
    /// The request may have reached the target: a timeout, a cut connection, a 5xx after sending.
    /// Repeatable kinds try again; the others are reconciled or put before a person.
    Unknown {
        /// The least wait that the target asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Duration>,
    },
}

impl Advice {
    /// The least wait that the target asked for, if it asked.
    pub const fn asked_wait(self) -> Option<Duration> {
        match self {
            Self::Retry { after } | Self::Unknown { after } => after,
            Self::Fail => None,
        }
    }
}

impl Failure {
    /// A failure that no retry mends.
    pub fn fatal(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), advice: Advice::Fail }
    }

    /// A failure known to precede the effect.
    pub fn retryable(code: &str, message: impl Into<String>, after: Option<Duration>) -> Self {
        Self { code: code.to_owned(), message: message.into(), advice: Advice::Retry { after } }
    }

    /// A failure after which nobody here knows whether the effect happened.
    pub fn unknown(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            advice: Advice::Unknown { after: None },
        }
    }
}
