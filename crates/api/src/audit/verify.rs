//! `POST /api/v1/audit/verify`: whether the stored trail is what it was.

use axum::extract::State;

use super::view::{ReportView, VerifyQuery};
use crate::{
    Problem,
    extract::{Caller, Json, Query},
    state::Edge,
};

/// Verifies every entry and every signature that is stored, and that nothing is gone that this instance has
/// written: one request at a time on each instance. A fault is no failure of the request. Who does not trust
/// the server verifies an export elsewhere.
#[utoipa::path(post, path = "/api/v1/audit/verify", tag = "audit", params(VerifyQuery),
    responses((status = 200, description = "What was found.", body = ReportView)))]
#[tracing::instrument(name = "api.audit.verify", skip_all)]
pub(crate) async fn verify_audit(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Query(query): Query<VerifyQuery>,
) -> Result<Json<ReportView>, Problem> {
    Ok(Json(edge.app().audit().verify(&caller, query.trust()?).await?.into()))
}
