//! Headers that every answer carries, so that no browser makes more of it than it is.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Nothing may be loaded or run, and nobody may frame it: right for data.
const NOTHING: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; \
                       frame-ancestors 'none'; sandbox";

/// What is set where the handler has not set its own.
const DEFAULTS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, NOTHING),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Sets the headers that are not there.
pub(crate) fn protect(headers: &mut HeaderMap) {
    for (name, value) in DEFAULTS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}
