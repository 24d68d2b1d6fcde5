//! What can go wrong in a model call, and what to do about it.

use gathering_domain::{Advice, Duration, Failure, TokenUsage};
use serde::{Deserialize, Serialize};

/// A model call that gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("model call to {provider}/{model} failed: {message}")]
pub struct ModelError {
    /// What kind of failure it is.
    pub kind: ModelErrorKind,
    /// The provider's configured name.
    pub provider: String,
    /// The model that was asked; empty if none was.
    pub model: String,
    /// What went wrong, in the provider's words where it gave some, bounded. Holds no secret.
    pub message: String,
    /// The least wait that the provider asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Duration>,
    /// What the provider may charge for it all the same.
    #[serde(default, skip_serializing_if = "Charge::is_nothing")]
    pub charge: Charge,
}

/// What a provider may charge for a call that gave no answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Charge {
    /// Nothing: it refused the request, or never got it.
    #[default]
    Nothing,
    /// These tokens.
    Tokens(Box<TokenUsage>),
    /// Nobody can say: up to all that the request allowed.
    Unknown,
}

/// Kinds of failure; each has a stable code and one advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelErrorKind {
    /// 429: too many requests or tokens.
    RateLimited,
    /// 529 or 503: the provider has no room now.
    Overloaded,
    /// The account has no credit or quota left.
    QuotaExhausted,
    /// No key is configured.
    AuthMissing,
    /// The key is wrong or may not do this.
    AuthRefused,
    /// The provider refused the request's form.
    InvalidRequest,
    /// The conversation does not fit the model's window.
    ContextTooLong,
    /// The provider does not have the model.
    UnknownModel,
    /// No provider of that name is configured.
    UnknownProvider,
    /// No answer, or no next piece of it, in time.
    Timeout,
    /// The stream ended before the answer did.
    CutStream,
    /// The provider sent something that is not its wire format.
    Malformed,
    /// The whole answer held neither text nor a call.
    EmptyAnswer,
    /// The answer went over a stated bound.
    TooLarge,
    /// Another 5xx, or an error event within the stream.
    ServerError,
    /// The provider could not be reached; the request was certainly not sent.
    Unreachable,
    /// The connection broke after the request may have been sent.
    ConnectionLost,
    /// Our own egress rules forbid the address.
    Blocked,
    /// The adapter cannot express the request.
    Unsupported,
}

