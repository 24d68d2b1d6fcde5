//! `POST /api/v1/approvals/{approval_id}/decide`: answer a question of a run.

use axum::extract::State;
use gathering_app::approvals::Decide;
use gathering_domain::ApprovalId;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::view::ApprovalView;
use crate::{
    Problem,
    extract::{Caller, Json, Path},
    state::Edge,
};

/// An answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecideBody {
    /// One of the options, or free text where none are given.
    #[schema(example = "approved")]
    answer: String,
    /// What the form asks; `null` if absent.
    #[serde(default)]
    data: Value,
    /// A word to whoever reads it later.
    #[serde(default)]
    note: String,
}

/// Decides an approval. The same decision again changes nothing; another one is refused.
#[utoipa::path(post, path = "/api/v1/approvals/{approval_id}/decide", tag = "approvals",
    params(("approval_id" = String, Path)), request_body = DecideBody,
    responses((status = 200, description = "The approval as it is now.", body = ApprovalView)))]
#[tracing::instrument(name = "api.approvals.decide", skip_all, fields(approval.id = %approval_id))]
pub(crate) async fn decide_approval(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(approval_id): Path<ApprovalId>,
    Json(DecideBody { answer, data, note }): Json<DecideBody>,
) -> Result<Json<ApprovalView>, Problem> {
    let command = Decide { answer, data, note };
    Ok(Json(edge.app().approvals().decide(&caller, approval_id, command).await?.into()))
}
