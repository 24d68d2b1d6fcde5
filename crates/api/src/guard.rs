//! The guard before every handler: who calls, and whether they may.

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use gathering_app::{Caller, Error, Unauthenticated};
use http::{HeaderMap, header};

use crate::{Problem, access::Access, routes, state::Edge};

/// Lets a request in if the table of routes admits its caller, whom the handler then finds with it.
///
/// The use cases check again: this only refuses before anything of the body is read.
pub(crate) async fn guard(
    State(edge): State<Edge>,
    path: MatchedPath,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    // A method that the route does not have is answered as that.
    let Some(route) = routes::find(request.method(), path.as_str()) else {
        return Ok(next.run(request).await);
    };
    match route.access {
        Access::Open => {}
        Access::SignedIn => {
            let caller = authenticate(&edge, request.headers()).await?;
            request.extensions_mut().insert(caller);
        }
        Access::Permitted(permission) => {
            let caller = authenticate(&edge, request.headers()).await?;
            caller.require(permission, caller.project())?;
            request.extensions_mut().insert(caller);
        }
    }
    request.extensions_mut().insert(route.body);
    Ok(next.run(request).await)
}

async fn authenticate(edge: &Edge, headers: &HeaderMap) -> Result<Caller, Problem> {
    let token = bearer(headers).ok_or(Error::Unauthenticated(Unauthenticated::NoSession))?;
    Ok(edge.app().identity().authenticate(token).await?)
}

/// The token of the one `Authorization: Bearer` header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
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
