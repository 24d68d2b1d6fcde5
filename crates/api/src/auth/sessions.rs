//! `/api/v1/auth/sessions` and `/api/v1/users/{user_id}/sessions`: see and end sessions.

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use gathering_domain::{SessionId, UserId};
use http::StatusCode;

use super::view::SessionView;
use crate::{
    Problem,
    browser::Browser,
    extract::{Caller, Json, PageQuery, Path, Query},
    state::Edge,
    views::PageView,
};

/// The caller's open sessions, in the order in which they were opened.
#[utoipa::path(get, path = "/api/v1/auth/sessions", tag = "auth", params(PageQuery),
    responses((status = 200, description = "A page.", body = PageView<SessionView>)))]
#[tracing::instrument(name = "api.auth.sessions.list", skip_all)]
pub(crate) async fn list_sessions(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<PageView<SessionView>>, Problem> {
    Ok(Json(edge.app().sessions().list(&caller, page.into()).await?.into()))
}

/// Ends all of the caller's sessions but the one by which they came.
#[utoipa::path(delete, path = "/api/v1/auth/sessions", tag = "auth",
    responses((status = 204, description = "They have ended.")))]
#[tracing::instrument(name = "api.auth.sessions.revoke_others", skip_all)]
pub(crate) async fn revoke_other_sessions(
    State(edge): State<Edge>,
    Caller(caller): Caller,
) -> Result<StatusCode, Problem> {
    edge.app().sessions().revoke_others(&caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends one of the caller's sessions.
#[utoipa::path(delete, path = "/api/v1/auth/sessions/{session_id}", tag = "auth",
    params(("session_id" = String, Path)),
    responses((status = 204, description = "It has ended.")))]
#[tracing::instrument(name = "api.auth.sessions.revoke", skip_all)]
pub(crate) async fn revoke_session(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    browser: Browser,
    Path(session_id): Path<SessionId>,
) -> Result<Response, Problem> {
    edge.app().sessions().revoke(&caller, session_id).await?;
    let own = caller.session() == Some(session_id);
    Ok(if own { browser.ended() } else { StatusCode::NO_CONTENT.into_response() })
}

/// The open sessions of a user.
#[utoipa::path(get, path = "/api/v1/users/{user_id}/sessions", tag = "auth",
    params(("user_id" = String, Path), PageQuery),
    responses((status = 200, description = "A page.", body = PageView<SessionView>)))]
#[tracing::instrument(name = "api.users.sessions.list", skip_all, fields(user.id = %user_id))]
pub(crate) async fn list_user_sessions(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(user_id): Path<UserId>,
    Query(page): Query<PageQuery>,
) -> Result<Json<PageView<SessionView>>, Problem> {
    Ok(Json(edge.app().sessions().list_of(&caller, user_id, page.into()).await?.into()))
}

/// Ends all sessions of a user.
#[utoipa::path(delete, path = "/api/v1/users/{user_id}/sessions", tag = "auth",
    params(("user_id" = String, Path)),
    responses((status = 204, description = "They have ended.")))]
#[tracing::instrument(name = "api.users.sessions.revoke_all", skip_all, fields(user.id = %user_id))]
pub(crate) async fn revoke_user_sessions(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(user_id): Path<UserId>,
) -> Result<StatusCode, Problem> {
    edge.app().sessions().revoke_all_of(&caller, user_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends a session of a user.
#[utoipa::path(delete, path = "/api/v1/users/{user_id}/sessions/{session_id}", tag = "auth",
    params(("user_id" = String, Path), ("session_id" = String, Path)),
    responses((status = 204, description = "It has ended.")))]
#[tracing::instrument(name = "api.users.sessions.revoke", skip_all, fields(user.id = %user_id))]
pub(crate) async fn revoke_user_session(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path((user_id, session_id)): Path<(UserId, SessionId)>,
) -> Result<StatusCode, Problem> {
    edge.app().sessions().revoke_of(&caller, user_id, session_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
