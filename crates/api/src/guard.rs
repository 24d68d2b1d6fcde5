//! The guard before every handler: who calls, and whether they may.

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use gathering_app::{Caller, Error, Unauthenticated};
use http::{HeaderMap, HeaderValue, Method, header};

use crate::{
    Problem,
    access::Access,
    extract::{named_project, origin},
    routes,
    state::Edge,
};

/// Lets a request in if the table of routes admits its caller, whom the handler then finds with it.
///
/// The use cases check again: this only refuses before anything of the body is read.
pub(crate) async fn guard(
    State(edge): State<Edge>,
    path: MatchedPath,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let Some(route) = routes::find(request.method(), path.as_str()) else {
        return Ok(refusal(request.method(), path.as_str()));
    };
    match route.access {
        Access::Open => {}
        Access::SignedIn => {
            let caller = authenticate(&edge, request.headers()).await?;
            let caller = caller.from(origin(&request));
            request.extensions_mut().insert(caller);
        }
        Access::Permitted(permission) => {
            let caller = authenticate(&edge, request.headers()).await?;
            let caller = caller.from(origin(&request));
            caller.require_any(permission)?;
            request.extensions_mut().insert(caller);
        }
    }
    request.extensions_mut().insert(route.body);
    Ok(next.run(request).await)
}

/// The answer for what is not in the table: it is not served, whatever the router has there.
fn refusal(method: &Method, path: &str) -> Response {
    let mut methods: Vec<&str> = routes::methods(path).map(Method::as_str).collect();
    if methods.is_empty() {
        return Problem::new("unknown_route", "there is nothing at this address").into_response();
    }
    if methods.contains(&"GET") {
        methods.push("HEAD");
    }
    methods.sort_unstable();
    let detail = format!("this address does not take `{method}`; see the header `Allow`");
    let mut response = Problem::new("method_not_allowed", detail).into_response();
    let allow = HeaderValue::from_str(&methods.join(",")).expect("methods of the table are words");
    response.headers_mut().insert(header::ALLOW, allow);
    response
}

async fn authenticate(edge: &Edge, headers: &HeaderMap) -> Result<Caller, Problem> {
    let token = bearer(headers).ok_or(Error::Unauthenticated(Unauthenticated::NoSession))?;
    let project = named_project(headers)?;
    Ok(edge.app().identity().authenticate(token, project).await?)
}

/// The token of the one `Authorization: Bearer` header.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (given.next(), given.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_in_the_table_is_refused() {
        let answer = |method: Method, path: &str| {
            let response = refusal(&method, path);
            let allow = response.headers().get(header::ALLOW).cloned();
            (response.status().as_u16(), allow.map(|allow| allow.to_str().unwrap().to_owned()))
        };
        assert_eq!(answer(Method::GET, "/api/v1/back-door"), (404, None));
        let allow = Some("GET,HEAD,POST".to_owned());
        assert_eq!(answer(Method::DELETE, "/api/v1/runs"), (405, allow));
    }

    #[test]
    fn a_token_comes_in_one_bearer_header() {
        let read = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, value.parse().unwrap());
            }
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(read(&["Bearer gts_1"]).as_deref(), Some("gts_1"));
        assert_eq!(read(&["bearer  gts_1 "]).as_deref(), Some("gts_1"));
        for bad in [
            &["Basic gts_1"][..],
            &["gts_1"],
            &["Bearer"],
            &["Bearer "],
            &[],
            &["Bearer a", "Bearer b"],
        ] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }
}
