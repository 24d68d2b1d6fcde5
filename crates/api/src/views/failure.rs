//! Why work failed, as clients read it. This is the failure of a run, not of a request.

use gathering_domain::{Advice, Failure};
use serde::Serialize;
use utoipa::ToSchema;

/// Why an effect, a node or a run failed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Failure)]
pub(crate) struct FailureView {
    /// What programs compare: `timeout`, `rate_limited`, `invalid_input`, …
    #[schema(example = "timeout")]
    code: String,
    /// What was attempted and what went wrong.
    message: String,
    /// What may be done next.
    advice: AdviceWord,
    /// The least wait that the target asked for, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
}

/// What may be done after a failure.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Advice)]
#[serde(rename_all = "snake_case")]
enum AdviceWord {
    /// It certainly did not happen, and may be tried again.
    Retry,
    /// Trying again would fail again.
    Fail,
    /// Nobody knows whether it happened.
    Unknown,
}

impl From<Failure> for FailureView {
    fn from(failure: Failure) -> Self {
        let Failure { code, message, advice } = failure;
        let retry_after_ms = advice.asked_wait().map(gathering_domain::Duration::millis);
        let advice = match advice {
            Advice::Retry { .. } => AdviceWord::Retry,
            Advice::Fail => AdviceWord::Fail,
            Advice::Unknown { .. } => AdviceWord::Unknown,
        };
        Self { code, message, advice, retry_after_ms }
    }
}
