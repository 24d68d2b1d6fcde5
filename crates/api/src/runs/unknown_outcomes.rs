//! `GET /api/v1/unknown-outcomes`: effects that a person must settle.

use axum::extract::State;
use gathering_app::{PageRequest, runs::UnknownOutcome};
use gathering_domain::{EffectId, RunId};
use serde::Serialize;
use utoipa::ToSchema;

use super::query::UnknownOutcomesQuery;
use crate::{
    Problem,
    extract::{Caller, Json, Query},
    state::Edge,
    views::{EffectKindWord, PageView, Time},
};

/// An effect whose outcome nobody knows.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UnknownOutcome)]
pub(crate) struct UnknownOutcomeView {
    /// What the target saw.
    #[schema(value_type = String, example = "eff_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    effect_id: EffectId,
    /// The run.
    #[schema(value_type = String, example = "run_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    run_id: RunId,
    /// Its key in the run, by which it is settled.
    key: String,
    /// What repeating it means.
    kind: EffectKindWord,
    /// Which attempt.
    attempt: u32,
    /// Since when.
    since: Time,
}

/// Effects whose outcome nobody knows, the latest first.
#[utoipa::path(get, path = "/api/v1/unknown-outcomes", tag = "runs", params(UnknownOutcomesQuery),
    responses((status = 200, description = "A page.", body = PageView<UnknownOutcomeView>)))]
#[tracing::instrument(name = "api.runs.unknown_outcomes", skip_all)]
pub(crate) async fn list_unknown_outcomes(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Query(query): Query<UnknownOutcomesQuery>,
) -> Result<Json<PageView<UnknownOutcomeView>>, Problem> {
    let UnknownOutcomesQuery { limit, cursor, run_id } = query;
    let page = PageRequest { limit, cursor };
    Ok(Json(edge.app().runs().unknown_outcomes_of(&caller, run_id, page).await?.into()))
}

impl From<UnknownOutcome> for UnknownOutcomeView {
    fn from(unknown: UnknownOutcome) -> Self {
        let UnknownOutcome { effect_id, run_id, key, kind, attempt, since } = unknown;
        let (key, kind, since) = (key.to_string(), kind.into(), since.into());
        Self { effect_id, run_id, key, kind, attempt, since }
    }
}
