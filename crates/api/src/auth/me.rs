//! `GET` and `PATCH` of `/api/v1/auth/me`: who the caller is, and what they are called.

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::MeView;
use crate::{
    Problem,
    browser::Browser,
    extract::{Caller, Json},
    state::Edge,
};

/// What the caller changes of their own account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateMeBody {
    /// What they are called.
    name: String,
}

/// Who the caller is, and what they may do.
#[utoipa::path(get, path = "/api/v1/auth/me", tag = "auth",
    responses((status = 200, description = "The caller.", body = MeView)))]
#[tracing::instrument(name = "api.auth.me", skip_all)]
pub(crate) async fn me(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    browser: Browser,
) -> Result<Json<MeView>, Problem> {
    let me = edge.app().identity().me(&caller).await?;
    Ok(Json(MeView::of(me, browser.csrf())))
}

/// Gives the caller another name. The rest of an account is for owners to change.
#[utoipa::path(patch, path = "/api/v1/auth/me", tag = "auth", request_body = UpdateMeBody,
    responses((status = 200, description = "The caller as they are now.", body = MeView)))]
#[tracing::instrument(name = "api.auth.update_me", skip_all)]
pub(crate) async fn update_me(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    browser: Browser,
    Json(UpdateMeBody { name }): Json<UpdateMeBody>,
) -> Result<Json<MeView>, Problem> {
    let me = edge.app().identity().rename(&caller, &name).await?;
    Ok(Json(MeView::of(me, browser.csrf())))
}
