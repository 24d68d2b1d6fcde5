//! `POST` and `DELETE` of `/api/v1/invitations`: invite somebody, and take that back.

use axum::extract::State;
use gathering_domain::InvitationId;
use http::StatusCode;

use super::view::{InviteBody, InvitedView};
use crate::{
    Problem,
    extract::{Caller, IdempotencyKey, Json, Path},
    state::Edge,
};

/// Invites somebody, in place of an older invitation for the same address. The token and the link are told
/// once: a repeated request with the same key is answered without them.
#[utoipa::path(post, path = "/api/v1/invitations", tag = "users",
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = InviteBody,
    responses((status = 201, description = "The invitation.", body = InvitedView)))]
#[tracing::instrument(name = "api.invitations.create", skip_all)]
pub(crate) async fn create_invitation(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<InviteBody>,
) -> Result<(StatusCode, Json<InvitedView>), Problem> {
    let invited = edge.app().invitations().create(&caller, body.command(key)).await?;
    Ok((StatusCode::CREATED, Json(InvitedView::of(invited, &edge.state.site))))
}

/// Takes an invitation, or a link for a new password, back.
#[utoipa::path(delete, path = "/api/v1/invitations/{invitation_id}", tag = "users",
    params(("invitation_id" = String, Path)),
    responses((status = 204, description = "It is gone.")))]
#[tracing::instrument(name = "api.invitations.delete", skip_all)]
pub(crate) async fn delete_invitation(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(invitation_id): Path<InvitationId>,
) -> Result<StatusCode, Problem> {
    edge.app().invitations().delete(&caller, invitation_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
