//! `GET /api/v1/channels` and `…/{channel_id}`: look at channels.

use axum::extract::State;
use gathering_domain::ChannelId;

use super::view::ChannelView;
use crate::{
    Problem,
    extract::{Caller, Json, PageQuery, Path, Query},
    state::Edge,
    versioned::Versioned,
    views::PageView,
};

/// Channels, in the order in which they were made.
#[utoipa::path(get, path = "/api/v1/channels", tag = "channels", params(PageQuery),
    responses((status = 200, description = "A page.", body = PageView<ChannelView>)))]
#[tracing::instrument(name = "api.channels.list", skip_all)]
pub(crate) async fn list_channels(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<PageView<ChannelView>>, Problem> {
    Ok(Json(edge.app().channels().list(&caller, page.into()).await?.into()))
}

/// One channel.
#[utoipa::path(get, path = "/api/v1/channels/{channel_id}", tag = "channels",
    params(("channel_id" = String, Path)),
    responses((status = 200, description = "The channel; its version is the `ETag`.",
        body = ChannelView)))]
#[tracing::instrument(name = "api.channels.get", skip_all, fields(channel.id = %id))]
pub(crate) async fn get_channel(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(id): Path<ChannelId>,
) -> Result<Versioned<ChannelView>, Problem> {
    let channel = edge.app().channels().get(&caller, id).await?;
    Ok(Versioned(channel.version, channel.into()))
}
