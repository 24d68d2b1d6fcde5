//! `GET /api/v1/approvals`, `…/{approval_id}` and `/api/v1/runs/{run_id}/approvals`.

use axum::extract::State;
use gathering_app::{
    PageRequest,
    approvals::{ApprovalFilter, ApprovalStatus},
};
use gathering_domain::{ApprovalId, RunId};

use super::{query::ApprovalsQuery, view::ApprovalView};
use crate::{
    Problem,
    extract::{Caller, Json, Path, Query},
    state::Edge,
    views::PageView,
};

/// Approvals in one status, the latest first: the inbox, if none is given.
#[utoipa::path(get, path = "/api/v1/approvals", tag = "approvals", params(ApprovalsQuery),
    responses((status = 200, description = "A page.", body = PageView<ApprovalView>)))]
#[tracing::instrument(name = "api.approvals.list", skip_all)]
pub(crate) async fn list_approvals(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Query(query): Query<ApprovalsQuery>,
) -> Result<Json<PageView<ApprovalView>>, Problem> {
    let ApprovalsQuery { limit, cursor, status, may_decide } = query;
    let status = status.map_or(ApprovalStatus::Open, ApprovalStatus::from);
    let filter = ApprovalFilter { status, may_decide: may_decide.unwrap_or(false) };
    let page = PageRequest { limit, cursor };
    Ok(Json(edge.app().approvals().list(&caller, filter, page).await?.into()))
}

/// One approval.
#[utoipa::path(get, path = "/api/v1/approvals/{approval_id}", tag = "approvals",
    params(("approval_id" = String, Path)),
    responses((status = 200, description = "The approval.", body = ApprovalView)))]
#[tracing::instrument(name = "api.approvals.get", skip_all, fields(approval.id = %approval_id))]
pub(crate) async fn get_approval(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(approval_id): Path<ApprovalId>,
) -> Result<Json<ApprovalView>, Problem> {
    Ok(Json(edge.app().approvals().get(&caller, approval_id).await?.into()))
}

/// What a run asks and asked, the first one first, in one page.
#[utoipa::path(get, path = "/api/v1/runs/{run_id}/approvals", tag = "approvals",
    params(("run_id" = String, Path)),
    responses((status = 200, description = "All of them.", body = PageView<ApprovalView>)))]
#[tracing::instrument(name = "api.runs.approvals", skip_all, fields(run.id = %run_id))]
pub(crate) async fn list_run_approvals(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(run_id): Path<RunId>,
) -> Result<Json<PageView<ApprovalView>>, Problem> {
    let approvals = edge.app().approvals().of_run(&caller, run_id).await?;
    Ok(Json(PageView::whole(approvals.into_iter().map(ApprovalView::from).collect())))
}
