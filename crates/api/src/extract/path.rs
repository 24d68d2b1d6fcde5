//! The variable parts of a path.

use axum::extract::{FromRequestParts, path::ErrorKind, rejection::PathRejection};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::Problem;

/// The variable parts of a path: ids and names.
#[derive(Debug)]
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(rejection) => Err(problem(rejection)),
        }
    }
}

fn problem(rejection: PathRejection) -> Problem {
    let detail = match rejection {
        PathRejection::FailedToDeserializePathParams(fault) => match fault.into_kind() {
            ErrorKind::Message(message) | ErrorKind::DeserializeError { message, .. } => message,
            kind => kind.to_string(),
        },
        other => other.to_string(),
    };
    Problem::new("invalid_path", detail)
}
