//! Bounds that hold before a request is routed: its head, and how many are worked on at once.

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, Version, header},
    middleware::Next,
    response::Response,
};
use gathering_domain::Duration;
use tokio::sync::SemaphorePermit;

use crate::{
    Problem, access::Access, client::Client, network::Network, places, routes, state::Edge,
};

/// When a client comes back that found no place.
const COME_BACK: Duration = Duration::from_secs(1);

/// Refuses a head that is too large, and a request for which there is no place.
pub(crate) async fn limits(
    State(edge): State<Edge>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let uri = request.uri();
    let uri_bytes = uri.path().len() + uri.query().map_or(0, str::len);
    if uri_bytes > edge.options.uri_bytes {
        let most = edge.options.uri_bytes;
        let detail = format!("the path and the query have more than {most} bytes");
        return Err(Problem::new("uri_too_long", detail));
    }
    let header_bytes: usize =
        request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if header_bytes > edge.options.header_bytes {
        let most = edge.options.header_bytes;
        let detail = format!("the headers have more than {most} bytes");
        return Err(Problem::new("headers_too_large", detail));
    }
    // Held until there is an answer; a stream has a place of its own from then on.
    let _place = place(&edge, &request)?;
    let version = request.version();
    let mut response = next.run(request).await;
    // What is left of such a body is not read, and so the connection ends: its other end must not send
    // another request on it.
    let unread =
        matches!(response.status(), StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT);
    if unread && version <= Version::HTTP_11 {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}

/// A place that a request holds.
enum Place<'a> {
    /// Health is told however much there is to do: it is cheap, and who asks decides by it whether
    /// this instance lives. So are figures: that is when somebody wants to see them.
    Health,
    Anonymous(#[expect(dead_code, reason = "held, not read")] places::Place<Network>),
    Request(#[expect(dead_code, reason = "held, not read")] SemaphorePermit<'a>),
}

fn place<'a>(edge: &'a Edge, request: &Request) -> Result<Place<'a>, Problem> {
    let path = request.uri().path();
    if matches!(path, "/healthz" | "/readyz" | "/metrics") {
        return Ok(Place::Health);
    }
    let route = routes::find(request.method(), path);
    if route.is_some_and(|route| route.access == Access::Open) {
        let network = Network::of(request.extensions().get::<Client>().copied());
        let place = edge.anonymous.enter(network);
        return place.map(Place::Anonymous).ok_or_else(|| full("sign-ins"));
    }
    edge.requests.try_acquire().map(Place::Request).map_err(|_| full("requests"))
}

/// There is no place left.
pub(crate) fn full(what: &str) -> Problem {
    let detail = format!("the server works on as many {what} as it may");
    Problem::new("overloaded", detail).after(COME_BACK)
}
