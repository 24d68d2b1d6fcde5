//! `?wait=20s`: a bounded wait for the end of a run that was just started.

use axum::response::{IntoResponse as _, Response};
use gathering_app::{
    Caller,
    runs::{LONGEST_WAIT, RunSummary},
};
use gathering_domain::{Duration, Permission};
use http::{HeaderValue, StatusCode, header};
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::{RunSummaryView, RunView};
use crate::{Problem, extract::Json, state::Edge};

/// How long to wait for the end.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WaitQuery {
    /// How long to wait for the run's end, at most `20s`; less, or not at all, if too many wait or
    /// the server is about to stop. The run goes on when the wait is over.
    #[param(value_type = Option<String>, example = "20s")]
    wait: Option<Duration>,
}

impl WaitQuery {
    /// The wait, if it is within its bound and the caller may see what it would show. Asked before
    /// anything starts: whoever is refused must find nothing started.
    pub(crate) fn bounded(&self, caller: &Caller) -> Result<Option<Duration>, Problem> {
        if self.wait.is_some() {
            caller.require_any(Permission::Read)?;
        }
        match self.wait {
            Some(wait) if wait > LONGEST_WAIT => {
                let detail = format!("`wait` is at most {LONGEST_WAIT}");
                Err(Problem::new("invalid_query", detail))
            }
            wait => Ok(wait),
        }
    }
}

/// Answers with a run that was accepted: as it is now, or after a wait with all of it.
pub(crate) async fn answer_started(
    edge: &Edge,
    caller: &Caller,
    run: RunSummary,
    wait: Option<Duration>,
) -> Result<Response, Problem> {
    let location = format!("/api/v1/runs/{}", run.id);
    let mut response = match wait {
        None => (StatusCode::ACCEPTED, Json(RunSummaryView::from(run))).into_response(),
        Some(wait) => {
            // Waiting is a courtesy: whoever finds no place for it asks again.
            let place = edge.waits.enter(caller.actor());
            let wait = if place.is_some() { wait } else { Duration::ZERO };
            let runs = edge.app().runs();
            let run = tokio::select! {
                biased;
                ended = runs.wait(caller, run.id, wait) => ended?,
                () = edge.state.draining.cancelled() => {
                    runs.wait(caller, run.id, Duration::ZERO).await?
                }
            };
            let ended = run.summary.status.is_final();
            let status = if ended { StatusCode::OK } else { StatusCode::ACCEPTED };
            (status, Json(RunView::from(run))).into_response()
        }
    };
    let location = HeaderValue::try_from(location).expect("an id is letters, digits and `_`");
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}
