//! Where a redirect leads, and what goes along.

use http::{Method, StatusCode, header};

use super::hop::Hop;
use crate::{EgressErrorKind, EgressRequest, secrets::Known};

/// The only headers that cross to another origin: those that hold nothing of the caller's.
const CROSSING: [&str; 3] = ["accept", "accept-language", "user-agent"];

impl Hop {
    /// The next hop if `response` redirects and redirects are followed.
    pub(super) fn follow(
        &self,
        response: &reqwest::Response,
        request: &EgressRequest,
        redirects: u8,
        known: &Known,
    ) -> Result<Option<Self>, EgressErrorKind> {
        let status = response.status();
        let limit = request.limits.redirects;
        let Some(method) = next_method(&self.method, status) else { return Ok(None) };
        let Some(location) = response.headers().get(header::LOCATION) else { return Ok(None) };
        if limit == 0 {
            return Ok(None);
        }
        if redirects >= limit {
            return Err(EgressErrorKind::TooManyRedirects { limit });
        }
        let unreadable = EgressErrorKind::RedirectRefused {
            to: "an unreadable place".to_owned(),
            reason: "its location is not ASCII text",
        };
        let location = location.to_str().map_err(|_| unreadable)?;
        let target = self.target.join(location)?;
        let refuse =
            |reason| Err(EgressErrorKind::RedirectRefused { to: known.show(&target), reason });
        if known.leaks(location, &self.target, &target) {
            return refuse("it would carry a secret to where that may not go");
        }
        if self.target.is_https() && !target.is_https() {
            return refuse("it leaves the encrypted connection");
        }
        let keeps_body = method == self.method;
        let crosses = !self.target.same_origin(&target);
        if crosses && keeps_body && !self.body.is_empty() {
            return refuse("it would carry the body to another origin");
        }
        let crosses_method = crosses && keeps_body && !matches!(method, Method::GET | Method::HEAD);
        if crosses_method {
            return refuse("it would repeat the request at another origin");
        }
        let headers = self.headers.iter().filter(|(name, _)| {
            let name = name.to_ascii_lowercase();
            let of_body = name.starts_with("content-");
            (!crosses || CROSSING.contains(&name.as_str())) && (keeps_body || !of_body)
        });
        let headers = headers.cloned().collect();
        let body = if keeps_body { self.body.clone() } else { bytes::Bytes::new() };
        let verbatim = self.verbatim;
        Ok(Some(Self { method, target, written_url: None, headers, body, verbatim }))
    }
}

/// The method of the request that follows, if the status is a redirect.
fn next_method(method: &Method, status: StatusCode) -> Option<Method> {
    match status {
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND if *method == Method::POST => {
            Some(Method::GET)
        }
        StatusCode::SEE_OTHER if *method != Method::HEAD => Some(Method::GET),
        StatusCode::MOVED_PERMANENTLY
        | StatusCode::FOUND
        | StatusCode::SEE_OTHER
        | StatusCode::TEMPORARY_REDIRECT
        | StatusCode::PERMANENT_REDIRECT => Some(method.clone()),
        _ => None,
    }
}
