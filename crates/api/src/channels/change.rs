//! `POST`, `PATCH` and `DELETE` of `/api/v1/channels`: make, change and remove.

use axum::extract::State;
use gathering_domain::ChannelId;
use http::StatusCode;
use serde_json::{Map, Value};

use super::view::{ChannelView, CreateChannelBody};
use crate::{
    Problem,
    decode::from_value,
    extract::{Caller, IdempotencyKey, IfMatch, Json, Path},
    merge_patch::merge,
    state::Edge,
    versioned::{Created, Versioned},
};

/// Makes a channel. What is secret of it is never shown.
#[utoipa::path(post, path = "/api/v1/channels", tag = "channels",
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = CreateChannelBody,
    responses((status = 201, description = "The channel.", body = ChannelView)))]
#[tracing::instrument(name = "api.channels.create", skip_all)]
pub(crate) async fn create_channel(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<CreateChannelBody>,
) -> Result<Created<ChannelView>, Problem> {
    let channel = edge.app().channels().create(&caller, body.into_new(), key).await?;
    let (location, version) = (format!("/api/v1/channels/{}", channel.id), channel.version);
    Ok(Created { location, version, view: channel.into() })
}

/// Changes a channel: members of the body take the place of its own. What is secret stays unless it is
/// written anew, and `null` removes the secret that signs. The type stays.
#[utoipa::path(patch, path = "/api/v1/channels/{channel_id}", tag = "channels",
    params(("channel_id" = String, Path), ("If-Match" = String, Header)),
    request_body(content = Object, description = "Members as for `POST`, each optional."),
    responses((status = 200, description = "The channel as it is now.", body = ChannelView)))]
#[tracing::instrument(name = "api.channels.update", skip_all, fields(channel.id = %id))]
pub(crate) async fn update_channel(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(id): Path<ChannelId>,
    IfMatch(version): IfMatch,
    Json(patch): Json<Map<String, Value>>,
) -> Result<Versioned<ChannelView>, Problem> {
    let channels = edge.app().channels();
    let mut document = ChannelView::from(channels.get(&caller, id).await?).written();
    let patch = Value::from(patch);
    let removes_secret = patch.pointer("/config/secret").is_some_and(Value::is_null);
    merge(&mut document, patch);
    let body: CreateChannelBody = from_value(document)?;
    let changed = channels.update(&caller, id, body.into_change(removes_secret), version).await?;
    Ok(Versioned(changed.version, changed.into()))
}

/// Removes a channel. What would send over it fails with a clear error from then on.
#[utoipa::path(delete, path = "/api/v1/channels/{channel_id}", tag = "channels",
    params(("channel_id" = String, Path)),
    responses((status = 204, description = "It is gone.")))]
#[tracing::instrument(name = "api.channels.delete", skip_all, fields(channel.id = %id))]
pub(crate) async fn delete_channel(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(id): Path<ChannelId>,
) -> Result<StatusCode, Problem> {
    edge.app().channels().delete(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
