//! `GET /api/v1/tools` and `…/{name}`: which tools there are, with their schemas.

use axum::extract::State;

use super::view::ToolView;
use crate::{
    Problem,
    extract::{Caller, Json, Path},
    state::Edge,
    views::PageView,
};

/// Every tool, in the order of their names, in one page.
#[utoipa::path(get, path = "/api/v1/tools", tag = "tools",
    responses((status = 200, description = "All of them.", body = PageView<ToolView>)))]
#[tracing::instrument(name = "api.tools.list", skip_all)]
pub(crate) async fn list_tools(
    State(edge): State<Edge>,
    Caller(caller): Caller,
) -> Result<Json<PageView<ToolView>>, Problem> {
    let tools = edge.app().tools().list(&caller)?;
    Ok(Json(PageView::whole(tools.into_iter().map(ToolView::from).collect())))
}

/// One tool, with its schemas.
#[utoipa::path(get, path = "/api/v1/tools/{name}", tag = "tools",
    params(("name" = String, Path)),
    responses((status = 200, description = "The tool.", body = ToolView)))]
#[tracing::instrument(name = "api.tools.get", skip_all)]
pub(crate) async fn get_tool(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(name): Path<String>,
) -> Result<Json<ToolView>, Problem> {
    Ok(Json(edge.app().tools().get(&caller, &name)?.into()))
}
