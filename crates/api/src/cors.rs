//! Pages of other origins: none may read anything, but for those that the configuration names.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, header, request::Parts};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::Site;

/// What is open to the pages named; the rest is for people, and of this origin.
const OPEN: &str = "/api/v1/";
/// How long a browser may remember what it was told.
const REMEMBERED: Duration = Duration::from_mins(10);

const METHODS: [Method; 5] =
    [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
/// What pages may send.
const SENT: [HeaderName; 8] = [
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    header::IF_MATCH,
    HeaderName::from_static("gathering-project"),
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("last-event-id"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("x-request-id"),
];
/// What pages may read beside the body.
const READ: [HeaderName; 10] = [
    header::CONTENT_DISPOSITION,
    header::ETAG,
    header::LOCATION,
    header::RETRY_AFTER,
    HeaderName::from_static("ratelimit-limit"),
    HeaderName::from_static("ratelimit-policy"),
    HeaderName::from_static("ratelimit-remaining"),
    HeaderName::from_static("ratelimit-reset"),
    HeaderName::from_static("x-request-id"),
    header::ALLOW,
];

/// Lets pages of the origins named call the API with a token. Never with what a browser adds by
/// itself: a cookie of a person counts for this origin alone. None if no origin is named: then
/// answers say nothing of origins, and browsers refuse.
pub(crate) fn layer(site: &Site) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> =
        site.cors_origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    if origins.is_empty() {
        return None;
    }
    let allowed = move |origin: &HeaderValue, parts: &Parts| {
        parts.uri.path().starts_with(OPEN) && origins.contains(origin)
    };
    Some(
        CorsLayer::new()
            .allow_origin(AllowOrigin::predicate(allowed))
            .allow_methods(METHODS)
            .allow_headers(SENT)
            .expose_headers(READ)
            .max_age(REMEMBERED),
    )
}

#[cfg(test)]
mod tests {
    use crate::extract::READ_HEADERS;

    use super::*;

    #[test]
    fn pages_may_send_every_header_that_a_use_case_reads() {
        for name in READ_HEADERS {
            assert!(SENT.contains(&name), "{name}");
        }
    }
}
