//! `POST /api/v1/runs/{run_id}/settle`: say what became of an effect whose outcome is unknown.

use axum::extract::State;
use gathering_app::runs::{Key, Settle, Verdict};
use gathering_domain::RunId;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    Problem,
    extract::{Caller, Json, Path},
    state::Edge,
};

/// What became of an effect.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettleBody {
    /// The effect's key in the run.
    #[schema(example = "node:page")]
    key: String,
    /// Which attempt is meant; the one whose outcome is unknown now if absent. With it, a request
    /// whose answer was lost can be repeated: it never speaks of a later attempt.
    attempt: Option<u32>,
    /// What a person found out.
    verdict: VerdictBody,
}

/// What a person says of an effect whose outcome is unknown.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Verdict)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum VerdictBody {
    /// It happened.
    Done {
        /// What it answered; `null` if absent.
        #[serde(default)]
        output: Value,
    },
    /// It did not happen: it may be tried again.
    NotDone {},
    /// It failed.
    Failed {
        /// Why.
        reason: String,
    },
}

/// Says what became of an effect. A run that waits for that goes on; of an ended one, a retry goes
/// by it. The same again changes nothing.
#[utoipa::path(post, path = "/api/v1/runs/{run_id}/settle", tag = "runs",
    params(("run_id" = String, Path)), request_body = SettleBody,
    responses((status = 204, description = "It is settled.")))]
#[tracing::instrument(name = "api.runs.settle", skip_all, fields(run.id = %run_id))]
pub(crate) async fn settle_effect(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(run_id): Path<RunId>,
    Json(SettleBody { key, attempt, verdict }): Json<SettleBody>,
) -> Result<StatusCode, Problem> {
    let key = Key::parse(&key);
    let key = key.map_err(|fault| Problem::invalid("/key", "invalid_value", fault))?;
    let verdict = match verdict {
        VerdictBody::Done { output } => Verdict::Done(output.into()),
        VerdictBody::NotDone {} => Verdict::NotDone,
        VerdictBody::Failed { reason } => Verdict::Failed(reason),
    };
    edge.app().runs().settle(&caller, run_id, Settle { key, attempt, verdict }).await?;
    Ok(StatusCode::NO_CONTENT)
}