impl ModelErrorKind {
    /// The failure's stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::RateLimited => "rate_limited",
            Self::Overloaded => "model_overloaded",
            Self::QuotaExhausted => "model_quota_exhausted",
            Self::AuthMissing => "model_auth_missing",
            Self::AuthRefused => "model_auth_refused",
            Self::InvalidRequest => "model_invalid_request",
            Self::ContextTooLong => "model_context_too_long",
            Self::UnknownModel => "unknown_model",
            Self::UnknownProvider => "unknown_provider",
            Self::Timeout => "timeout",
            Self::CutStream => "model_stream_cut",
            Self::Malformed => "model_malformed_answer",
            Self::EmptyAnswer => "model_empty_answer",
            Self::TooLarge => "model_answer_too_large",
            Self::ServerError => "model_server_error",
            Self::Unreachable => "model_unreachable",
            Self::ConnectionLost => "model_connection_lost",
            Self::Blocked => "egress_blocked",
            Self::Unsupported => "model_unsupported",
        }
    }

    /// Whether another model of the fallback chain may do better where this one failed.
    pub const fn may_fall_back(self) -> bool {
        match self {
            Self::RateLimited
            | Self::Overloaded
            | Self::QuotaExhausted
            | Self::AuthRefused
            | Self::UnknownModel
            | Self::Timeout
            | Self::CutStream
            | Self::Malformed
            | Self::EmptyAnswer
            | Self::ServerError
            | Self::Unreachable
            | Self::ConnectionLost
            | Self::ContextTooLong => true,
            // A missing key or provider is a mistake that must be seen, never papered over.
            Self::AuthMissing
            | Self::UnknownProvider
            | Self::InvalidRequest
            | Self::TooLarge
            | Self::Blocked
            | Self::Unsupported => false,
        }
    }

    /// What a provider may charge for a call that failed so before its answer began.
    pub const fn charge(self) -> Charge {
        match self {
            Self::Timeout
            | Self::CutStream
            | Self::Malformed
            | Self::EmptyAnswer
            | Self::TooLarge
            | Self::ServerError
            | Self::ConnectionLost => Charge::Unknown,
            Self::RateLimited
            | Self::Overloaded
            | Self::QuotaExhausted
            | Self::AuthMissing
            | Self::AuthRefused
            | Self::InvalidRequest
            | Self::ContextTooLong
            | Self::UnknownModel
            | Self::UnknownProvider
            | Self::Unreachable
            | Self::Blocked
            | Self::Unsupported => Charge::Nothing,
        }
    }

    /// Whether the request was refused on this side, so that nothing was heard of the target.
    pub const fn never_left(self) -> bool {
        matches!(
            self,
            Self::AuthMissing | Self::UnknownProvider | Self::Blocked | Self::Unsupported
        )
    }

    /// Whether the failure speaks against the target's health, for a circuit breaker.
    pub const fn counts_against_target(self) -> bool {
        match self {
            Self::Overloaded
            | Self::Timeout
            | Self::CutStream
            | Self::Malformed
            | Self::ServerError
            | Self::Unreachable
            | Self::ConnectionLost => true,
            Self::RateLimited
            | Self::QuotaExhausted
            | Self::AuthMissing
            | Self::AuthRefused
            | Self::InvalidRequest
            | Self::ContextTooLong
            | Self::UnknownModel
            | Self::UnknownProvider
            | Self::EmptyAnswer
            | Self::TooLarge
            | Self::Blocked
            | Self::Unsupported => false,
        }
    }
}

/// The longest message that an error keeps, in characters.
const MESSAGE_LIMIT: usize = 1_000;

impl ModelError {
    /// A failure of `kind` at `provider` and `model`.
    pub fn new(
        kind: ModelErrorKind,
        provider: impl Into<String>,
        model: impl Into<String>,
        message: impl AsRef<str>,
    ) -> Self {
        let message = message.as_ref().chars().take(MESSAGE_LIMIT).collect();
        Self {
            kind,
            provider: provider.into(),
            model: model.into(),
            message,
            retry_after: None,
            charge: kind.charge(),
        }
    }

    /// The same with what the provider may charge.
    pub fn charged(mut self, charge: Charge) -> Self {
        self.charge = charge;
        self
    }

    /// The same with the wait that the provider asked for.
    pub fn after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait;
        self
    }

    /// What to do next.
    pub fn advice(&self) -> Advice {
        let after = self.retry_after;
        match self.kind {
            ModelErrorKind::RateLimited
            | ModelErrorKind::Overloaded
            | ModelErrorKind::Unreachable => Advice::Retry { after },
            ModelErrorKind::Timeout
            | ModelErrorKind::CutStream
            | ModelErrorKind::Malformed
            | ModelErrorKind::EmptyAnswer
            | ModelErrorKind::ServerError
            | ModelErrorKind::ConnectionLost => Advice::Unknown { after },
            ModelErrorKind::QuotaExhausted
            | ModelErrorKind::AuthMissing
            | ModelErrorKind::AuthRefused
            | ModelErrorKind::InvalidRequest
            | ModelErrorKind::ContextTooLong
            | ModelErrorKind::UnknownModel
            | ModelErrorKind::UnknownProvider
            | ModelErrorKind::TooLarge
            | ModelErrorKind::Blocked
            | ModelErrorKind::Unsupported => Advice::Fail,
        }
    }
}

impl Charge {
    const fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        Self {
            code: error.kind.code().to_owned(),
            message: error.to_string(),
            advice: error.advice(),
        }
    }
}
