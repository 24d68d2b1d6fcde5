//! What the edge tells of its work, to whoever counts and traces it.

use std::{sync::Arc, time::Duration};

use http::{Method, StatusCode};
use tokio::time::Instant;
use tracing::Span;

/// Hears of requests and streams as they begin and end. Called on the task of the request, so it must
/// not wait. It is told words out of short lists alone, never a path, an id or a name from outside.
pub trait Observer: Send + Sync {
    /// A request has begun, in this span. `parent` is the `traceparent` that came with it, if it has
    /// the form of one (W3C Trace Context, version 00).
    fn began(&self, _span: &Span, _parent: Option<&str>) {}

    /// A request that began has ended.
    fn ended(&self, _request: &RequestSeen) {}

    /// A stream of events was opened.
    fn stream_opened(&self) {}

    /// A stream of events was closed.
    fn stream_closed(&self) {}
}

/// Hears everything and tells nobody.
#[derive(Debug, Clone, Copy)]
pub struct Unobserved;

impl Observer for Unobserved {}

/// A request that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestSeen {
    /// The path of its route, with the variable parts in braces; `other` where there is none in the
    /// table of routes.
    pub route: &'static str,
    /// `GET`, `POST`, …; `other` for what is no method of HTTP.
    pub method: &'static str,
    /// The answer's status; none if the client went away before there was one.
    pub status: Option<StatusCode>,
    /// The code of the refusal, if it was refused or failed.
    pub code: Option<&'static str>,
    /// How long it took until the answer's head was there.
    pub took: Duration,
}

impl RequestSeen {
    /// How a try to sign in went, if this was one: `succeeded`, or the code of the refusal.
    pub fn sign_in(&self) -> Option<&'static str> {
        if (self.method, self.route) != ("POST", "/api/v1/auth/login") {
            return None;
        }
        match (self.code, self.status) {
            (Some(code), _) => Some(code),
            (None, Some(_)) => Some("succeeded"),
            (None, None) => Some("dropped"),
        }
    }
}

/// A request under way: told as ended once, also when its client goes away.
pub(crate) struct Underway {
    observer: Arc<dyn Observer>,
    seen: RequestSeen,
    begun: Instant,
}

impl Underway {
    pub(crate) fn begin(observer: Arc<dyn Observer>, method: &'static str) -> Self {
        let seen =
            RequestSeen { route: OTHER, method, status: None, code: None, took: Duration::ZERO };
        Self { observer, seen, begun: Instant::now() }
    }

    /// It was answered; says how long that took.
    pub(crate) fn answered(
        mut self,
        route: &'static str,
        status: StatusCode,
        code: Option<&'static str>,
    ) -> Duration {
        self.seen = RequestSeen { route, status: Some(status), code, ..self.seen };
        self.begun.elapsed()
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        self.seen.took = self.begun.elapsed();
        self.observer.ended(&self.seen);
    }
}

/// An open stream: told as closed when it is dropped.
pub(crate) struct OpenStream(Arc<dyn Observer>);

impl OpenStream {
    pub(crate) fn begin(observer: Arc<dyn Observer>) -> Self {
        observer.stream_opened();
        Self(observer)
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.stream_closed();
    }
}

/// Stands for what is on no list.
pub(crate) const OTHER: &str = "other";

/// The method's word. Clients may send any text as a method; what is on no list has one word for all.
pub(crate) fn word(method: &Method) -> &'static str {
    const KNOWN: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or(OTHER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_client_calls_its_method_there_are_few_words() {
        assert_eq!(word(&Method::PATCH), "PATCH");
        assert_eq!(word(&Method::from_bytes(b"MY-OWN").unwrap()), "other");
        assert_eq!(word(&Method::from_bytes(b"get").unwrap()), "other");
    }

    #[test]
    fn only_a_try_to_sign_in_is_one() {
        let seen = |route, status, code| RequestSeen {
            route,
            method: "POST",
            status,
            code,
            took: Duration::ZERO,
        };
        let login = "/api/v1/auth/login";
        assert_eq!(seen("/api/v1/runs", Some(StatusCode::OK), None).sign_in(), None);
        assert_eq!(seen(login, Some(StatusCode::OK), None).sign_in(), Some("succeeded"));
        assert_eq!(seen(login, None, None).sign_in(), Some("dropped"));
        let refused = seen(login, Some(StatusCode::UNAUTHORIZED), Some("wrong_credentials"));
        assert_eq!(refused.sign_in(), Some("wrong_credentials"));
    }
}
