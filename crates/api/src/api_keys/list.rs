//! `GET /api/v1/api-keys` and `GET /api/v1/users/{user_id}/api-keys`: which keys there are.

use axum::extract::State;
use gathering_domain::UserId;

use super::view::ApiKeyView;
use crate::{
    Problem,
    extract::{Caller, Json, PageQuery, Path, Query},
    state::Edge,
    views::PageView,
};

/// The caller's API keys, in the order in which they were made. One that has expired is shown for 30 days
/// more.
#[utoipa::path(get, path = "/api/v1/api-keys", tag = "api-keys", params(PageQuery),
    responses((status = 200, description = "A page.", body = PageView<ApiKeyView>)))]
#[tracing::instrument(name = "api.api_keys.list", skip_all)]
pub(crate) async fn list_api_keys(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<PageView<ApiKeyView>>, Problem> {
    Ok(Json(edge.app().api_keys().list(&caller, page.into()).await?.into()))
}

/// The API keys of a user.
#[utoipa::path(get, path = "/api/v1/users/{user_id}/api-keys", tag = "api-keys",
    params(("user_id" = String, Path), PageQuery),
    responses((status = 200, description = "A page.", body = PageView<ApiKeyView>)))]
#[tracing::instrument(name = "api.users.api_keys.list", skip_all, fields(user.id = %user_id))]
pub(crate) async fn list_user_api_keys(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(user_id): Path<UserId>,
    Query(page): Query<PageQuery>,
) -> Result<Json<PageView<ApiKeyView>>, Problem> {
    Ok(Json(edge.app().api_keys().list_of(&caller, user_id, page.into()).await?.into()))
}
