//! The outermost layer: the id and the span of a request, and the form of every answer.

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, StatusCode, header};
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::{
    Problem,
    request_id::{RequestId, X_REQUEST_ID},
    security_headers::protect,
    state::Edge,
};

/// Carries out a request in its span, and gives its answer the form that all answers have.
pub(crate) async fn answer(State(edge): State<Edge>, mut request: Request, next: Next) -> Response {
    let id = RequestId::of(request.headers(), &*edge.state.ids);
    let span = tracing::info_span!(
        "api.request",
        request.id = id.as_str(),
        http.method = %request.method(),
        http.route = tracing::field::Empty,
        http.status = tracing::field::Empty,
        trace.parent = traceparent(request.headers()),
    );
    request.extensions_mut().insert(id.clone());
    let begun = Instant::now();
    let response = next.run(request).instrument(span.clone()).await;
    let _entered = span.enter();
    let mut response = finish(response, &id);
    span.record("http.status", response.status().as_u16());
    let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(status = response.status().as_u16(), took_ms, "answered");
    let headers = response.headers_mut();
    headers.insert(X_REQUEST_ID, id.header());
    protect(headers);
    response
}

/// Tells the request's span which route it took. Inside the router, where that is known.
pub(crate) async fn name_route(route: MatchedPath, request: Request, next: Next) -> Response {
    tracing::Span::current().record("http.route", route.as_str());
    next.run(request).await
}

/// Renders a problem, and makes one of a failure that came without.
fn finish(mut response: Response, id: &RequestId) -> Response {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        log(&problem);
        let mut rendered = problem.render(id.as_str());
        // What the failure's own layer has said, such as the methods that are allowed, stays.
        for (name, value) in response.headers() {
            if name != header::CONTENT_LENGTH && name != header::CONTENT_TYPE {
                rendered.headers_mut().entry(name).or_insert(value.clone());
            }
        }
        return rendered;
    }
    match unshaped(response.status()) {
        Some(problem) => {
            log(&problem);
            problem.render(id.as_str())
        }
        None => response,
    }
}

/// A 5xx is logged once, here, with its cause.
fn log(problem: &Problem) {
    if !problem.status().is_server_error() {
        return;
    }
    let cause = problem.cause().map(|cause| chain(cause)).unwrap_or_default();
    if problem.status() == StatusCode::INTERNAL_SERVER_ERROR {
        tracing::error!(code = problem.code(), cause, "could not answer a request");
    } else {
        tracing::warn!(code = problem.code(), "could not answer a request");
    }
}

/// An error with all its causes, in one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The problem for a failure that some layer answered without one.
fn unshaped(status: StatusCode) -> Option<Problem> {
    let (name, detail) = match status {
        _ if !status.is_client_error() && !status.is_server_error() => return None,
        StatusCode::NOT_FOUND => ("unknown_route", "there is nothing at this address"),
        StatusCode::METHOD_NOT_ALLOWED => ("method_not_allowed", "not with this method"),
        StatusCode::PAYLOAD_TOO_LARGE => ("too_large", "the request is too large"),
        StatusCode::REQUEST_TIMEOUT => ("slow_body", "the request took too long"),
        _ if status.is_client_error() => ("invalid_header", "the request cannot be understood"),
        _ => ("internal", "something went wrong inside the server"),
    };
    Some(Problem::new(name, detail))
}

/// The trace to which the request belongs, if it says so in the form of W3C Trace Context.
fn traceparent(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get("traceparent")?.to_str().ok()?;
    let hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let parts: Vec<&str> = text.splitn(5, '-').collect();
    let fits = matches!(&parts[..], [version, trace, parent, flags]
        if hex(version, 2) && hex(trace, 32) && hex(parent, 16) && hex(flags, 2)
            && trace.bytes().any(|b| b != b'0'));
    fits.then_some(text)
}

/// The answer to a request for which there is no route.
pub(crate) async fn unknown_route() -> Problem {
    Problem::new("unknown_route", "there is nothing at this address")
}

/// The answer to a request whose route has other methods.
pub(crate) async fn method_not_allowed(request: Request) -> Problem {
    let method = request.method();
    let detail = format!("this address does not take `{method}`; see the header `Allow`");
    Problem::new("method_not_allowed", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_well_formed_trace_is_honoured() {
        let read = |text: &str| {
            let headers =
                HeaderMap::from_iter([("traceparent".parse().unwrap(), text.parse().unwrap())]);
            traceparent(&headers).map(str::to_owned)
        };
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(read(good).as_deref(), Some(good));
        for bad in ["", "00-4bf9-00f0-01", &good.to_uppercase(), &format!("{good}-x")] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
