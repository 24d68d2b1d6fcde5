//! `PATCH /api/v1/users/{user_id}`: name, role, and the right to sign in.

use axum::extract::State;
use gathering_app::identity::UpdateUser;
use gathering_domain::UserId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    Problem,
    auth::UserView,
    extract::{Caller, IfMatch, Json, Path},
    state::Edge,
    versioned::Versioned,
    views::RoleWord,
};

/// What is changed of a user; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateUserBody {
    /// What they are called.
    name: Option<String>,
    /// Their role on the server.
    role: Option<RoleWord>,
    /// Whether they may sign in.
    active: Option<bool>,
}

/// Changes a user. Another role, or to be deactivated, ends all of their sessions. There is no way to
/// remove a user: runs and the audit trail name them.
#[utoipa::path(patch, path = "/api/v1/users/{user_id}", tag = "users",
    params(("user_id" = String, Path), ("If-Match" = String, Header)),
    request_body = UpdateUserBody,
    responses((status = 200, description = "The user as they are now.", body = UserView)))]
#[tracing::instrument(name = "api.users.update", skip_all, fields(user.id = %user_id))]
pub(crate) async fn update_user(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(user_id): Path<UserId>,
    IfMatch(version): IfMatch,
    Json(UpdateUserBody { name, role, active }): Json<UpdateUserBody>,
) -> Result<Versioned<UserView>, Problem> {
    let command = UpdateUser { name, role: role.map(Into::into), active };
    let user = edge.app().users().update(&caller, user_id, command, version).await?;
    Ok(Versioned(user.version, user.into()))
}
