//! The table of routes: who may use each, and its own refusals; what is not here is not served.

use std::{collections::HashMap, sync::LazyLock};

use gathering_domain::Permission;
use http::Method;

use crate::access::{Access, BodyBound};

/// A route, as the table has it.
#[derive(Debug)]
pub(crate) struct Route {
    /// The method.
    pub(crate) method: Method,
    /// The path, with its variable parts in braces.
    pub(crate) path: &'static str,
    /// Who may use it.
    pub(crate) access: Access,
    /// How large its requests may be.
    pub(crate) body: BodyBound,
    /// The codes of refusals of its own, beside those that every route has.
    pub(crate) errors: &'static [&'static str],
}

const OPEN: Access = Access::Open;
const SIGNED_IN: Access = Access::SignedIn;
const READ: Access = Access::Permitted(Permission::Read);
const DEFINE: Access = Access::Permitted(Permission::DefinitionWrite);
const RUN: Access = Access::Permitted(Permission::RunStart);
const DECIDE: Access = Access::Permitted(Permission::ApprovalDecide);
const INVOKE: Access = Access::Permitted(Permission::ToolInvoke);
const PROVIDE: Access = Access::Permitted(Permission::ProviderWrite);
const SYSTEM: Access = Access::Permitted(Permission::SystemRead);

macro_rules! routes {
    ($($method:ident $path:literal $access:ident $body:ident [$($error:ident),*];)*) => {
        /// All routes that have an entry in the description.
        pub(crate) static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| vec![$(Route {
            method: Method::$method,
            path: $path,
            access: $access,
            body: BodyBound::$body,
            errors: &[$(stringify!($error)),*],
        }),*]);
    };
}

