//! Where a request comes from, as the audit trail names it.

use axum::extract::{FromRequestParts, Request};
use gathering_app::Origin;
use http::{Extensions, HeaderMap, header, request::Parts};

use crate::{Problem, client::Client, request_id::RequestId};

/// Where the request comes from, for a handler that has no caller to tell it.
#[derive(Debug)]
pub(crate) struct From(pub(crate) Origin);

impl<S: Sync> FromRequestParts<S> for From {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(of(&parts.extensions, &parts.headers)))
    }
}

/// Where the request comes from.
pub(crate) fn origin(request: &Request) -> Origin {
    of(request.extensions(), request.headers())
}

fn of(extensions: &Extensions, headers: &HeaderMap) -> Origin {
    let client = headers.get(header::USER_AGENT);
    Origin {
        request_id: extensions.get::<RequestId>().map_or("", RequestId::as_str).to_owned(),
        address: extensions.get::<Client>().map(|client| client.address),
        client: client.map(|client| String::from_utf8_lossy(client.as_bytes()).into_owned()),
    }
}
