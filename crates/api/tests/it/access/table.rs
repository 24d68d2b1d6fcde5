//! The table: every route, who may use it, what it is about, and a request that works with its answer.
//!
//! A route without its row fails the tests, and so does a row without its route. Each row is method, path,
//! who may (a permission with the least role that is to have it), what the variable parts of the path
//! name, the status of the answer, and the body if there is one.

use gathering_domain::{Permission, Role};
use serde_json::json;

use super::row::{About, Row, Who};
use crate::support::{PASSWORD, echo};

macro_rules! who {
    (($permission:ident and Read: $least:ident)) => {
        Who::NeedsToRead(Permission::$permission, Role::$least)
    };
    (($permission:ident in person: $least:ident)) => {
        Who::NeedsSession(Permission::$permission, Role::$least)
    };
    ((Account unless $permission:ident)) => {
        Who::AccountUnless(Permission::$permission)
    };
    (($permission:ident: $least:ident)) => {
        Who::Needs(Permission::$permission, Role::$least)
    };
    (($who:ident)) => {
        Who::$who
    };
}

macro_rules! body {
    () => {
        None
    };
    ($($body:tt)+) => {
        Some(json!($($body)+))
    };
}

macro_rules! rows {
    ($([$method:ident $path:literal $who:tt $about:ident $answer:literal $($body:tt)*])*) => {
        /// All rows.
        pub(crate) fn table() -> Vec<Row> {
            vec![$(Row {
                method: stringify!($method),
                path: $path,
                who: who!($who),
                about: About::$about,
                answer: $answer,
                body: body!($($body)*),
            }),*]
        }
    };
}

