//! `/api/v1/projects/{project_id}/members`: who belongs to a project.

use axum::extract::State;
use gathering_app::projects::PutMember;
use gathering_domain::{ProjectId, UserId};
use http::StatusCode;

use super::view::{MemberView, PutMemberBody};
use crate::{
    Problem,
    extract::{Caller, Json, PageQuery, Path, Query},
    state::Edge,
    views::PageView,
};

/// The members of a project. Owners and operators act in it without being members.
#[utoipa::path(get, path = "/api/v1/projects/{project_id}/members", tag = "projects",
    params(("project_id" = String, Path), PageQuery),
    responses((status = 200, description = "A page.", body = PageView<MemberView>)))]
#[tracing::instrument(name = "api.projects.members", skip_all, fields(project.id = %project_id))]
pub(crate) async fn list_members(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(project_id): Path<ProjectId>,
    Query(page): Query<PageQuery>,
) -> Result<Json<PageView<MemberView>>, Problem> {
    Ok(Json(edge.app().projects().members(&caller, project_id, page.into()).await?.into()))
}

/// Makes a user a member, or gives a member another role. Never gives more than their role on the server.
#[utoipa::path(put, path = "/api/v1/projects/{project_id}/members/{user_id}", tag = "projects",
    params(("project_id" = String, Path), ("user_id" = String, Path)),
    request_body = PutMemberBody,
    responses((status = 200, description = "The member.", body = MemberView)))]
#[tracing::instrument(name = "api.projects.put_member", skip_all, fields(project.id = %project_id))]
pub(crate) async fn put_member(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path((project_id, user_id)): Path<(ProjectId, UserId)>,
    Json(PutMemberBody { role }): Json<PutMemberBody>,
) -> Result<Json<MemberView>, Problem> {
    let command = PutMember { project_id, user_id, role: role.into() };
    Ok(Json(edge.app().projects().put_member(&caller, command).await?.into()))
}

/// Takes a member out of a project.
#[utoipa::path(delete, path = "/api/v1/projects/{project_id}/members/{user_id}", tag = "projects",
    params(("project_id" = String, Path), ("user_id" = String, Path)),
    responses((status = 204, description = "They are no member any more.")))]
#[tracing::instrument(name = "api.projects.delete_member", skip_all,
    fields(project.id = %project_id))]
pub(crate) async fn delete_member(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path((project_id, user_id)): Path<(ProjectId, UserId)>,
) -> Result<StatusCode, Problem> {
    edge.app().projects().delete_member(&caller, project_id, user_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
