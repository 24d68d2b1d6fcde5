//! `POST /hooks/{token}`: a request from outside that starts a run.

use axum::{
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use gathering_app::{
    Error,
    hooks::{Answer, Called, HookRequest},
};
use gathering_domain::{Duration, RunId, RunStatus};
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::body;
use crate::{
    Problem,
    extract::{Json, Path, origin, read_bytes},
    state::Edge,
};

/// Names the run whose output is the answer.
const RUN: HeaderName = HeaderName::from_static("gathering-run");

/// What became of a request to a hook.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HookReceipt)]
pub(crate) struct HookReceiptView {
    /// What became of it.
    status: HookReceiptWord,
    /// Its run, if it has one.
    #[schema(value_type = Option<String>, example = "run_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    run_id: Option<RunId>,
}

/// What became of a request.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HookReceiptStatus)]
#[serde(rename_all = "snake_case")]
enum HookReceiptWord {
    /// It has a run, which may have ended.
    Accepted,
    /// The hook's filter does not want it.
    Ignored,
}

/// A request from outside, to the address of a hook. What it must carry, and what comes of it, is for the
/// hook to say: the same delivery has the same run, however often it is sent.
#[utoipa::path(post, path = "/hooks/{token}", tag = "hooks",
    params(("token" = String, Path)),
    request_body(content = Option<serde_json::Value>, description = "JSON, a form, any text, or nothing."),
    responses(
        (status = 200, description = "The filter does not want it; or, of a hook that waits, the output of \
            its run, which the header `Gathering-Run` names.", body = HookReceiptView),
        (status = 202, description = "It has a run.", body = HookReceiptView)))]
#[tracing::instrument(name = "api.hooks.call", skip_all)]
pub(crate) async fn call_hook(
    State(edge): State<Edge>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let (headers, origin) = (request.headers().clone(), origin(&request));
    let asked = HookRequest {
        method: request.method().as_str().to_owned(),
        query: body::fields(request.uri().query().unwrap_or_default().as_bytes()),
        headers: body::headers(&headers),
        body: read_bytes(request, &edge).await?,
        origin,
    };
    let json_depth = edge.options.json_depth;
    let read = |asked: &HookRequest| body::seen(&headers, &asked.body, json_depth);
    let hooks = edge.app().hooks();
    let Some(called) = Box::pin(hooks.call::<Problem>(&token, asked, read)).await? else {
        let receipt = HookReceiptView { status: HookReceiptWord::Ignored, run_id: None };
        return Ok(Json(receipt).into_response());
    };
    match called.answer {
        Answer::Accepted => Ok(accepted(called.run.id)),
        Answer::Wait { at_most } => waited(&edge, &called, at_most).await,
    }
}

fn accepted(run_id: RunId) -> Response {
    let receipt = HookReceiptView { status: HookReceiptWord::Accepted, run_id: Some(run_id) };
    (StatusCode::ACCEPTED, Json(receipt)).into_response()
}

/// The output of the run, if it ends in time.
async fn waited(edge: &Edge, called: &Called, at_most: Duration) -> Result<Response, Problem> {
    let Called { run, caller, .. } = called;
    // Waiting is a courtesy, as it is for those who start runs themselves.
    let place = edge.waits.enter(caller.actor());
    let wait = if place.is_some() { at_most } else { Duration::ZERO };
    let runs = edge.app().runs();
    let waited = tokio::select! {
        biased;
        waited = runs.wait(caller, run.id, wait) => waited,
        () = edge.state.draining.cancelled() => return Ok(accepted(run.id)),
    };
    // The run goes on, whoever may look at it.
    let Ok(run) = waited else { return Ok(accepted(run.id)) };
    match run.summary.status {
        RunStatus::Succeeded => {
            let mut response = Json(&*run.output).into_response();
            let id = HeaderValue::try_from(run.summary.id.to_string());
            response.headers_mut().insert(RUN, id.expect("an id is letters, digits and `_`"));
            Ok(response)
        }
        RunStatus::Failed | RunStatus::Cancelled | RunStatus::TimedOut => {
            Err(Error::HookFailed.into())
        }
        RunStatus::Queued | RunStatus::Running | RunStatus::Waiting => Ok(accepted(run.summary.id)),
    }
}
