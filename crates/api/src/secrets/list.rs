//! `GET /api/v1/secrets`: which secrets there are.

use axum::extract::State;

use super::view::SecretView;
use crate::{
    Problem,
    extract::{Caller, Json, PageQuery, Query},
    state::Edge,
    views::PageView,
};

/// Secrets, in the order of their names, without their values.
#[utoipa::path(get, path = "/api/v1/secrets", tag = "secrets", params(PageQuery),
    responses((status = 200, description = "A page.", body = PageView<SecretView>)))]
#[tracing::instrument(name = "api.secrets.list", skip_all)]
pub(crate) async fn list_secrets(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<PageView<SecretView>>, Problem> {
    Ok(Json(edge.app().secrets().list(&caller, page.into()).await?.into()))
}
