//! Queries: the parameters after the question mark.

use axum::extract::FromRequestParts;
use gathering_app::PageRequest;
use http::request::Parts;
use serde::{Deserialize, de::DeserializeOwned};
use utoipa::IntoParams;

use crate::Problem;

/// The parameters of a query; unknown ones are refused.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

/// Which page of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// The most rows; 50 if absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match axum::extract::Query::<T>::try_from_uri(&parts.uri) {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(fault) => {
                let text = fault.body_text();
                let why = text.strip_prefix("Failed to deserialize query string: ");
                Err(Problem::new("invalid_query", why.unwrap_or(&text)))
            }
        }
    }
}

impl From<PageQuery> for PageRequest {
    fn from(query: PageQuery) -> Self {
        let PageQuery { limit, cursor } = query;
        Self { limit, cursor }
    }
}
