//! A panic of a handler: the client gets the one shape, the log gets what there is.

use std::any::Any;

use axum::response::{IntoResponse as _, Response};

use crate::Problem;

/// Turns a panic into an answer.
#[expect(clippy::needless_pass_by_value, reason = "the layer gives the panic away")]
pub(crate) fn caught(panic: Box<dyn Any + Send>) -> Response {
    let message = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a message");
    tracing::error!(panic = message, "a handler panicked");
    Problem::new("internal", "something went wrong inside the server").into_response()
}
