//! `/`: a page that says what is here.

use axum::response::{Html, IntoResponse};
use http::{HeaderValue, header};

/// What the pages may load: their style, from here.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'",
);

/// The page.
pub(crate) fn home() -> impl IntoResponse {
    ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(include_str!("home/index.html")))
}

/// Its style.
pub(crate) async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("home/style.css"))
}
