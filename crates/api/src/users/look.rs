//! `GET /api/v1/users` and `…/{user_id}`: look at people.

use axum::extract::State;
use gathering_domain::UserId;

use crate::{
    Problem,
    auth::UserView,
    extract::{Caller, Json, PageQuery, Path, Query},
    state::Edge,
    versioned::Versioned,
    views::PageView,
};

/// Users, in the order in which they were made, deactivated ones included.
#[utoipa::path(get, path = "/api/v1/users", tag = "users", params(PageQuery),
    responses((status = 200, description = "A page.", body = PageView<UserView>)))]
#[tracing::instrument(name = "api.users.list", skip_all)]
pub(crate) async fn list_users(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<PageView<UserView>>, Problem> {
    Ok(Json(edge.app().users().list(&caller, page.into()).await?.into()))
}

/// One user.
#[utoipa::path(get, path = "/api/v1/users/{user_id}", tag = "users",
    params(("user_id" = String, Path)),
    responses((status = 200, description = "The user; their version is the `ETag`.",
        body = UserView)))]
#[tracing::instrument(name = "api.users.get", skip_all, fields(user.id = %user_id))]
pub(crate) async fn get_user(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(user_id): Path<UserId>,
) -> Result<Versioned<UserView>, Problem> {
    let user = edge.app().users().get(&caller, user_id).await?;
    Ok(Versioned(user.version, user.into()))
}
