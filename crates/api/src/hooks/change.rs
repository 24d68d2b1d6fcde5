//! `POST`, `PATCH` and `DELETE` of `/api/v1/hooks`: make, change, pause, resume, rotate and remove.

use axum::extract::State;
use gathering_domain::HookId;
use http::StatusCode;
use serde_json::{Map, Value};

use super::view::{CreateHookBody, HookView, HookWithTokenView};
use crate::{
    Problem,
    decode::from_value,
    extract::{Caller, IdempotencyKey, IfMatch, Json, Path},
    merge_patch::merge,
    starting::forget_other_types,
    state::Edge,
    versioned::{Created, Versioned},
};

/// Makes a hook. Its address is told once: nobody can ask for it again, but a hook can be given another one.
/// It acts for whoever made it, with the rights that they have at the time.
#[utoipa::path(post, path = "/api/v1/hooks", tag = "hooks",
    params(("Idempotency-Key" = Option<String>, Header)), request_body = CreateHookBody,
    responses((status = 201, description = "The hook.", body = HookWithTokenView)))]
#[tracing::instrument(name = "api.hooks.create", skip_all)]
pub(crate) async fn create_hook(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<CreateHookBody>,
) -> Result<Created<HookWithTokenView>, Problem> {
    let made = edge.app().hooks().create(&caller, body.into(), key).await?;
    let (location, version) = (format!("/api/v1/hooks/{}", made.hook.id), made.hook.version);
    Ok(Created { location, version, view: made.into() })
}

/// Changes a hook: members of the body take the place of its own, `null` removes one. From then on it acts
/// for whoever changed it. Its address stays.
#[utoipa::path(patch, path = "/api/v1/hooks/{hook_id}", tag = "hooks",
    params(("hook_id" = String, Path), ("If-Match" = String, Header)),
    request_body(content = Object, description = "Members as for `POST`, each optional."),
    responses((status = 200, description = "The hook as it is now.", body = HookView)))]
#[tracing::instrument(name = "api.hooks.update", skip_all, fields(hook.id = %hook_id))]
pub(crate) async fn update_hook(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(hook_id): Path<HookId>,
    IfMatch(version): IfMatch,
    Json(patch): Json<Map<String, Value>>,
) -> Result<Versioned<HookView>, Problem> {
    let hooks = edge.app().hooks();
    let mut document = HookView::from(hooks.get(&caller, hook_id).await?).written();
    forget_other_types(&mut document, &patch);
    merge(&mut document, patch.into());
    let body: CreateHookBody = from_value(document)?;
    let changed = hooks.update(&caller, hook_id, body.into(), version).await?;
    Ok(Versioned(changed.version, changed.into()))
}

/// Pauses a hook, at once on every instance: its senders are told so.
#[utoipa::path(post, path = "/api/v1/hooks/{hook_id}/pause", tag = "hooks",
    params(("hook_id" = String, Path)),
    responses((status = 200, description = "The hook as it is now.", body = HookView)))]
#[tracing::instrument(name = "api.hooks.pause", skip_all, fields(hook.id = %hook_id))]
pub(crate) async fn pause_hook(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(hook_id): Path<HookId>,
) -> Result<Versioned<HookView>, Problem> {
    let paused = edge.app().hooks().pause(&caller, hook_id).await?;
    Ok(Versioned(paused.version, paused.into()))
}

/// Lets a hook take requests again.
#[utoipa::path(post, path = "/api/v1/hooks/{hook_id}/resume", tag = "hooks",
    params(("hook_id" = String, Path)),
    responses((status = 200, description = "The hook as it is now.", body = HookView)))]
#[tracing::instrument(name = "api.hooks.resume", skip_all, fields(hook.id = %hook_id))]
pub(crate) async fn resume_hook(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(hook_id): Path<HookId>,
) -> Result<Versioned<HookView>, Problem> {
    let resumed = edge.app().hooks().resume(&caller, hook_id).await?;
    Ok(Versioned(resumed.version, resumed.into()))
}

/// Gives a hook another address, which is told once. The one before is nobody's from then on.
#[utoipa::path(post, path = "/api/v1/hooks/{hook_id}/rotate", tag = "hooks",
    params(("hook_id" = String, Path)),
    responses((status = 200, description = "The hook with its address.", body = HookWithTokenView)))]
#[tracing::instrument(name = "api.hooks.rotate", skip_all, fields(hook.id = %hook_id))]
pub(crate) async fn rotate_hook(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(hook_id): Path<HookId>,
) -> Result<Versioned<HookWithTokenView>, Problem> {
    let rotated = edge.app().hooks().rotate(&caller, hook_id).await?;
    Ok(Versioned(rotated.hook.version, rotated.into()))
}

/// Removes a hook, with what is kept of its requests. Runs that it started go on.
#[utoipa::path(delete, path = "/api/v1/hooks/{hook_id}", tag = "hooks",
    params(("hook_id" = String, Path)),
    responses((status = 204, description = "It is gone.")))]
#[tracing::instrument(name = "api.hooks.delete", skip_all, fields(hook.id = %hook_id))]
pub(crate) async fn delete_hook(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(hook_id): Path<HookId>,
) -> Result<StatusCode, Problem> {
    edge.app().hooks().delete(&caller, hook_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
