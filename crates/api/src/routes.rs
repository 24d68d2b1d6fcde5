//! The table of routes: who may use each, how often, and how it refuses; all else is not served.

use std::{collections::HashMap, sync::LazyLock};

use gathering_domain::Permission;
use http::Method;

use crate::access::{Access, BodyBound, RateClass};

/// A route, as the table has it.
#[derive(Debug)]
pub(crate) struct Route {
    /// The method.
    pub(crate) method: Method,
    /// The path, with its variable parts in braces.
    pub(crate) path: &'static str,
    /// Who may use it.
    pub(crate) access: Access,
    /// By which limit its requests are counted.
    pub(crate) class: RateClass,
    /// How large its requests may be.
    pub(crate) body: BodyBound,
    /// The codes of refusals of its own, beside those that every route has.
    pub(crate) errors: &'static [&'static str],
}

const OPEN: Access = Access::Open;
const SIGNED_IN: Access = Access::SignedIn;
const READ: Access = Access::Permitted(Permission::Read);
const DEFINE: Access = Access::Permitted(Permission::DefinitionWrite);
const REDEFINE: Access = Access::PermittedReader(Permission::DefinitionWrite);
const RUN: Access = Access::Permitted(Permission::RunStart);
const TALK: Access = Access::PermittedReader(Permission::RunStart);
const DECIDE: Access = Access::Permitted(Permission::ApprovalDecide);
const INVOKE: Access = Access::Permitted(Permission::ToolInvoke);
const PROVIDE: Access = Access::Permitted(Permission::ProviderWrite);
const REPROVIDE: Access = Access::PermittedReader(Permission::ProviderWrite);
const INTEGRATE: Access = Access::Permitted(Permission::IntegrationWrite);
const REINTEGRATE: Access = Access::PermittedReader(Permission::IntegrationWrite);
const PROJECTS: Access = Access::Permitted(Permission::ProjectWrite);
const PEOPLE: Access = Access::Permitted(Permission::UserRead);
const PEOPLE_WRITE: Access = Access::Permitted(Permission::UserWrite);
const AUDIT: Access = Access::Permitted(Permission::AuditRead);
const SYSTEM: Access = Access::Permitted(Permission::SystemRead);

macro_rules! routes {
    ($($method:ident $path:literal $access:ident $class:ident $body:ident
        [$($error:ident),*];)*) => {
        /// All routes that have an entry in the description.
        pub(crate) static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| vec![$(Route {
            method: Method::$method,
            path: $path,
            access: $access,
            class: RateClass::$class,
            body: BodyBound::$body,
            errors: &[$(stringify!($error)),*],
        }),*]);
    };
}

