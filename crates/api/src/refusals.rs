//! Tells the audit trail of requests that were refused: the one place that does.

use std::sync::{Arc, OnceLock};

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use gathering_app::{Caller, audit::Refused};
use http::header;

use crate::{Problem, access::RateClass, extract::origin, routes, state::Edge};

/// Codes of refusals of somebody, or of a credential that somebody has shown.
const TOLD: [&str; 8] = [
    "forbidden",
    "session_required",
    "not_a_decider",
    "csrf_failed",
    "unauthenticated",
    "wrong_invitation",
    "wrong_password_link",
    "wrong_setup_link",
];

/// Who asks, once the guard knows it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asker(Arc<OnceLock<Caller>>);

impl Asker {
    /// Notes who asks.
    pub(crate) fn is(request: &Request, caller: &Caller) {
        if let Some(asker) = request.extensions().get::<Self>() {
            let _ = asker.0.set(caller.clone());
        }
    }
}

/// Around the guard: records what it, or anybody behind it, refuses.
pub(crate) async fn tell(
    State(edge): State<Edge>,
    path: MatchedPath,
    mut request: Request,
    next: Next,
) -> Response {
    let asker = Asker::default();
    request.extensions_mut().insert(asker.clone());
    let route = routes::find(request.method(), path.as_str());
    let origin = origin(&request);
    let shown = [header::AUTHORIZATION, header::COOKIE];
    let shown = shown.iter().any(|name| request.headers().contains_key(name));
    let response = next.run(request).await;
    let (Some(route), Some(problem)) = (route, response.extensions().get::<Problem>()) else {
        return response;
    };
    // Whoever shows nothing is not refused anything: they are asked to sign in.
    let nobody = problem.code() == "unauthenticated" && !shown;
    let hidden = problem.hidden();
    // Elsewhere the limits are a matter of load; here somebody may be guessing, or be kept out.
    let limited = route.class == RateClass::SignIn && problem.code() == "too_many_requests";
    let is_told = hidden.is_some() || limited || TOLD.contains(&problem.code());
    if nobody || !is_told {
        return response;
    }
    let code = problem.code();
    let caller = asker.0.get().cloned().or_else(|| {
        // Refused before the guard knew them: whom the use case names, with this request.
        let caller = hidden?.caller.clone()?;
        Some(caller.from(origin.clone()))
    });
    let caller = caller.as_ref();
    let permission = caller.filter(|_| hidden.is_none()).and_then(|caller| {
        route.access.permissions().find(|permission| !caller.allows(*permission))
    });
    let (method, path) = (route.method.as_str(), route.path);
    let project = hidden.map(|hidden| hidden.project.as_str());
    let refused = Refused { caller, origin, method, path, code, permission, project };
    // The refusal holds, whether it can be recorded or not.
    if let Err(error) = edge.app().audit().refused(refused).await {
        tracing::error!(error = %error, code, "could not record a refusal");
    }
    response
}
