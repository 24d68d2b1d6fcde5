//! The guard before every handler: who calls, whether they may, and whether so often.

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use gathering_app::{Caller, Error, Unauthenticated, identity::is_token};
use http::{HeaderMap, HeaderValue, Method, Uri, header};

use crate::{
    Problem,
    access::Access,
    browser::Browser,
    client::Client,
    credentials::given,
    extract::{named_project, origin},
    limits::full,
    network::Network,
    rates::{Look, Standing},
    refusals::Asker,
    routes::{self, Route},
    state::Edge,
};

/// Lets a request in if the table of routes admits its caller, whom the handler then finds with it,
/// and if they have not asked too often.
///
/// The use cases check again who may: this only refuses before anything of the body is read.
pub(crate) async fn guard(
    State(edge): State<Edge>,
    path: MatchedPath,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(route) = routes::find(request.method(), path.as_str()) else {
        return refusal(request.method(), path.as_str());
    };
    let network = Network::of(request.extensions().get::<Client>().copied());
    let mut browser = Browser::of(&request, &edge.state.site);
    let caller = match route.access {
        Access::Open => None,
        Access::SignedIn | Access::Permitted(_) | Access::PermittedReader(_) => {
            match authenticate(&edge, network, (request.headers(), request.uri()), &mut browser)
                .await
            {
                Ok(caller) => Some(caller.from(origin(&request))),
                Err(refusal) => return refusal.into_response(),
            }
        }
    };
    let standing = match &caller {
        Some(caller) => edge.rates.caller(route.class, caller, edge.now()),
        None => edge.rates.stranger(route.class, network.0, edge.now()),
    };
    if let Some(caller) = &caller {
        Asker::is(&request, caller);
    }
    let admitted = admit(route, caller.as_ref(), standing)
        .and_then(|()| browser.require_token(request.method(), request.headers()));
    if let Err(problem) = admitted {
        return Refusal { problem, standing }.into_response();
    }
    // Held until there is an answer, as the place of the request is, however slow its body comes.
    let place = caller.as_ref().map(|caller| edge.callers.enter(caller.actor()));
    if matches!(place, Some(None)) {
        return Refusal { problem: full("requests of one caller"), standing }.into_response();
    }
    let extensions = request.extensions_mut();
    extensions.insert(network);
    extensions.insert(browser);
    extensions.insert(route.body);
    if let Some(caller) = caller {
        extensions.insert(caller);
    }
    tell(standing, next.run(request).await)
}

/// A refusal, and how whoever is refused stands with the rate by which they were counted.
struct Refusal {
    problem: Problem,
    standing: Option<Standing>,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        tell(self.standing, self.problem.into_response())
    }
}

fn tell(standing: Option<Standing>, mut response: Response) -> Response {
    if let Some(standing) = standing {
        standing.tell(response.headers_mut());
    }
    response
}

fn admit(
    route: &Route,
    caller: Option<&Caller>,
    standing: Option<Standing>,
) -> Result<(), Problem> {
    standing.map_or(Ok(()), |standing| standing.admit())?;
    if let Some(caller) = caller {
        for permission in route.access.permissions() {
            caller.require_any(permission)?;
        }
    }
    Ok(())
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

/// The caller whose token came with the request.
///
/// A request without a valid token is counted against the network that it comes from, and once there
/// have been too many the store is not even asked. A token that was valid not long ago is asked for all
/// the same, and of those that could be tokens a few: whoever is signed in does not suffer from others
/// behind the same address, also where this instance has not seen their token yet.
///
/// By a cookie only pages of ours may ask, and only for people: programs send their key in the header.
async fn authenticate(
    edge: &Edge,
    network: Network,
    (headers, uri): (&HeaderMap, &Uri),
    browser: &mut Browser,
) -> Result<Caller, Refusal> {
    let (rates, now) = (&edge.rates, edge.now());
    let nobody = Error::Unauthenticated(Unauthenticated::NoSession);
    let given = given(headers, browser.https());
    let given = match given.and_then(|given| given.ok_or_else(|| nobody.clone().into())) {
        Ok(given) => given,
        Err(problem) => {
            let standing = rates.no_token(network.0, now);
            let admitted = standing.map_or(Ok(()), |standing| standing.admit());
            return Err(Refusal { problem: admitted.err().unwrap_or(problem), standing });
        }
    };
    let token = given.token();
    let proven = rates.is_proven(token, now);
    let mut standing = if proven { None } else { rates.no_token(network.0, now) };
    let spent = standing.and_then(|standing| standing.admit().err());
    let terms = match spent {
        None if proven => Terms::Proven,
        None => Terms::Counted,
        Some(problem) if is_token(token) && rates.may_look(Look::Token, network.0, now) => {
            Terms::Spent(problem)
        }
        Some(problem) => return Err(Refusal { problem, standing }),
    };
    let own_page = if given.is_cookie() { browser.require_own_page() } else { Ok(()) };
    let caller = match own_page.and_then(|()| named_project(headers, uri)) {
        Ok(project) => edge.app().identity().authenticate(token, project).await,
        Err(problem) => return Err(Refusal { problem, standing }),
    };
    let caller = match caller {
        Ok(caller) if given.is_cookie() && caller.session().is_none() => Err(nobody),
        Ok(caller) => {
            if given.is_cookie() {
                browser.came_by_cookie(token);
            }
            Ok(caller)
        }
        refused => refused,
    };
    let error = match caller {
        Ok(caller) => {
            match terms {
                Terms::Proven => {}
                Terms::Counted => rates.had_token(network.0),
                Terms::Spent(_) => rates.found(Look::Token, network.0),
            }
            rates.prove(token, now);
            return Ok(caller);
        }
        Err(error) => error,
    };
    if matches!(error, Error::Unauthenticated(_)) {
        rates.disprove(token);
    }
    // Whatever is wrong with the request costs the same; what is wrong with the server nothing.
    match (terms, error.may_pass()) {
        (Terms::Proven, false) => standing = rates.no_token(network.0, now),
        (Terms::Counted, true) => rates.had_token(network.0),
        (Terms::Spent(_), true) => rates.found(Look::Token, network.0),
        (Terms::Spent(problem), false) => return Err(Refusal { problem, standing }),
        (Terms::Proven, true) | (Terms::Counted, false) => {}
    }
    Err(Refusal { problem: error.into(), standing })
}

/// On what terms a token is looked up.
enum Terms {
    /// It was valid not long ago.
    Proven,
    /// It is counted as if it were not.
    Counted,
    /// There have been too many that were not, and it may be one of them: if it is, that is the answer.
    Spent(Problem),
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
}
