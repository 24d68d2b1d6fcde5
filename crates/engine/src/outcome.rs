//! How a run ends.

use gathering_domain::{Failure, RunStatus, Usage};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Payload;

/// The end of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// One of the four final statuses.
    pub status: RunStatus,
    /// The output of a run that succeeded; `null` otherwise.
    #[serde(default)]
    pub output: Payload,
    /// Why it did not succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// What the run and its children used.
    #[serde(default, skip_serializing_if = "Usage::is_zero")]
    pub usage: Usage,
}

impl Outcome {
    /// Ended well.
    pub fn succeeded(output: impl Into<Payload>) -> Self {
        Self {
            status: RunStatus::Succeeded,
            output: output.into(),
            error: None,
            usage: Usage::default(),
        }
    }

    /// Ended with a failure.
    pub fn failed(error: Failure) -> Self {
        Self::without_output(RunStatus::Failed, error)
    }

    /// Ended because somebody asked.
    pub fn cancelled(reason: &str) -> Self {
        let why = if reason.is_empty() { "the run was cancelled" } else { reason };
        Self::without_output(RunStatus::Cancelled, Failure::fatal("cancelled", why))
    }

    /// Ended by its time limit.
    pub fn timed_out() -> Self {
        Self::without_output(
            RunStatus::TimedOut,
            Failure::fatal("timeout", "the run reached its time limit"),
        )
    }

    fn without_output(status: RunStatus, error: Failure) -> Self {
        Self {
            status,
            output: Payload::new(Value::Null),
            error: Some(error),
            usage: Usage::default(),
        }
    }
}