routes! {
    GET "/healthz" OPEN Plain [];
    GET "/readyz" OPEN Plain [not_ready];

    POST "/api/v1/auth/setup" OPEN Plain [wrong_setup_link, setup_done, invalid, busy];
    POST "/api/v1/auth/login" OPEN Plain [wrong_credentials, invalid, busy];
    POST "/api/v1/auth/logout" SIGNED_IN Plain [];
    GET "/api/v1/auth/me" SIGNED_IN Plain [];

    GET "/api/v1/providers" READ Plain [invalid, invalid_query];
    POST "/api/v1/providers" PROVIDE Plain
        [invalid, invalid_header, name_taken, limit_reached, idempotency_mismatch];
    GET "/api/v1/providers/{name}" READ Plain [not_found];
    PATCH "/api/v1/providers/{name}" PROVIDE Plain
        [not_found, invalid, name_taken, invalid_header, precondition_failed,
         precondition_required];
    DELETE "/api/v1/providers/{name}" PROVIDE Plain [not_found];
    POST "/api/v1/providers/{name}/test" PROVIDE Plain [not_found];
    GET "/api/v1/providers/{name}/models" READ Plain [not_found, upstream_failed];

    GET "/api/v1/secrets" PROVIDE Plain [invalid, invalid_query];
    PUT "/api/v1/secrets/{name}" PROVIDE Plain [invalid, too_large, limit_reached];
    DELETE "/api/v1/secrets/{name}" PROVIDE Plain [not_found, in_use];

    GET "/api/v1/agents" READ Plain [invalid, invalid_query];
    POST "/api/v1/agents" DEFINE Plain
        [invalid, invalid_header, name_taken, limit_reached, idempotency_mismatch];
    GET "/api/v1/agents/{agent_id}" READ Plain [not_found, invalid_path];
    PUT "/api/v1/agents/{agent_id}" DEFINE Plain
        [not_found, invalid_path, invalid, name_taken, invalid_header, precondition_failed,
         precondition_required];
    PATCH "/api/v1/agents/{agent_id}" DEFINE Plain
        [not_found, invalid_path, invalid, name_taken, invalid_header, precondition_failed,
         precondition_required];
    DELETE "/api/v1/agents/{agent_id}" DEFINE Plain [not_found, invalid_path];
    GET "/api/v1/agents/{agent_id}/versions" READ Plain
        [not_found, invalid_path, invalid, invalid_query];
    GET "/api/v1/agent-versions/{agent_version_id}" READ Plain [not_found, invalid_path];
    POST "/api/v1/agents/{agent_id}/preview" READ Plain
        [not_found, invalid_path, invalid, too_large];
    GET "/api/v1/agents/{agent_id}/threads" READ Plain [invalid_path, invalid, invalid_query];
    POST "/api/v1/agents/{agent_id}/threads" RUN Plain
        [not_found, invalid_path, invalid, invalid_header, idempotency_mismatch];

    GET "/api/v1/threads" READ Plain [invalid, invalid_query];
    GET "/api/v1/threads/{thread_id}" READ Plain [not_found, invalid_path];
    GET "/api/v1/threads/{thread_id}/messages" READ Plain
        [not_found, invalid_path, invalid, invalid_query];
    POST "/api/v1/threads/{thread_id}/messages" RUN Plain
        [not_found, invalid_path, invalid_query, invalid, too_large, limit_reached, thread_busy,
         invalid_header, idempotency_mismatch];

    GET "/api/v1/tools" READ Plain [];
    GET "/api/v1/tools/{name}" READ Plain [not_found];
    POST "/api/v1/tools/{name}/invoke" INVOKE Plain [not_found, invalid];

    GET "/api/v1/node-types" READ Plain [];
    GET "/api/v1/pipelines" READ Plain [invalid, invalid_query];
    POST "/api/v1/pipelines" DEFINE Plain
        [invalid, invalid_header, name_taken, limit_reached, idempotency_mismatch];
    POST "/api/v1/pipelines/validate" READ Plain [];
    GET "/api/v1/pipelines/{pipeline_id}" READ Plain [not_found, invalid_path];
    PUT "/api/v1/pipelines/{pipeline_id}" DEFINE Plain
        [not_found, invalid_path, invalid, name_taken, invalid_header, precondition_failed,
         precondition_required];
    PATCH "/api/v1/pipelines/{pipeline_id}" DEFINE Plain
        [not_found, invalid_path, invalid, name_taken, invalid_header, precondition_failed,
         precondition_required];
    DELETE "/api/v1/pipelines/{pipeline_id}" DEFINE Plain [not_found, invalid_path];
    GET "/api/v1/pipelines/{pipeline_id}/export" READ Plain [not_found, invalid_path];
    GET "/api/v1/pipelines/{pipeline_id}/versions" READ Plain
        [not_found, invalid_path, invalid, invalid_query];
    GET "/api/v1/pipeline-versions/{pipeline_version_id}" READ Plain [not_found, invalid_path];
    POST "/api/v1/pipelines/{pipeline_id}/runs" RUN Input
        [not_found, invalid_path, invalid_query, invalid, invalid_header, idempotency_mismatch, upstream_failed];

    GET "/api/v1/runs" READ Plain [invalid, invalid_query];
    POST "/api/v1/runs" RUN Input
        [not_found, invalid_query, invalid, invalid_header, idempotency_mismatch, upstream_failed];
    GET "/api/v1/runs/{run_id}" READ Plain [not_found, invalid_path];
    GET "/api/v1/runs/{run_id}/nodes" READ Plain [not_found, invalid_path];
    GET "/api/v1/runs/{run_id}/journal" READ Plain
        [not_found, invalid_path, invalid, invalid_query];
    GET "/api/v1/runs/{run_id}/approvals" READ Plain [not_found, invalid_path];
    GET "/api/v1/runs/{run_id}/events" READ Plain
        [not_found, invalid_path, invalid, invalid_query, invalid_header];
    POST "/api/v1/runs/{run_id}/cancel" RUN Plain [not_found, invalid_path, run_ended];
    POST "/api/v1/runs/{run_id}/budget" RUN Plain
        [not_found, invalid_path, invalid, no_budget, budget_not_raised, run_ended];
    POST "/api/v1/runs/{run_id}/retry" RUN Plain
        [not_found, invalid_path, invalid_query, invalid, run_not_ended, not_retryable,
         already_retried, limit_reached, unknown_outcomes, invalid_header, idempotency_mismatch];
    POST "/api/v1/runs/{run_id}/signal" RUN Plain
        [not_found, invalid_path, invalid, too_large, not_awaited, already_decided, run_ended];
    POST "/api/v1/runs/{run_id}/settle" DECIDE Plain
        [not_found, invalid_path, invalid, too_large, not_awaited, already_decided];
    GET "/api/v1/unknown-outcomes" READ Plain [invalid, invalid_query];

    GET "/api/v1/approvals" READ Plain [invalid, invalid_query];
    GET "/api/v1/approvals/{approval_id}" READ Plain [not_found, invalid_path];
    POST "/api/v1/approvals/{approval_id}/decide" DECIDE Plain
        [not_found, invalid_path, invalid, too_large, not_a_decider, already_decided, run_ended];

    GET "/api/v1/artifacts" READ Plain [invalid, invalid_query];
    GET "/api/v1/artifacts/{artifact_id}" READ Plain [not_found, invalid_path];
    GET "/api/v1/artifacts/{artifact_id}/content" READ Plain [not_found, invalid_path];

    GET "/api/v1/events" READ Plain [not_found, invalid, invalid_query, invalid_header];

    GET "/api/v1/system/info" READ Plain [];
    GET "/api/v1/system/instances" SYSTEM Plain [];
    GET "/api/v1/system/breakers" SYSTEM Plain [];
}

/// The route that answers a request; `HEAD` is answered by `GET`.
pub(crate) fn find(method: &Method, path: &str) -> Option<&'static Route> {
    static BY_NAME: LazyLock<HashMap<(&'static Method, &'static str), &'static Route>> =
        LazyLock::new(|| ROUTES.iter().map(|route| ((&route.method, route.path), route)).collect());
    let method = if method == Method::HEAD { &Method::GET } else { method };
    BY_NAME.get(&(method, path)).copied()
}

/// The methods of a path.
pub(crate) fn methods(path: &str) -> impl Iterator<Item = &'static Method> {
    ROUTES.iter().filter(move |route| route.path == path).map(|route| &route.method)
}
