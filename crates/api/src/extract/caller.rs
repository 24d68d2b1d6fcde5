//! Who calls, as the guard found out.

use axum::extract::FromRequestParts;
use gathering_app::{Error, Unauthenticated};
use http::request::Parts;

use crate::Problem;

/// Who calls. A handler that takes it admits nobody on a route that the table leaves open.
#[derive(Debug)]
pub(crate) struct Caller(pub(crate) gathering_app::Caller);

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<gathering_app::Caller>().cloned();
        let caller = caller.ok_or(Error::Unauthenticated(Unauthenticated::NoSession))?;
        Ok(Self(caller))
    }
}
