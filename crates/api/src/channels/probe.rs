//! `POST /api/v1/channels/{channel_id}/test`: send a message over a channel, to try it.

use axum::extract::State;
use gathering_domain::ChannelId;

use super::view::ChannelReportView;
use crate::{
    Problem,
    extract::{Caller, Json, Path},
    state::Edge,
};

/// Sends a message over a channel really, and answers what the other side said. That it failed is an
/// answer, too.
#[utoipa::path(post, path = "/api/v1/channels/{channel_id}/test", tag = "channels",
    params(("channel_id" = String, Path)),
    responses((status = 200, description = "What the other side said.", body = ChannelReportView)))]
#[tracing::instrument(name = "api.channels.test", skip_all, fields(channel.id = %id))]
pub(crate) async fn test_channel(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(id): Path<ChannelId>,
) -> Result<Json<ChannelReportView>, Problem> {
    Ok(Json(edge.app().channels().test(&caller, id).await?.into()))
}
