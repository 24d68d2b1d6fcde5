//! `GET /api/v1/invitations`: who is invited, and who may set a new password.

use axum::extract::State;

use super::view::InvitationView;
use crate::{
    Problem,
    extract::{Caller, Json, PageQuery, Query},
    state::Edge,
    views::PageView,
};

/// Invitations, and links for new passwords, that can be used, in the order in which they were made, without
/// their tokens.
#[utoipa::path(get, path = "/api/v1/invitations", tag = "users", params(PageQuery),
    responses((status = 200, description = "A page.", body = PageView<InvitationView>)))]
#[tracing::instrument(name = "api.invitations.list", skip_all)]
pub(crate) async fn list_invitations(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Query(page): Query<PageQuery>,
) -> Result<Json<PageView<InvitationView>>, Problem> {
    Ok(Json(edge.app().invitations().list(&caller, page.into()).await?.into()))
}
