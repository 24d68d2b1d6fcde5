//! `GET /api/v1/audit`: the trail, the latest first.

use axum::extract::State;
use gathering_app::PageRequest;

use super::view::{AuditQuery, EntryView};
use crate::{
    Problem,
    extract::{Caller, Json, Query},
    state::Edge,
    views::PageView,
};

/// Who did what, the latest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(AuditQuery),
    responses((status = 200, description = "A page.", body = PageView<EntryView>)))]
#[tracing::instrument(name = "api.audit.list", skip_all)]
pub(crate) async fn list_audit(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Query(query): Query<AuditQuery>,
) -> Result<Json<PageView<EntryView>>, Problem> {
    let filter = query.filter()?;
    let page = PageRequest { limit: query.limit, cursor: query.cursor };
    Ok(Json(edge.app().audit().list(&caller, filter, page).await?.into()))
}