routes! {
    GET "/healthz" OPEN Free Plain [];
    GET "/readyz" OPEN Free Plain [not_ready];

    POST "/api/v1/auth/setup" OPEN SignIn Plain
        [wrong_setup_link, setup_done, invalid, csrf_failed];
    POST "/api/v1/auth/login" OPEN SignIn Plain [wrong_credentials, invalid, csrf_failed];
    POST "/api/v1/auth/accept" OPEN SignIn Plain
        [wrong_invitation, invalid, name_taken, limit_reached, csrf_failed];
    POST "/api/v1/auth/reset" OPEN SignIn Plain [wrong_password_link, invalid, csrf_failed];
    POST "/api/v1/auth/logout" SIGNED_IN Write Plain [session_required];
    GET "/api/v1/auth/me" SIGNED_IN Read Plain [];
    PATCH "/api/v1/auth/me" SIGNED_IN Write Plain [invalid, session_required];
    POST "/api/v1/auth/password" SIGNED_IN Expensive Plain
        [session_required, wrong_credentials, invalid];
    GET "/api/v1/auth/sessions" SIGNED_IN Read Plain [session_required, invalid, invalid_query];
    DELETE "/api/v1/auth/sessions" SIGNED_IN Write Plain [session_required];
    DELETE "/api/v1/auth/sessions/{session_id}" SIGNED_IN Write Plain
        [session_required, not_found, invalid_path];

    GET "/api/v1/api-keys" SIGNED_IN Read Plain [session_required, invalid, invalid_query];
    POST "/api/v1/api-keys" SIGNED_IN Write Plain
        [session_required, project_required, not_found, invalid, limit_reached];
    DELETE "/api/v1/api-keys/{key_id}" SIGNED_IN Write Plain
        [session_required, not_found, invalid_path];

    GET "/api/v1/users/{user_id}/sessions" PEOPLE_WRITE Read Plain
        [not_found, invalid_path, invalid, invalid_query];
    DELETE "/api/v1/users/{user_id}/sessions" PEOPLE_WRITE Write Plain [not_found, invalid_path];
    DELETE "/api/v1/users/{user_id}/sessions/{session_id}" PEOPLE_WRITE Write Plain
        [not_found, invalid_path];
    GET "/api/v1/users/{user_id}/api-keys" PEOPLE_WRITE Read Plain
        [not_found, invalid_path, invalid, invalid_query];

    GET "/api/v1/users" PEOPLE Read Plain [invalid, invalid_query];
    GET "/api/v1/users/{user_id}" PEOPLE Read Plain [not_found, invalid_path];
    PATCH "/api/v1/users/{user_id}" PEOPLE_WRITE Write Plain
        [session_required, not_found, invalid_path, invalid, last_owner, invalid_header,
         precondition_failed, precondition_required];
    POST "/api/v1/users/{user_id}/password-link" PEOPLE_WRITE Write Plain
        [session_required, not_found, invalid_path, invalid, limit_reached];

    GET "/api/v1/invitations" PEOPLE_WRITE Read Plain [invalid, invalid_query];
    POST "/api/v1/invitations" PEOPLE_WRITE Write Plain
        [session_required, not_found, invalid, invalid_header, name_taken, limit_reached,
         idempotency_mismatch];
    DELETE "/api/v1/invitations/{invitation_id}" PEOPLE_WRITE Write Plain
        [not_found, invalid_path];

    GET "/api/v1/projects" SIGNED_IN Read Plain [invalid, invalid_query];
    POST "/api/v1/projects" PROJECTS Write Plain
        [invalid, invalid_header, name_taken, limit_reached, idempotency_mismatch];
    GET "/api/v1/projects/{project_id}" SIGNED_IN Read Plain [not_found, invalid_path];
    PATCH "/api/v1/projects/{project_id}" PROJECTS Write Plain
        [not_found, invalid_path, invalid, name_taken, in_use, invalid_header,
         precondition_failed, precondition_required];
    DELETE "/api/v1/projects/{project_id}" PROJECTS Write Plain
        [not_found, invalid_path, in_use];
    GET "/api/v1/projects/{project_id}/members" PROJECTS Read Plain
        [not_found, invalid_path, invalid, invalid_query];
    PUT "/api/v1/projects/{project_id}/members/{user_id}" PROJECTS Write Plain
        [not_found, invalid_path, invalid, limit_reached];
    DELETE "/api/v1/projects/{project_id}/members/{user_id}" PROJECTS Write Plain
        [not_found, invalid_path];

    GET "/api/v1/providers" READ Read Plain [invalid, invalid_query];
    POST "/api/v1/providers" PROVIDE Write Plain
        [invalid, invalid_header, name_taken, limit_reached, idempotency_mismatch];
    GET "/api/v1/providers/{name}" READ Read Plain [not_found];
    PATCH "/api/v1/providers/{name}" REPROVIDE Write Plain
        [not_found, invalid, name_taken, invalid_header, precondition_failed,
         precondition_required];
    DELETE "/api/v1/providers/{name}" PROVIDE Write Plain [not_found];
    POST "/api/v1/providers/{name}/test" PROVIDE Expensive Plain [not_found];
    GET "/api/v1/providers/{name}/models" READ Expensive Plain [not_found, upstream_failed];
    GET "/api/v1/provider-kinds" READ Read Plain [];

    GET "/api/v1/secrets" PROVIDE Read Plain [invalid, invalid_query];
    PUT "/api/v1/secrets/{name}" PROVIDE Write Plain [invalid, too_large, limit_reached];
    DELETE "/api/v1/secrets/{name}" PROVIDE Write Plain [not_found, in_use];

    GET "/api/v1/channels" READ Read Plain [invalid, invalid_query];
    POST "/api/v1/channels" INTEGRATE Write Plain
        [invalid, invalid_header, name_taken, limit_reached, idempotency_mismatch];
    GET "/api/v1/channels/{channel_id}" READ Read Plain [not_found, invalid_path];
    PATCH "/api/v1/channels/{channel_id}" REINTEGRATE Write Plain
        [not_found, invalid_path, invalid, name_taken, invalid_header, precondition_failed,
         precondition_required];
    DELETE "/api/v1/channels/{channel_id}" INTEGRATE Write Plain [not_found, invalid_path];
    POST "/api/v1/channels/{channel_id}/test" INTEGRATE Expensive Plain [not_found, invalid_path];

    GET "/api/v1/webhooks" READ Read Plain [invalid, invalid_query];
    POST "/api/v1/webhooks" INTEGRATE Write Plain
        [not_found, invalid, invalid_header, limit_reached, idempotency_mismatch];
    GET "/api/v1/webhooks/{webhook_id}" READ Read Plain [not_found, invalid_path];
    PATCH "/api/v1/webhooks/{webhook_id}" REINTEGRATE Write Plain
        [not_found, invalid_path, invalid, invalid_header, precondition_failed,
         precondition_required];
    DELETE "/api/v1/webhooks/{webhook_id}" INTEGRATE Write Plain [not_found, invalid_path];
    POST "/api/v1/webhooks/{webhook_id}/rotate" INTEGRATE Write Plain
        [not_found, invalid_path, invalid];
    POST "/api/v1/webhooks/{webhook_id}/test" INTEGRATE Expensive Plain
        [not_found, invalid_path];
    GET "/api/v1/webhooks/{webhook_id}/deliveries" READ Read Plain
        [not_found, invalid_path, invalid, invalid_query];
    POST "/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver" INTEGRATE Expensive Plain
        [not_found, invalid_path, in_use];

    GET "/api/v1/agents" READ Read Plain [invalid, invalid_query];
    POST "/api/v1/agents" DEFINE Write Plain
        [invalid, invalid_header, name_taken, limit_reached, idempotency_mismatch];
    GET "/api/v1/agents/{agent_id}" READ Read Plain [not_found, invalid_path];
    PUT "/api/v1/agents/{agent_id}" DEFINE Write Plain
        [not_found, invalid_path, invalid, name_taken, invalid_header, precondition_failed,
         precondition_required];
    PATCH "/api/v1/agents/{agent_id}" REDEFINE Write Plain
        [not_found, invalid_path, invalid, name_taken, invalid_header, precondition_failed,
         precondition_required];
    DELETE "/api/v1/agents/{agent_id}" DEFINE Write Plain [not_found, invalid_path];
    GET "/api/v1/agents/{agent_id}/versions" READ Read Plain
        [not_found, invalid_path, invalid, invalid_query];
    GET "/api/v1/agent-versions/{agent_version_id}" READ Read Plain [not_found, invalid_path];
    POST "/api/v1/agents/{agent_id}/preview" READ Write Plain
        [not_found, invalid_path, invalid, too_large];
    GET "/api/v1/agents/{agent_id}/threads" READ Read Plain [invalid_path, invalid, invalid_query];
    POST "/api/v1/agents/{agent_id}/threads" RUN Write Plain
        [not_found, invalid_path, invalid, invalid_header, idempotency_mismatch];

    GET "/api/v1/threads" READ Read Plain [invalid, invalid_query];
    GET "/api/v1/threads/{thread_id}" READ Read Plain [not_found, invalid_path];
    GET "/api/v1/threads/{thread_id}/messages" READ Read Plain
        [not_found, invalid_path, invalid, invalid_query];
    POST "/api/v1/threads/{thread_id}/messages" TALK Expensive Plain
        [not_found, invalid_path, invalid_query, invalid, too_large, limit_reached, thread_busy,
         invalid_header, idempotency_mismatch, quota_reached];

    GET "/api/v1/tools" READ Read Plain [];
    GET "/api/v1/tools/{name}" READ Read Plain [not_found];
    POST "/api/v1/tools/{name}/invoke" INVOKE Expensive Plain [not_found, invalid];

    GET "/api/v1/node-types" READ Read Plain [];
    GET "/api/v1/pipelines" READ Read Plain [invalid, invalid_query];
    POST "/api/v1/pipelines" DEFINE Write Plain
        [invalid, invalid_header, name_taken, limit_reached, idempotency_mismatch];
    POST "/api/v1/pipelines/validate" READ Write Plain [];
    GET "/api/v1/pipelines/{pipeline_id}" READ Read Plain [not_found, invalid_path];
    PUT "/api/v1/pipelines/{pipeline_id}" DEFINE Write Plain
        [not_found, invalid_path, invalid, name_taken, invalid_header, precondition_failed,
         precondition_required];
    PATCH "/api/v1/pipelines/{pipeline_id}" REDEFINE Write Plain
        [not_found, invalid_path, invalid, name_taken, invalid_header, precondition_failed,
         precondition_required];
    DELETE "/api/v1/pipelines/{pipeline_id}" DEFINE Write Plain [not_found, invalid_path];
    GET "/api/v1/pipelines/{pipeline_id}/export" READ Read Plain [not_found, invalid_path];
    GET "/api/v1/pipelines/{pipeline_id}/versions" READ Read Plain
        [not_found, invalid_path, invalid, invalid_query];
    GET "/api/v1/pipeline-versions/{pipeline_version_id}" READ Read Plain [not_found, invalid_path];
    POST "/api/v1/pipelines/{pipeline_id}/runs" RUN Expensive Input
        [not_found, invalid_path, invalid_query, invalid, invalid_header, idempotency_mismatch,
         quota_reached, upstream_failed];

    GET "/api/v1/hooks" READ Read Plain [invalid, invalid_query];
    POST "/api/v1/hooks" DEFINE Write Plain
        [not_found, invalid, invalid_header, name_taken, limit_reached, idempotency_mismatch];
    GET "/api/v1/hooks/{hook_id}" READ Read Plain [not_found, invalid_path];
    PATCH "/api/v1/hooks/{hook_id}" REDEFINE Write Plain
        [not_found, invalid_path, invalid, name_taken, invalid_header, precondition_failed,
         precondition_required];
    DELETE "/api/v1/hooks/{hook_id}" DEFINE Write Plain [not_found, invalid_path];
    POST "/api/v1/hooks/{hook_id}/pause" RUN Write Plain [not_found, invalid_path];
    POST "/api/v1/hooks/{hook_id}/resume" RUN Write Plain [not_found, invalid_path];
    POST "/api/v1/hooks/{hook_id}/rotate" DEFINE Write Plain [not_found, invalid_path];
    GET "/api/v1/hooks/{hook_id}/deliveries" READ Read Plain
        [not_found, invalid_path, invalid, invalid_query];
    POST "/hooks/{token}" OPEN Hook Plain
        [not_found, invalid_path, wrong_signature, hook_paused, hook_failed, quota_reached];

    GET "/api/v1/triggers" READ Read Plain [invalid, invalid_query];
    POST "/api/v1/triggers" DEFINE Write Plain
        [not_found, invalid, invalid_header, name_taken, limit_reached, idempotency_mismatch];
    GET "/api/v1/triggers/{trigger_id}" READ Read Plain [not_found, invalid_path];
    PATCH "/api/v1/triggers/{trigger_id}" REDEFINE Write Plain
        [not_found, invalid_path, invalid, name_taken, invalid_header, precondition_failed,
         precondition_required];
    DELETE "/api/v1/triggers/{trigger_id}" DEFINE Write Plain [not_found, invalid_path];
    POST "/api/v1/triggers/{trigger_id}/pause" RUN Write Plain [not_found, invalid_path];
    POST "/api/v1/triggers/{trigger_id}/resume" RUN Write Plain [not_found, invalid_path];
    GET "/api/v1/triggers/{trigger_id}/firings" READ Read Plain
        [not_found, invalid_path, invalid, invalid_query];

    GET "/api/v1/runs" READ Read Plain [invalid, invalid_query];
    POST "/api/v1/runs" RUN Expensive Input
        [not_found, invalid_query, invalid, invalid_header, idempotency_mismatch,
         quota_reached, upstream_failed];
    GET "/api/v1/runs/{run_id}" READ Read Plain [not_found, invalid_path];
    GET "/api/v1/runs/{run_id}/nodes" READ Read Plain [not_found, invalid_path];
    GET "/api/v1/runs/{run_id}/nodes/{node_id}" READ Read Plain [not_found, invalid_path];
    GET "/api/v1/runs/{run_id}/journal" READ Read Plain
        [not_found, invalid_path, invalid, invalid_query];
    GET "/api/v1/runs/{run_id}/approvals" READ Read Plain [not_found, invalid_path];
    GET "/api/v1/runs/{run_id}/events" READ Stream Plain
        [not_found, invalid_path, invalid, invalid_query, invalid_header];
    POST "/api/v1/runs/{run_id}/cancel" RUN Write Plain [not_found, invalid_path, run_ended];
    POST "/api/v1/runs/{run_id}/budget" RUN Write Plain
        [not_found, invalid_path, invalid, no_budget, budget_not_raised, run_ended];
    POST "/api/v1/runs/{run_id}/retry" RUN Expensive Plain
        [not_found, invalid_path, invalid_query, invalid, run_not_ended, not_retryable,
         already_retried, limit_reached, unknown_outcomes, invalid_header, idempotency_mismatch,
         quota_reached];
    POST "/api/v1/runs/{run_id}/signal" RUN Write Plain
        [not_found, invalid_path, invalid, too_large, not_awaited, already_decided, run_ended];
    POST "/api/v1/runs/{run_id}/settle" DECIDE Write Plain
        [not_found, invalid_path, invalid, too_large, not_awaited, already_decided];
    GET "/api/v1/unknown-outcomes" READ Read Plain [invalid, invalid_query];
    GET "/api/v1/usage" READ Read Plain [invalid, invalid_query];

    GET "/api/v1/schedules" READ Read Plain [invalid, invalid_query];
    POST "/api/v1/schedules" DEFINE Write Plain
        [invalid, invalid_header, name_taken, limit_reached, too_large, idempotency_mismatch];
    POST "/api/v1/schedules/preview" READ Write Plain [invalid];
    GET "/api/v1/schedules/{schedule_id}" READ Read Plain [not_found, invalid_path];
    PATCH "/api/v1/schedules/{schedule_id}" REDEFINE Write Plain
        [not_found, invalid_path, invalid, name_taken, too_large, invalid_header,
         precondition_failed, precondition_required];
    DELETE "/api/v1/schedules/{schedule_id}" DEFINE Write Plain [not_found, invalid_path];
    POST "/api/v1/schedules/{schedule_id}/pause" RUN Write Plain [not_found, invalid_path];
    POST "/api/v1/schedules/{schedule_id}/resume" RUN Write Plain [not_found, invalid_path];
    POST "/api/v1/schedules/{schedule_id}/trigger" RUN Expensive Plain
        [not_found, invalid_path, invalid, invalid_header, idempotency_mismatch, quota_reached];
    GET "/api/v1/schedules/{schedule_id}/preview" READ Read Plain
        [not_found, invalid_path, invalid, invalid_query];
    GET "/api/v1/schedules/{schedule_id}/fires" READ Read Plain
        [not_found, invalid_path, invalid, invalid_query];

    GET "/api/v1/approvals" READ Read Plain [invalid, invalid_query];
    GET "/api/v1/approvals/{approval_id}" READ Read Plain [not_found, invalid_path];
    POST "/api/v1/approvals/{approval_id}/decide" DECIDE Write Plain
        [not_found, invalid_path, invalid, too_large, not_a_decider, already_decided, run_ended];

    GET "/api/v1/artifacts" READ Read Plain [invalid, invalid_query];
    GET "/api/v1/artifacts/{artifact_id}" READ Read Plain [not_found, invalid_path];
    GET "/api/v1/artifacts/{artifact_id}/content" READ Read Plain [not_found, invalid_path];

    GET "/api/v1/events" READ Stream Plain [not_found, invalid, invalid_query, invalid_header];
    GET "/api/v1/ws" READ Stream Plain [upgrade_required, invalid_header, invalid_query];

    GET "/api/v1/audit" AUDIT Read Plain [invalid, invalid_query];
    POST "/api/v1/audit/verify" AUDIT Expensive Plain [invalid, invalid_query];
    GET "/api/v1/audit/export" AUDIT Expensive Plain [invalid, invalid_query];

    GET "/api/v1/search" READ Read Plain [invalid, invalid_query];

    GET "/api/v1/system/info" READ Read Plain [];
    GET "/api/v1/system/instances" SYSTEM Read Plain [];
    GET "/api/v1/system/breakers" SYSTEM Read Plain [];
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_route_is_counted_by_what_a_request_costs() {
        let of = |class: RateClass| {
            let routes = ROUTES.iter().filter(move |route| route.class == class);
            routes.map(|route| format!("{} {}", route.method, route.path)).collect::<Vec<_>>()
        };
        assert_eq!(of(RateClass::Free), ["GET /healthz", "GET /readyz"]);
        let sign_in = ["setup", "login", "accept", "reset"];
        assert_eq!(of(RateClass::SignIn), sign_in.map(|what| format!("POST /api/v1/auth/{what}")));
        assert_eq!(
            of(RateClass::Stream),
            ["GET /api/v1/runs/{run_id}/events", "GET /api/v1/events", "GET /api/v1/ws"]
        );
        let expensive = [
            "POST /api/v1/auth/password",
            "POST /api/v1/providers/{name}/test",
            "GET /api/v1/providers/{name}/models",
            "POST /api/v1/channels/{channel_id}/test",
            "POST /api/v1/webhooks/{webhook_id}/test",
            "POST /api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver",
            "POST /api/v1/threads/{thread_id}/messages",
            "POST /api/v1/tools/{name}/invoke",
            "POST /api/v1/pipelines/{pipeline_id}/runs",
            "POST /api/v1/runs",
            "POST /api/v1/runs/{run_id}/retry",
            "POST /api/v1/schedules/{schedule_id}/trigger",
            "POST /api/v1/audit/verify",
            "GET /api/v1/audit/export",
        ];
        assert_eq!(of(RateClass::Expensive), expensive);
        assert_eq!(of(RateClass::Hook), ["POST /hooks/{token}"]);
        for route in ROUTES.iter() {
            let changes = route.method != Method::GET;
            let against = if changes { RateClass::Read } else { RateClass::Write };
            assert_ne!(route.class, against, "{} {}", route.method, route.path);
            let open = matches!(route.class, RateClass::Free | RateClass::SignIn | RateClass::Hook);
            assert_eq!(open, route.access == Access::Open, "{} {}", route.method, route.path);
        }
    }
}
