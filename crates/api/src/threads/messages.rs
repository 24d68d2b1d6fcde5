//! `POST` and `GET` of `/api/v1/threads/{thread_id}/messages`: say something, and read.

use axum::extract::State;
use gathering_app::threads::{BusyPolicy, PostMessage};
use gathering_domain::ThreadId;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::MessageView;
use crate::{
    Problem,
    extract::{Caller, IdempotencyKey, Json, PageQuery, Path, Query},
    runs::WaitQuery,
    state::Edge,
    views::{BusyWord, PageView},
};

/// Something to say.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PostMessageBody {
    /// What.
    text: String,
    /// What if the agent is still at work on an earlier message; its own policy if absent.
    busy: Option<BusyWord>,
}

/// Says something in a thread, which starts the turn that answers. Returns before that has ended;
/// with `wait`, when it has or the wait is over.
#[utoipa::path(post, path = "/api/v1/threads/{thread_id}/messages", tag = "threads",
    params(("thread_id" = String, Path), WaitQuery,
        ("Idempotency-Key" = Option<String>, Header)),
    request_body = PostMessageBody,
    responses((status = 200, description = "With `wait`: the message with its answer.",
            body = MessageView),
        (status = 202, description = "The message, and the run that answers it.",
        body = MessageView)))]
#[tracing::instrument(name = "api.threads.post", skip_all, fields(thread.id = %thread_id))]
pub(crate) async fn post_message(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(thread_id): Path<ThreadId>,
    Query(wait): Query<WaitQuery>,
    IdempotencyKey(idempotency_key): IdempotencyKey,
    Json(PostMessageBody { text, busy }): Json<PostMessageBody>,
) -> Result<(StatusCode, Json<MessageView>), Problem> {
    let wait = wait.bounded(&caller)?;
    let command = PostMessage { text, busy: busy.map(BusyPolicy::from), idempotency_key };
    let message = edge.app().threads().post(&caller, thread_id, command).await?;
    let run_id = message.run_id;
    let view = MessageView::from(message);
    let Some(wait) = wait else { return Ok((StatusCode::ACCEPTED, Json(view))) };
    let run = edge.app().runs().wait(&caller, run_id, wait).await?;
    let ended = run.summary.status.is_final();
    let status = if ended { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(view.answered_by(run))))
}

/// Messages of one of the caller's threads with their answers, the newest first.
#[utoipa::path(get, path = "/api/v1/threads/{thread_id}/messages", tag = "threads",
    params(("thread_id" = String, Path), PageQuery),
    responses((status = 200, description = "A page.", body = PageView<MessageView>)))]
#[tracing::instrument(name = "api.threads.messages", skip_all, fields(thread.id = %thread_id))]
pub(crate) async fn list_messages(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(thread_id): Path<ThreadId>,
    Query(page): Query<PageQuery>,
) -> Result<Json<PageView<MessageView>>, Problem> {
    Ok(Json(edge.app().threads().messages(&caller, thread_id, page.into()).await?.into()))
}
