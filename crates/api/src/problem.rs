//! The one shape of every failure: RFC 9457, with a stable code and the id of the request.

mod codes;
mod failures;
mod from_app;
mod reference;
mod view;

use std::fmt;

use axum::response::{IntoResponse, Response};
use gathering_app::{Caller, Internal};
use gathering_domain::{Duration, Fault, Pointer};
use http::StatusCode;

pub(crate) use codes::{CODES, Code, code};
pub(crate) use failures::FAILURES;
pub use reference::{error_codes, error_reference};
pub(crate) use view::{FieldError, ProblemView};

/// How much of a detail is told, in characters: it may repeat what came in.
const DETAIL_CHARS: usize = 1_000;
/// How many faults are told.
const MOST_FAULTS: usize = 200;

/// A refusal or failure on its way to the client.
///
/// As a response it is empty, and rides in the extensions: whoever answers the request renders it,
/// since only there the request's id is known.
#[derive(Debug, Clone)]
pub struct Problem {
    code: &'static Code,
    detail: String,
    faults: Vec<Fault>,
    retry_after: Option<Duration>,
    cause: Option<Internal>,
    hidden: Option<Box<Hidden>>,
}

/// What the answer does not tell: that somebody was refused another's project.
#[derive(Debug, Clone)]
pub(crate) struct Hidden {
    /// The project that was named.
    pub(crate) project: String,
    /// Who named it, if the guard did not come to know.
    pub(crate) caller: Option<Caller>,
}

impl Problem {
    /// A failure with a code of the list.
    pub(crate) fn new(name: &str, detail: impl fmt::Display) -> Self {
        let detail = detail.to_string().chars().take(DETAIL_CHARS).collect();
        let code = code(name);
        Self { code, detail, faults: Vec::new(), retry_after: None, cause: None, hidden: None }
    }

    /// What came in cannot be used, for one reason.
    pub(crate) fn invalid(pointer: &str, fault_code: &str, message: impl fmt::Display) -> Self {
        let message: String = message.to_string().chars().take(DETAIL_CHARS).collect();
        let fault = Fault::new(Pointer::from_text(pointer), fault_code, message.clone());
        Self::new("invalid", message).with_faults(vec![fault])
    }

    /// The same with the places that are wrong.
    pub(crate) fn with_faults(mut self, faults: Vec<Fault>) -> Self {
        self.faults = faults;
        self.faults.truncate(MOST_FAULTS);
        self
    }

    /// The same with a time after which to come back.
    pub(crate) fn after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// The same with what only the log is told.
    pub(crate) fn because(mut self, cause: Internal) -> Self {
        self.cause = Some(cause);
        self
    }

    /// The same with what only the audit trail is told.
    pub(crate) fn hiding(mut self, project: String, caller: Option<Caller>) -> Self {
        self.hidden = Some(Box::new(Hidden { project, caller }));
        self
    }

    /// The status that the code has.
    pub(crate) const fn status(&self) -> StatusCode {
        self.code.status
    }

    /// The stable code.
    pub(crate) const fn code(&self) -> &'static str {
        self.code.name
    }

    /// What went wrong this time.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// What is wrong with the request, place by place.
    #[cfg(test)]
    pub(crate) fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Whole seconds after which to come back, rounded up.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        self.retry_after.map(|wait| wait.micros().div_ceil(1_000_000).max(1))
    }

    /// What only the audit trail is told.
    pub(crate) fn hidden(&self) -> Option<&Hidden> {
        self.hidden.as_deref()
    }

    /// What only the log is told.
    pub(crate) const fn cause(&self) -> Option<&Internal> {
        self.cause.as_ref()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
