//! `GET /api/v1/search`: what has such a name.

mod view;

use axum::extract::State;

use self::view::{FoundView, SearchQuery};
use crate::{
    Problem,
    extract::{Caller, Json, Query},
    state::Edge,
    views::PageView,
};

/// What the project holds under such a name, the best first, in one page. The latest 2,000 of each kind
/// are looked through; of threads those of the caller.
#[utoipa::path(get, path = "/api/v1/search", tag = "search", params(SearchQuery),
    responses((status = 200, description = "What was found.", body = PageView<FoundView>)))]
#[tracing::instrument(name = "api.search", skip_all)]
pub(crate) async fn search(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Query(query): Query<SearchQuery>,
) -> Result<Json<PageView<FoundView>>, Problem> {
    let SearchQuery { q, limit } = query;
    let found = edge.app().search().names(&caller, &q, limit).await?;
    Ok(Json(PageView::whole(found.into_iter().map(FoundView::from).collect())))
}