rows! {
    [GET "/" (Page) Nothing 200]
    [GET "/style.css" (Page) Nothing 200]
    [GET "/api/openapi.json" (Page) Nothing 200]
    [GET "/api/errors" (Page) Nothing 200]
    [GET "/api/errors/{code}" (Page) PageName 200]
    [GET "/api/docs" (Page) Nothing 303]
    [GET "/api/docs/" (Page) Nothing 200]
    [GET "/api/docs/{*rest}" (Page) PageName 200]
    [GET "/metrics" (Scraper) Nothing 200]

    [GET "/healthz" (Open) Nothing 200]
    [GET "/readyz" (Open) Nothing 200]

    [POST "/api/v1/auth/setup" (Open) Nothing 422 {}]
    [POST "/api/v1/auth/login" (Open) Nothing 422 {}]
    [POST "/api/v1/auth/accept" (Open) Nothing 422 {}]
    [POST "/api/v1/auth/reset" (Open) Nothing 422 {}]
    [POST "/api/v1/auth/logout" (Account) Nothing 204]
    [GET "/api/v1/auth/me" (SignedIn) Nothing 200]
    [PATCH "/api/v1/auth/me" (Account) Nothing 200 { "name": "made_$n" }]
    [POST "/api/v1/auth/password" (Account) Nothing 200 { "current": PASSWORD, "new": PASSWORD }]
    [GET "/api/v1/auth/sessions" (Account) Nothing 200]
    [DELETE "/api/v1/auth/sessions" (Account) Nothing 204]
    [DELETE "/api/v1/auth/sessions/{session_id}" (Account) OwnSession 204]

    [GET "/api/v1/api-keys" (Account) Nothing 200]
    [POST "/api/v1/api-keys" (AccountHere) Nothing 201 { "name": "made_$n", "scopes": ["read"] }]
    [DELETE "/api/v1/api-keys/{key_id}" (Account unless UserWrite) OwnKey 204]

    [GET "/api/v1/users/{user_id}/sessions" (UserWrite: Owner) User 200]
    [DELETE "/api/v1/users/{user_id}/sessions" (UserWrite: Owner) User 204]
    [DELETE "/api/v1/users/{user_id}/sessions/{session_id}" (UserWrite: Owner) UserSession 204]
    [GET "/api/v1/users/{user_id}/api-keys" (UserWrite: Owner) User 200]

    [GET "/api/v1/users" (UserRead: Operator) Nothing 200]
    [GET "/api/v1/users/{user_id}" (UserRead: Operator) User 200]
    // A key may change a name, and deactivate.
    [PATCH "/api/v1/users/{user_id}" (UserWrite in person: Owner) User 200 { "role": "viewer" }]
    [POST "/api/v1/users/{user_id}/password-link" (UserWrite in person: Owner) User 201]

    [GET "/api/v1/invitations" (UserWrite: Owner) Nothing 200]
    [POST "/api/v1/invitations" (UserWrite in person: Owner) Nothing 201
        { "email": "made_$n@example.com", "role": "viewer" }]
    [DELETE "/api/v1/invitations/{invitation_id}" (UserWrite: Owner) Invitation 204]

    [GET "/api/v1/projects" (SignedIn) Nothing 200]
    [POST "/api/v1/projects" (ProjectWrite: Operator) Nothing 201 { "name": "made_$n" }]
    [GET "/api/v1/projects/{project_id}" (SignedIn) Project 200]
    [PATCH "/api/v1/projects/{project_id}" (ProjectWrite: Operator) EmptyProject 200
        { "name": "made_$n" }]
    [DELETE "/api/v1/projects/{project_id}" (ProjectWrite: Operator) EmptyProject 204]
    [GET "/api/v1/projects/{project_id}/members" (ProjectWrite: Operator) Project 200]
    [PUT "/api/v1/projects/{project_id}/members/{user_id}" (ProjectWrite: Operator) Guest 200
        { "role": "viewer" }]
    [DELETE "/api/v1/projects/{project_id}/members/{user_id}" (ProjectWrite: Operator) Member 204]

    [GET "/api/v1/providers" (Read: Viewer) List 200]
    [POST "/api/v1/providers" (ProviderWrite: Operator) Nothing 201
        { "name": "made_$n", "kind": "scripted" }]
    [GET "/api/v1/providers/{name}" (Read: Viewer) Provider 200]
    [PATCH "/api/v1/providers/{name}" (ProviderWrite and Read: Operator) Provider 200
        { "default_model": "big" }]
    [DELETE "/api/v1/providers/{name}" (ProviderWrite: Operator) Provider 204]
    [POST "/api/v1/providers/{name}/test" (ProviderWrite: Operator) Provider 200]
    [GET "/api/v1/providers/{name}/models" (Read: Viewer) Provider 200]

    [GET "/api/v1/secrets" (ProviderWrite: Operator) List 200]
    // One that is not there is made, in the project of whoever asks.
    [PUT "/api/v1/secrets/{name}" (ProviderWrite: Operator) NewName 200 { "value": "made_$n" }]
    [DELETE "/api/v1/secrets/{name}" (ProviderWrite: Operator) Secret 204]

    [GET "/api/v1/channels" (Read: Viewer) List 200]
    [POST "/api/v1/channels" (IntegrationWrite: Operator) Nothing 201
        { "name": "made_$n", "config": { "type": "webhook", "url": "https://example.com/n" } }]
    [GET "/api/v1/channels/{channel_id}" (Read: Viewer) Channel 200]
    [PATCH "/api/v1/channels/{channel_id}" (IntegrationWrite and Read: Operator) Channel 200
        { "name": "made_$n" }]
    [DELETE "/api/v1/channels/{channel_id}" (IntegrationWrite: Operator) Channel 204]
    [POST "/api/v1/channels/{channel_id}/test" (IntegrationWrite: Operator) Channel 200]

    [GET "/api/v1/webhooks" (Read: Viewer) List 200]
    [POST "/api/v1/webhooks" (IntegrationWrite: Operator) Nothing 201
        { "url": "https://example.com/made_$n", "events": ["run.*"] }]
    [GET "/api/v1/webhooks/{webhook_id}" (Read: Viewer) Webhook 200]
    [PATCH "/api/v1/webhooks/{webhook_id}" (IntegrationWrite and Read: Operator) Webhook 200
        { "description": "made_$n" }]
    [DELETE "/api/v1/webhooks/{webhook_id}" (IntegrationWrite: Operator) Webhook 204]
    [POST "/api/v1/webhooks/{webhook_id}/rotate" (IntegrationWrite: Operator) Webhook 200
        { "overlap": "24h" }]
    [POST "/api/v1/webhooks/{webhook_id}/test" (IntegrationWrite: Operator) Webhook 202]
    [GET "/api/v1/webhooks/{webhook_id}/deliveries" (Read: Viewer) Webhook 200]
    [POST "/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver"
        (IntegrationWrite: Operator) FailedDelivery 202]

    [GET "/api/v1/agents" (Read: Viewer) List 200]
    [POST "/api/v1/agents" (DefinitionWrite: Member) Nothing 201
        { "name": "made_$n", "model": "scripted/demo", "instructions": "Help." }]
    [GET "/api/v1/agents/{agent_id}" (Read: Viewer) Agent 200]
    [PUT "/api/v1/agents/{agent_id}" (DefinitionWrite: Member) Agent 200
        { "name": "made_$n", "model": "scripted/demo", "instructions": "Help." }]
    [PATCH "/api/v1/agents/{agent_id}" (DefinitionWrite and Read: Member) Agent 200
        { "instructions": "Help more." }]
    [DELETE "/api/v1/agents/{agent_id}" (DefinitionWrite: Member) Agent 204]
    [GET "/api/v1/agents/{agent_id}/versions" (Read: Viewer) Agent 200]
    [GET "/api/v1/agent-versions/{agent_version_id}" (Read: Viewer) AgentVersion 200]
    [POST "/api/v1/agents/{agent_id}/preview" (Read: Viewer) Agent 200 { "text": "Hello" }]
    [GET "/api/v1/agents/{agent_id}/threads" (Read: Viewer) NarrowedBy 200]
    [POST "/api/v1/agents/{agent_id}/threads" (RunStart: Member) Agent 201 { "title": "made_$n" }]

    [GET "/api/v1/threads" (Read: Viewer) Nothing 200]
    [GET "/api/v1/threads/{thread_id}" (Read: Viewer) Thread 200]
    [GET "/api/v1/threads/{thread_id}/messages" (Read: Viewer) Thread 200]
    [POST "/api/v1/threads/{thread_id}/messages" (RunStart and Read: Member) Thread 202
        { "text": "Hello" }]

    [GET "/api/v1/tools" (Read: Viewer) Nothing 200]
    [GET "/api/v1/tools/{name}" (Read: Viewer) Tool 200]
    [POST "/api/v1/tools/{name}/invoke" (ToolInvoke: Member) Tool 200
        { "arguments": { "text": "Hello" } }]

    [GET "/api/v1/node-types" (Read: Viewer) Nothing 200]
    [GET "/api/v1/provider-kinds" (Read: Viewer) Nothing 200]
    [GET "/api/v1/search" (Read: Viewer) Nothing 400]
    [GET "/api/v1/usage" (Read: Viewer) Nothing 400]
    [GET "/api/v1/pipelines" (Read: Viewer) List 200]
    [POST "/api/v1/pipelines" (DefinitionWrite: Member) Nothing 201 echo("made_$n")]
    [POST "/api/v1/pipelines/validate" (Read: Viewer) Nothing 200 echo("made_$n")]
    [GET "/api/v1/pipelines/{pipeline_id}" (Read: Viewer) Pipeline 200]
    [PUT "/api/v1/pipelines/{pipeline_id}" (DefinitionWrite: Member) Pipeline 200 echo("made_$n")]
    [PATCH "/api/v1/pipelines/{pipeline_id}" (DefinitionWrite and Read: Member) Pipeline 200
        { "name": "made_$n" }]
    [DELETE "/api/v1/pipelines/{pipeline_id}" (DefinitionWrite: Member) Pipeline 204]
    [GET "/api/v1/pipelines/{pipeline_id}/export" (Read: Viewer) Pipeline 200]
    [GET "/api/v1/pipelines/{pipeline_id}/versions" (Read: Viewer) Pipeline 200]
    [GET "/api/v1/pipeline-versions/{pipeline_version_id}" (Read: Viewer) PipelineVersion 200]
    [POST "/api/v1/pipelines/{pipeline_id}/runs" (RunStart: Member) Pipeline 202
        { "input": { "n": 1 } }]

    [GET "/api/v1/schedules" (Read: Viewer) List 200]
    [POST "/api/v1/schedules" (DefinitionWrite: Member) Nothing 201
        { "name": "made_$n", "timing": { "type": "interval", "every": "1h" },
          "action": { "type": "action", "config": { "kind": "emit_event", "subject": "hours.begun" } } }]
    [POST "/api/v1/schedules/preview" (Read: Viewer) Nothing 200
        { "timing": { "type": "interval", "every": "1h" } }]
    [GET "/api/v1/schedules/{schedule_id}" (Read: Viewer) Schedule 200]
    [PATCH "/api/v1/schedules/{schedule_id}" (DefinitionWrite and Read: Member) Schedule 200
        { "name": "made_$n" }]
    [DELETE "/api/v1/schedules/{schedule_id}" (DefinitionWrite: Member) Schedule 204]
    [POST "/api/v1/schedules/{schedule_id}/pause" (RunStart: Member) Schedule 200]
    [POST "/api/v1/schedules/{schedule_id}/resume" (RunStart: Member) Schedule 200]
    [POST "/api/v1/schedules/{schedule_id}/trigger" (RunStart: Member) Schedule 200]
    [GET "/api/v1/schedules/{schedule_id}/preview" (Read: Viewer) Schedule 200]
    [GET "/api/v1/schedules/{schedule_id}/fires" (Read: Viewer) Schedule 200]

    [GET "/api/v1/hooks" (Read: Viewer) List 200]
    [POST "/api/v1/hooks" (DefinitionWrite: Member) Pipeline 201
        { "name": "made_$n", "starts": { "type": "pipeline", "pipeline_id": "{pipeline_id}" } }]
    [GET "/api/v1/hooks/{hook_id}" (Read: Viewer) Hook 200]
    [PATCH "/api/v1/hooks/{hook_id}" (DefinitionWrite and Read: Member) Hook 200
        { "name": "made_$n" }]
    [DELETE "/api/v1/hooks/{hook_id}" (DefinitionWrite: Member) Hook 204]
    [POST "/api/v1/hooks/{hook_id}/pause" (RunStart: Member) Hook 200]
    [POST "/api/v1/hooks/{hook_id}/resume" (RunStart: Member) Hook 200]
    [POST "/api/v1/hooks/{hook_id}/rotate" (DefinitionWrite: Member) Hook 200]
    [GET "/api/v1/hooks/{hook_id}/deliveries" (Read: Viewer) Hook 200]
    // Whoever has the address needs nothing else.
    [POST "/hooks/{token}" (Open) HookAddress 404 {}]

    [GET "/api/v1/triggers" (Read: Viewer) List 200]
    [POST "/api/v1/triggers" (DefinitionWrite: Member) Pipeline 201
        { "name": "made_$n", "subjects": ["run.failed"],
          "starts": { "type": "pipeline", "pipeline_id": "{pipeline_id}" } }]
    [GET "/api/v1/triggers/{trigger_id}" (Read: Viewer) Trigger 200]
    [PATCH "/api/v1/triggers/{trigger_id}" (DefinitionWrite and Read: Member) Trigger 200
        { "name": "made_$n" }]
    [DELETE "/api/v1/triggers/{trigger_id}" (DefinitionWrite: Member) Trigger 204]
    [POST "/api/v1/triggers/{trigger_id}/pause" (RunStart: Member) Trigger 200]
    [POST "/api/v1/triggers/{trigger_id}/resume" (RunStart: Member) Trigger 200]
    [GET "/api/v1/triggers/{trigger_id}/firings" (Read: Viewer) Trigger 200]

    [GET "/api/v1/runs" (Read: Viewer) List 200]
    // With a definition that comes along it takes `definition_write` as well.
    [POST "/api/v1/runs" (RunStart: Member) Pipeline 202
        { "what": { "type": "pipeline", "pipeline_id": "{pipeline_id}" }, "input": { "n": 1 } }]
    [GET "/api/v1/runs/{run_id}" (Read: Viewer) Run 200]
    [GET "/api/v1/runs/{run_id}/nodes" (Read: Viewer) Run 200]
    [GET "/api/v1/runs/{run_id}/nodes/{node_id}" (Read: Viewer) Run 200]
    [GET "/api/v1/runs/{run_id}/journal" (Read: Viewer) Run 200]
    [GET "/api/v1/runs/{run_id}/approvals" (Read: Viewer) Run 200]
    [GET "/api/v1/runs/{run_id}/events" (Read: Viewer) Run 200]
    [POST "/api/v1/runs/{run_id}/cancel" (RunStart: Member) Run 202 { "reason": "enough" }]
    [POST "/api/v1/runs/{run_id}/budget" (RunStart: Member) BudgetedRun 202
        { "cost_micro_usd": 1_250_000 }]
    [POST "/api/v1/runs/{run_id}/retry" (RunStart: Member) FailedRun 202]
    [POST "/api/v1/runs/{run_id}/signal" (RunStart: Member) WaitingRun 204 { "name": "paid" }]
    [POST "/api/v1/runs/{run_id}/settle" (ApprovalDecide: Member) UnsureRun 204
        { "key": "node:onlyhere", "verdict": { "type": "not_done" } }]
    [GET "/api/v1/unknown-outcomes" (Read: Viewer) List 200]

    [GET "/api/v1/approvals" (Read: Viewer) List 200]
    [GET "/api/v1/approvals/{approval_id}" (Read: Viewer) Approval 200]
    [POST "/api/v1/approvals/{approval_id}/decide" (ApprovalDecide: Member) Approval 200
        { "answer": "rejected" }]

    [GET "/api/v1/artifacts" (Read: Viewer) List 200]
    [GET "/api/v1/artifacts/{artifact_id}" (Read: Viewer) Artifact 200]
    [GET "/api/v1/artifacts/{artifact_id}/content" (Read: Viewer) Artifact 200]

    [GET "/api/v1/ws" (Read: Viewer) Nothing 101]
    [GET "/api/v1/events" (Read: Viewer) Nothing 200]

    [GET "/api/v1/audit" (AuditRead: Operator) Nothing 200]
    [POST "/api/v1/audit/verify" (AuditRead: Operator) Nothing 200]
    [GET "/api/v1/audit/export" (AuditRead: Operator) Nothing 200]

    [GET "/api/v1/system/info" (Read: Viewer) Nothing 200]
    [GET "/api/v1/system/instances" (SystemRead: Operator) Nothing 200]
    [GET "/api/v1/system/breakers" (SystemRead: Operator) Nothing 200]
}
