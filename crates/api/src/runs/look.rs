//! `GET /api/v1/runs` and `…/{run_id}`: look at runs.

use axum::extract::State;
use gathering_app::{PageRequest, runs::RunFilter};
use gathering_domain::RunId;

use super::{
    query::RunsQuery,
    view::{RunSummaryView, RunView},
};
use crate::{
    Problem,
    extract::{Caller, Json, Path, Query},
    state::Edge,
    views::PageView,
};

/// Runs, the latest first.
#[utoipa::path(get, path = "/api/v1/runs", tag = "runs", params(RunsQuery),
    responses((status = 200, description = "A page.", body = PageView<RunSummaryView>)))]
#[tracing::instrument(name = "api.runs.list", skip_all)]
pub(crate) async fn list_runs(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Query(query): Query<RunsQuery>,
) -> Result<Json<PageView<RunSummaryView>>, Problem> {
    let RunsQuery { limit, cursor, status, pipeline_id, agent_id, children, deliveries } = query;
    let status = status.map(Into::into);
    let filter = RunFilter { status, pipeline_id, agent_id, children, deliveries };
    let page = PageRequest { limit, cursor };
    Ok(Json(edge.app().runs().list(&caller, filter, page).await?.into()))
}

/// One run, with its input and output.
#[utoipa::path(get, path = "/api/v1/runs/{run_id}", tag = "runs",
    params(("run_id" = String, Path)),
    responses((status = 200, description = "The run.", body = RunView)))]
#[tracing::instrument(name = "api.runs.get", skip_all, fields(run.id = %run_id))]
pub(crate) async fn get_run(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(run_id): Path<RunId>,
) -> Result<Json<RunView>, Problem> {
    Ok(Json(edge.app().runs().get(&caller, run_id).await?.into()))
}
