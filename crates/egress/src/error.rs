//! What can go wrong on the way out, and whether the request was sent.

use gathering_domain::{Advice, Failure, ListOwner};
use serde::{Deserialize, Serialize};

use crate::{address::AddressClass, limits::InvalidLimits, secrets::SecretSourceError};

/// Whether the request may have reached its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sent {
    /// Certainly not: nothing of it left, so nothing happened.
    No,
    /// It may have: nobody here knows what happened.
    Maybe,
}

/// A request without a whole answer. Holds no secret: URLs are shown without their query.
#[derive(Debug, thiserror::Error)]
#[error("could not {method} {target}")]
pub struct EgressError {
    /// The request's method.
    pub method: String,
    /// Where it went, without the query; cut, if the URL could not be read.
    pub target: String,
    /// Whether it may have reached the target.
    pub sent: Sent,
    /// What went wrong.
    #[source]
    pub kind: EgressErrorKind,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum EgressErrorKind {
    /// The text is no URL that may be asked.
    #[error("the URL is refused because {reason}")]
    InvalidUrl {
        /// Why.
        reason: &'static str,
    },
    /// A header that the caller may not set, or that is none.
    #[error("the header `{name}` is refused")]
    InvalidHeader {
        /// The header.
        name: String,
    },
    /// Limits out of bounds.
    #[error("its limits are refused")]
    InvalidLimits(#[from] InvalidLimits),
    /// The request's body is too large.
    #[error("the request's body has more than {limit} bytes")]
    RequestTooLarge {
        /// The most bytes.
        limit: usize,
    },
    /// The rules forbid the host.
    #[error("the network rules do not allow the host `{host}`")]
    HostRefused {
        /// The host.
        host: String,
    },
    /// A list of hosts that narrows the request does not have the host.
    #[error("the {list}'s list of hosts does not allow port {port} of `{host}`")]
    HostNotListed {
        /// The host.
        host: String,
        /// The port.
        port: u16,
        /// Whose list refuses it.
        list: ListOwner,
    },
    /// The rules open the host at other ports only.
    #[error("the network rules do not allow port {port} of `{host}`")]
    PortRefused {
        /// The host.
        host: String,
        /// The port.
        port: u16,
    },
    /// The host has an address that is not public and not allowed.
    #[error("the network rules do not allow `{host}`, which has a {class} address")]
    AddressRefused {
        /// The host.
        host: String,
        /// What kind of address.
        class: AddressClass,
    },
    /// The name has no address, or could not be asked for.
    #[error("the name `{host}` could not be resolved")]
    NameNotResolved {
        /// The host.
        host: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// No connection came about.
    #[error("no connection to `{host}` came about")]
    NotConnected {
        /// The host.
        host: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// No connection came about in time.
    #[error("no connection to `{host}` came about in time")]
    ConnectTimeout {
        /// The host.
        host: String,
    },
    /// No answer in time, or no next piece of it.
    #[error("the {phase} took longer than allowed")]
    Timeout {
        /// Which limit ran out: `answer's head`, `answer's next piece`, `request`.
        phase: &'static str,
    },
    /// The connection broke.
    #[error("the connection broke")]
    ConnectionLost(#[source] reqwest::Error),
    /// The answer is too large.
    #[error("the answer has more than {limit} bytes")]
    AnswerTooLarge {
        /// The most bytes.
        limit: u64,
    },
    /// A redirect that is not followed.
    #[error("its redirect to {to} is refused because {reason}")]
    RedirectRefused {
        /// Where it led, without the query.
        to: String,
        /// Why.
        reason: &'static str,
    },
    /// A redirect that leads where nobody may go, or that failed on its way.
    #[error("its redirect could not be followed")]
    RedirectFailed(#[source] Box<EgressError>),
    /// More redirects than allowed.
    #[error("it was redirected more than {limit} times")]
    TooManyRedirects {
        /// The most redirects.
        limit: u8,
    },
    /// A marker names a secret that does not exist.
    #[error("there is no secret `{name}`")]
    UnknownSecret {
        /// The secret.
        name: String,
    },
    /// The secret is not meant for the host, or would travel unencrypted.
    #[error("the secret `{name}` is not for this host: {reason}")]
    SecretRefused {
        /// The secret.
        name: String,
        /// Why.
        reason: &'static str,
    },
    /// The secrets could not be read.
    #[error("the secret `{name}` could not be read")]
    SecretSource {
        /// The secret.
        name: String,
        /// Why.
        #[source]
        source: SecretSourceError,
    },
}

impl EgressErrorKind {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidUrl { .. } => "invalid_url",
            Self::InvalidHeader { .. } => "invalid_header",
            Self::InvalidLimits(_) => "invalid_limits",
            Self::RequestTooLarge { .. } => "request_too_large",
            Self::HostRefused { .. }
            | Self::HostNotListed { .. }
            | Self::PortRefused { .. }
            | Self::AddressRefused { .. } => "egress_blocked",
            Self::NameNotResolved { .. } => "name_not_resolved",
            Self::NotConnected { .. } | Self::ConnectTimeout { .. } => "not_connected",
            Self::Timeout { .. } => "timeout",
            Self::ConnectionLost(_) => "connection_lost",
            Self::AnswerTooLarge { .. } => "answer_too_large",
            Self::RedirectRefused { .. } | Self::TooManyRedirects { .. } => "redirect_refused",
            Self::RedirectFailed(error) => error.kind.code(),
            Self::UnknownSecret { .. } => "unknown_secret",
            Self::SecretRefused { .. } => "secret_refused",
            Self::SecretSource { .. } => "secret_unavailable",
        }
    }

    /// Whether the same request may succeed another time.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::NameNotResolved { .. }
            | Self::NotConnected { .. }
            | Self::ConnectTimeout { .. }
            | Self::Timeout { .. }
            | Self::ConnectionLost(_)
            | Self::SecretSource { source: SecretSourceError::Unavailable(_), .. } => true,
            Self::RedirectFailed(error) => error.kind.may_pass(),
            Self::InvalidUrl { .. }
            | Self::InvalidHeader { .. }
            | Self::InvalidLimits(_)
            | Self::RequestTooLarge { .. }
            | Self::HostRefused { .. }
            | Self::HostNotListed { .. }
            | Self::PortRefused { .. }
            | Self::AddressRefused { .. }
            | Self::AnswerTooLarge { .. }
            | Self::RedirectRefused { .. }
            | Self::TooManyRedirects { .. }
            | Self::UnknownSecret { .. }
            | Self::SecretSource { source: SecretSourceError::Unusable(_), .. }
            | Self::SecretRefused { .. } => false,
        }
    }
}

impl EgressError {
    /// What to do next. What was certainly not sent is tried again if that can help; what may have
    /// been sent and has no whole answer is an unknown outcome, unless it was a mere read.
    pub fn advice(&self) -> Advice {
        match (self.sent, self.kind.may_pass()) {
            (Sent::No, true) => Advice::Retry { after: None },
            (Sent::No, false) => Advice::Fail,
            // A read changed nothing, and reading again would end the same way.
            (Sent::Maybe, false) if matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS") => {
                Advice::Fail
            }
            (Sent::Maybe, _) => Advice::Unknown { after: None },
        }
    }

    /// The whole story in one line: what was attempted, what went wrong, and the first cause.
    pub fn story(&self) -> String {
        let mut deepest: &dyn std::error::Error = &self.kind;
        while let Some(source) = deepest.source() {
            deepest = source;
        }
        let (kind, cause) = (self.kind.to_string(), deepest.to_string());
        if cause == kind { format!("{self}: {kind}") } else { format!("{self}: {kind}: {cause}") }
    }
}

impl From<EgressError> for Failure {
    fn from(error: EgressError) -> Self {
        Self { code: error.kind.code().to_owned(), message: error.story(), advice: error.advice() }
    }
}
