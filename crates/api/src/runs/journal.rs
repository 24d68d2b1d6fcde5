//! `GET /api/v1/runs/{run_id}/journal`: everything that happened in a run.

use axum::extract::State;
use gathering_app::runs::JournalEntry;
use gathering_domain::RunId;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    Problem,
    extract::{Caller, Json, PageQuery, Path, Query},
    state::Edge,
    views::{PageView, Time},
};

/// An entry of a run's journal.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JournalEntry)]
pub(crate) struct JournalEntryView {
    /// Its place in the journal, from 0.
    seq: u32,
    /// When it was written.
    at: Time,
    /// Its kind.
    #[schema(example = "effect_settled")]
    kind: &'static str,
    /// What it is about, if one key.
    key: Option<String>,
    /// All of it, as it is stored.
    #[schema(value_type = Object)]
    body: Value,
}

/// Entries of a run, the first ones first.
#[utoipa::path(get, path = "/api/v1/runs/{run_id}/journal", tag = "runs",
    params(("run_id" = String, Path), PageQuery),
    responses((status = 200, description = "A page.", body = PageView<JournalEntryView>)))]
#[tracing::instrument(name = "api.runs.journal", skip_all, fields(run.id = %run_id))]
pub(crate) async fn get_run_journal(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(run_id): Path<RunId>,
    Query(page): Query<PageQuery>,
) -> Result<Json<PageView<JournalEntryView>>, Problem> {
    Ok(Json(edge.app().runs().journal(&caller, run_id, page.into()).await?.into()))
}

impl From<JournalEntry> for JournalEntryView {
    fn from(entry: JournalEntry) -> Self {
        let JournalEntry { seq, at, kind, key, body } = entry;
        Self { seq, at: at.into(), kind, key: key.map(|key| key.to_string()), body }
    }
}
