//! Answers that show a version of something: the version is the `ETag`, which `If-Match` names.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::extract::Json;

/// Something at a version.
#[derive(Debug)]
pub(crate) struct Versioned<T>(pub(crate) u64, pub(crate) T);

/// Something that was made just now, and where it is.
#[derive(Debug)]
pub(crate) struct Created<T> {
    /// Its address.
    pub(crate) location: String,
    /// Its version.
    pub(crate) version: u64,
    /// What clients see of it.
    pub(crate) view: T,
}

impl<T: Serialize> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        let Self(version, view) = self;
        ([(header::ETAG, etag(version))], Json(view)).into_response()
    }
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        let Self { location, version, view } = self;
        let mut response = (StatusCode::CREATED, Versioned(version, view)).into_response();
        // A name in it is a slug or an id, so that it always fits; else the header is left out.
        if let Ok(location) = HeaderValue::try_from(location) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}

fn etag(version: u64) -> HeaderValue {
    HeaderValue::try_from(format!("\"{version}\"")).expect("digits in quotes fit into a header")
}
