//! What went wrong on a wire, before it is known whose wire it was.

use gathering_domain::Duration;
use gathering_egress::{EgressError, EgressErrorKind};
use gathering_llm::{ModelError, ModelErrorKind};
use serde_json::Value;

/// A failure without provider and model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WireFault {
    pub(crate) kind: ModelErrorKind,
    pub(crate) message: String,
    pub(crate) retry_after: Option<Duration>,
}

impl WireFault {
    pub(crate) fn new(kind: ModelErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), retry_after: None }
    }

    pub(crate) fn malformed(what: &str, error: &serde_json::Error) -> Self {
        Self::new(ModelErrorKind::Malformed, format!("{what} is not of the expected form: {error}"))
    }

    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Self::new(ModelErrorKind::Unsupported, message)
    }

    pub(crate) fn at(self, provider: &str, model: &str) -> ModelError {
        ModelError::new(self.kind, provider, model, self.message).after(self.retry_after)
    }
}

/// What a failure of the network means, before the answer began or within it.
pub(crate) fn explain_egress(error: &EgressError, begun: bool) -> WireFault {
    let kind = match &error.kind {
        EgressErrorKind::NameNotResolved { .. }
        | EgressErrorKind::NotConnected { .. }
        | EgressErrorKind::ConnectTimeout { .. } => ModelErrorKind::Unreachable,
        EgressErrorKind::Timeout { .. } => ModelErrorKind::Timeout,
        EgressErrorKind::ConnectionLost(_) if begun => ModelErrorKind::CutStream,
        EgressErrorKind::ConnectionLost(_) => ModelErrorKind::ConnectionLost,
        EgressErrorKind::AnswerTooLarge { .. } => ModelErrorKind::TooLarge,
        EgressErrorKind::RequestTooLarge { .. } | EgressErrorKind::InvalidLimits(_) => {
            ModelErrorKind::InvalidRequest
        }
        EgressErrorKind::InvalidHeader { .. } => ModelErrorKind::AuthRefused,
        EgressErrorKind::InvalidUrl { .. }
        | EgressErrorKind::HostRefused { .. }
        | EgressErrorKind::HostNotListed { .. }
        | EgressErrorKind::PortRefused { .. }
        | EgressErrorKind::AddressRefused { .. }
        | EgressErrorKind::RedirectRefused { .. }
        | EgressErrorKind::RedirectFailed(_)
        | EgressErrorKind::TooManyRedirects { .. }
        | EgressErrorKind::UnknownSecret { .. }
        | EgressErrorKind::SecretRefused { .. }
        | EgressErrorKind::SecretSource { .. } => ModelErrorKind::Blocked,
    };
    WireFault::new(kind, error.story())
}

/// What a status means by itself; a wire refines it by the body.
pub(crate) fn kind_of_status(status: u16) -> ModelErrorKind {
    match status {
        401 | 403 => ModelErrorKind::AuthRefused,
        402 => ModelErrorKind::QuotaExhausted,
        404 => ModelErrorKind::UnknownModel,
        408 | 504 => ModelErrorKind::Timeout,
        429 => ModelErrorKind::RateLimited,
        503 | 529 => ModelErrorKind::Overloaded,
        500..=599 => ModelErrorKind::ServerError,
        _ => ModelErrorKind::InvalidRequest,
    }
}

/// Whether a message says that the conversation does not fit, in any provider's words.
pub(crate) fn says_too_long(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    [
        "prompt is too long",
        "context length",
        "context limit",
        "context window",
        "context size",
        "maximum context",
        "maximum number of tokens",
        "too many tokens",
        "input is too long",
        "reduce the length of the messages",
    ]
    .iter()
    .any(|phrase| message.contains(phrase))
}

/// The most characters of a provider's own words that are passed on.
const WORDS_LIMIT: usize = 600;

/// The provider's own words in an error's body: its message, in the usual places, or the beginning
/// of the text.
pub(crate) fn words_of(status: u16, body: &str) -> String {
    let value: Option<Value> = serde_json::from_str(body).ok();
    let words = value.as_ref().and_then(|value| {
        let value = value.as_array().and_then(|list| list.first()).unwrap_or(value);
        ["/error/message", "/message", "/detail", "/error", "/detail/0/msg"]
            .iter()
            .find_map(|place| value.pointer(place)?.as_str())
            .filter(|text| !text.is_empty())
    });
    let words = words.unwrap_or_else(|| body.trim());
    if words.is_empty() {
        return format!("status {status} without an explanation");
    }
    let cut: String = words.chars().take(WORDS_LIMIT).collect();
    format!("status {status}: {cut}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_providers_words_are_found_in_the_usual_places() {
        for (body, words) in [
            (r#"{"error":{"message":"no","type":"x"}}"#, "status 400: no"),
            (r#"[{"error":{"message":"no"}}]"#, "status 400: no"),
            (r#"{"object":"error","message":"no"}"#, "status 400: no"),
            (r#"{"detail":"no"}"#, "status 400: no"),
            (r#"{"detail":[{"msg":"no"}]}"#, "status 400: no"),
            (r#"{"error":"no"}"#, "status 400: no"),
            ("<html>no</html>", "status 400: <html>no</html>"),
            ("  ", "status 400 without an explanation"),
        ] {
            assert_eq!(words_of(400, body), words);
        }
    }
}
