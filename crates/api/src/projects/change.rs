//! `POST`, `PATCH` and `DELETE` of `/api/v1/projects`: make, change and close projects.

use axum::extract::State;
use gathering_app::projects::UpdateProject;
use gathering_domain::ProjectId;
use http::StatusCode;

use super::view::{ProjectBody, ProjectView, UpdateProjectBody};
use crate::{
    Problem,
    extract::{Caller, IdempotencyKey, IfMatch, Json, Path},
    state::Edge,
    versioned::{Created, Versioned},
};

/// Makes a project.
#[utoipa::path(post, path = "/api/v1/projects", tag = "projects",
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = ProjectBody,
    responses((status = 201, description = "The project.", body = ProjectView)))]
#[tracing::instrument(name = "api.projects.create", skip_all)]
pub(crate) async fn create_project(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    IdempotencyKey(key): IdempotencyKey,
    Json(ProjectBody { name }): Json<ProjectBody>,
) -> Result<Created<ProjectView>, Problem> {
    let project = edge.app().projects().create(&caller, &name, key).await?;
    let (location, version) = (format!("/api/v1/projects/{}", project.id), project.version);
    Ok(Created { location, version, view: project.into() })
}

/// Changes a project. Another list of hosts, and other quotas, hold on every instance within a second.
#[utoipa::path(patch, path = "/api/v1/projects/{project_id}", tag = "projects",
    params(("project_id" = String, Path), ("If-Match" = String, Header)),
    request_body = UpdateProjectBody,
    responses((status = 200, description = "The project as it is now.", body = ProjectView)))]
#[tracing::instrument(name = "api.projects.update", skip_all, fields(project.id = %project_id))]
pub(crate) async fn update_project(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(project_id): Path<ProjectId>,
    IfMatch(version): IfMatch,
    Json(UpdateProjectBody { name, egress_hosts, quotas }): Json<UpdateProjectBody>,
) -> Result<Versioned<ProjectView>, Problem> {
    let quotas = quotas.unwrap_or_default().into();
    let command = UpdateProject { name, egress_hosts, quotas };
    let project = edge.app().projects().update(&caller, project_id, command, version).await?;
    let used = edge.app().projects().used(&caller, project_id).await?;
    Ok(Versioned(project.version, ProjectView::from(project).with_use(used)))
}

/// Closes a project in which nothing runs: nobody acts in it any more, and what it holds stays.
#[utoipa::path(delete, path = "/api/v1/projects/{project_id}", tag = "projects",
    params(("project_id" = String, Path)),
    responses((status = 204, description = "It is closed.")))]
#[tracing::instrument(name = "api.projects.close", skip_all, fields(project.id = %project_id))]
pub(crate) async fn close_project(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(project_id): Path<ProjectId>,
) -> Result<StatusCode, Problem> {
    edge.app().projects().close(&caller, project_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
