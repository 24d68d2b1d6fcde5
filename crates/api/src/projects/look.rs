//! `GET /api/v1/projects` and `…/{project_id}`: look at projects.

use axum::extract::State;
use gathering_domain::ProjectId;

use super::view::ProjectView;
use crate::{
    Problem,
    extract::{Caller, Json, PageQuery, Path, Query},
    state::Edge,
    versioned::Versioned,
    views::PageView,
};

/// The projects in which the caller may act, in the order in which they were made. An API key acts in its
/// own alone.
#[utoipa::path(get, path = "/api/v1/projects", tag = "projects", params(PageQuery),
    responses((status = 200, description = "A page.", body = PageView<ProjectView>)))]
#[tracing::instrument(name = "api.projects.list", skip_all)]
pub(crate) async fn list_projects(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<PageView<ProjectView>>, Problem> {
    Ok(Json(edge.app().projects().list(&caller, page.into()).await?.into()))
}

/// One project in which the caller may act. Whoever changes projects sees closed ones as well.
#[utoipa::path(get, path = "/api/v1/projects/{project_id}", tag = "projects",
    params(("project_id" = String, Path)),
    responses((status = 200, description = "The project; its version is the `ETag`.",
        body = ProjectView)))]
#[tracing::instrument(name = "api.projects.get", skip_all, fields(project.id = %project_id))]
pub(crate) async fn get_project(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(project_id): Path<ProjectId>,
) -> Result<Versioned<ProjectView>, Problem> {
    let project = edge.app().projects().get(&caller, project_id).await?;
    let used = edge.app().projects().used(&caller, project_id).await?;
    Ok(Versioned(project.version, ProjectView::from(project).with_use(used)))
}
