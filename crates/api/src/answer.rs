//! The outermost layer: the id and the span of a request, and the form of every answer.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use gathering_domain::UserId;
use http::{HeaderMap, HeaderValue, StatusCode, Version, header};
use tracing::Instrument as _;

use crate::{
    Problem,
    client::Client,
    metrics,
    observer::{OTHER, Underway, word},
    request_id::{RequestId, X_REQUEST_ID},
    routes,
    security_headers::protect,
    state::Edge,
};

/// For a year, a browser that came over `https` comes no other way.
const ONLY_ENCRYPTED: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Carries out a request in its span, and gives its answer the form that all answers have.
pub(crate) async fn answer(State(edge): State<Edge>, mut request: Request, next: Next) -> Response {
    let id = RequestId::of(request.headers(), &*edge.state.ids);
    let method = word(request.method());
    let span = tracing::info_span!(
        "api.request",
        otel.kind = "server",
        otel.name = method,
        otel.status_code = tracing::field::Empty,
        request.id = id.as_str(),
        client.address = tracing::field::Empty,
        user.id = tracing::field::Empty,
        http.request.method = method,
        http.route = tracing::field::Empty,
        http.response.status_code = tracing::field::Empty,
        error.type = tracing::field::Empty,
    );
    let observer = Arc::clone(&edge.state.observer);
    observer.began(&span, traceparent(request.headers()));
    let underway = Underway::begin(observer, method);
    let taken = TakenRoute::default();
    request.extensions_mut().insert(id.clone());
    request.extensions_mut().insert(taken.clone());
    let version = request.version();
    let client = request.extensions().get::<Client>().copied();
    // Browsers heed it over `https` alone, so it may be said by a site that is reached so.
    let https = edge.state.site.public_https() || client.is_some_and(|client| client.https);
    if let Some(client) = client.filter(|client| !client.address.is_unspecified()) {
        span.record("client.address", tracing::field::display(client.address));
    }
    let mut response = next.run(request).instrument(span.clone()).await;
    let _entered = span.enter();
    if let Some(SignedInAs(user)) = response.extensions_mut().remove() {
        span.record("user.id", tracing::field::display(user));
    }
    let (mut response, code) = finish(response, &id);
    let status = response.status();
    let took = underway.answered(taken.path(), status, code);
    tell(&span, (method, status), code, took);
    let headers = response.headers_mut();
    headers.insert(X_REQUEST_ID, id.header());
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, ONLY_ENCRYPTED);
    }
    // HTTP/2 tells it by a frame of its own, once the server closes; a WebSocket likewise.
    let upgraded = status == StatusCode::SWITCHING_PROTOCOLS;
    if edge.leaving() && version <= Version::HTTP_11 && !upgraded {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    protect(headers);
    response
}

/// Rides with the answer to a request that has signed somebody in: until then nobody knew who asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SignedInAs(pub(crate) UserId);

/// The route that a request took, once that is known.
#[derive(Debug, Clone, Default)]
struct TakenRoute(Arc<OnceLock<&'static str>>);

impl TakenRoute {
    fn path(&self) -> &'static str {
        self.0.get().copied().unwrap_or(OTHER)
    }
}

/// Tells the request's span which route it took. Inside the router, where that is known.
pub(crate) async fn name_route(route: MatchedPath, request: Request, next: Next) -> Response {
    let span = tracing::Span::current();
    span.record("http.route", route.as_str());
    span.record("otel.name", format!("{} {}", word(request.method()), route.as_str()));
    let path = match route.as_str() {
        metrics::PATH => Some(metrics::PATH),
        path => routes::find(request.method(), path).map(|route| route.path),
    };
    if let (Some(taken), Some(path)) = (request.extensions().get::<TakenRoute>(), path) {
        let _ = taken.0.set(path);
    }
    next.run(request).await
}

/// Writes one line for the request. Those that change something or fail are what people look for; of
/// the others there are too many.
fn tell(
    span: &tracing::Span,
    (method, status): (&'static str, StatusCode),
    code: Option<&'static str>,
    took: Duration,
) {
    span.record("http.response.status_code", status.as_u16());
    if let Some(code) = code {
        span.record("error.type", code);
    }
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    if status.is_server_error() {
        tracing::warn!(took_ms, "answered a request");
    } else if status.is_client_error() || !matches!(method, "GET" | "HEAD" | "OPTIONS") {
        tracing::info!(took_ms, "answered a request");
    } else {
        tracing::debug!(took_ms, "answered a request");
    }
}

/// Renders a problem, and makes one of a failure that came without. Tells its code as well.
fn finish(mut response: Response, id: &RequestId) -> (Response, Option<&'static str>) {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        log(&problem);
        let mut rendered = problem.render(id.as_str());
        // What the failure's own layer has said, such as the methods that are allowed, stays.
        for (name, value) in response.headers() {
            if name != header::CONTENT_LENGTH && name != header::CONTENT_TYPE {
                rendered.headers_mut().entry(name).or_insert(value.clone());
            }
        }
        return (rendered, Some(problem.code()));
    }
    match unshaped(response.status()) {
        Some(problem) => {
            log(&problem);
            (problem.render(id.as_str()), Some(problem.code()))
        }
        None => (response, None),
    }
}

/// The cause of a failure of our own is logged once, here; the line of the request has no place for it.
fn log(problem: &Problem) {
    if problem.status() == StatusCode::INTERNAL_SERVER_ERROR {
        let cause = problem.cause().map(|cause| chain(cause)).unwrap_or_default();
        tracing::error!(code = problem.code(), cause, "could not answer a request");
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
pub(crate) fn traceparent(headers: &HeaderMap) -> Option<&str> {
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
