//! A problem as clients read it.

use axum::response::{IntoResponse, Response};
use gathering_domain::Fault;
use http::{HeaderValue, header};
use serde::Serialize;
use utoipa::ToSchema;

use super::Problem;

/// The media type of RFC 9457.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";
/// Where the pages of the codes are.
pub(crate) const PAGES: &str = "/api/errors/";

/// A failure (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemView {
    /// Where the code is explained.
    #[serde(rename = "type")]
    #[schema(example = "/api/errors/not_found")]
    type_url: String,
    /// A few words on the code.
    #[schema(example = "Not found")]
    title: &'static str,
    /// The status of the answer.
    #[schema(example = 404)]
    status: u16,
    /// What went wrong this time.
    #[schema(example = "there is no agent `agt_01985f2e6a7b7c00a0b1c2d3e4f50617`")]
    detail: String,
    /// What programs compare; never changes its meaning.
    #[schema(example = "not_found")]
    code: &'static str,
    /// The request, as the header `X-Request-Id` and the log name it.
    #[schema(example = "req_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    request_id: String,
    /// What is wrong with the request, place by place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
}

/// One thing that is wrong with a request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// Where, as a JSON pointer into the body; the name of a parameter for the query.
    #[schema(example = "/nodes/3/config/agent")]
    pointer: String,
    /// What programs compare.
    #[schema(example = "unknown_agent")]
    code: String,
    /// What is wrong and what would be right.
    message: String,
}

impl Problem {
    /// What is told of it, for the request of that id.
    pub(crate) fn view(&self, request_id: &str) -> ProblemView {
        ProblemView {
            type_url: format!("{PAGES}{}", self.code()),
            title: self.code.title,
            status: self.status().as_u16(),
            detail: self.detail.clone(),
            code: self.code(),
            request_id: request_id.to_owned(),
            errors: self.faults.iter().cloned().map(FieldError::from).collect(),
        }
    }

    /// The answer to the request of that id.
    pub(crate) fn render(&self, request_id: &str) -> Response {
        let view = self.view(request_id);
        let mut response = (self.status(), axum::Json(view)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if self.status() == http::StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl From<Fault> for FieldError {
    fn from(fault: Fault) -> Self {
        let Fault { pointer, code, message } = fault;
        Self { pointer: pointer.as_str().to_owned(), code, message }
    }
}
