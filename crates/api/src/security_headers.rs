//! Headers that every answer carries, so that no browser makes more of it than it is.
//!
//! These are the ones that OWASP's Secure Headers project lists. `Strict-Transport-Security` comes with
//! encrypted answers alone, and `Clear-Site-Data` with the end of a browser's session.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Nothing may be loaded or run, and nobody may frame it: right for data.
const NOTHING: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; \
                       frame-ancestors 'none'; sandbox";

/// No page of ours needs what a device can do, but to copy text. Browsers complain of names that they do not
/// know, on each page: those are left out that Chromium has behind a flag or not at all.
const NO_DEVICES: &str = "accelerometer=(), autoplay=(), camera=(), clipboard-read=(), \
    clipboard-write=(self), display-capture=(), encrypted-media=(), fullscreen=(self), \
    gamepad=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), local-fonts=(), \
    magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), \
    publickey-credentials-get=(self), screen-wake-lock=(), serial=(), usb=(), \
    xr-spatial-tracking=()";

/// What is set where the handler has not set its own.
const DEFAULTS: [(HeaderName, &str); 12] = [
    (header::CONTENT_SECURITY_POLICY, NOTHING),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("origin-agent-cluster"), "?1"),
    (HeaderName::from_static("permissions-policy"), NO_DEVICES),
    (HeaderName::from_static("x-dns-prefetch-control"), "off"),
    (HeaderName::from_static("x-permitted-cross-domain-policies"), "none"),
];

/// Sets the headers that are not there.
pub(crate) fn protect(headers: &mut HeaderMap) {
    for (name, value) in DEFAULTS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}
