//! `POST /api/v1/users/{user_id}/password-link`: a link by which somebody sets a new password.

use axum::extract::State;
use gathering_app::identity::PasswordLink;
use gathering_domain::{InvitationId, UserId};
use http::StatusCode;
use secrecy::ExposeSecret as _;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Problem,
    extract::{Caller, Json, Path},
    site::Site,
    state::Edge,
    views::Time,
};

/// A link by which a user sets a new password.
#[derive(Serialize, ToSchema)]
#[schema(as = PasswordLink)]
pub(crate) struct PasswordLinkView {
    /// Its id: `DELETE /api/v1/invitations/{invitation_id}` takes it back.
    #[schema(value_type = String, example = "inv_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    id: InvitationId,
    /// Whose password.
    #[schema(value_type = String, example = "usr_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    user_id: UserId,
    /// What `POST /api/v1/auth/reset` takes. Told once.
    #[schema(example = "gtp_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")]
    token: String,
    /// The link to hand over. Begins with `/` where `server.public_url` is not set.
    #[schema(
        example = "https://gathering.example.com/#reset=gtp_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
    )]
    url: String,
    /// From when on it cannot be used.
    expires_at: Time,
}

/// Makes a one-time link by which a user sets a new password within 24 hours, in place of an older one.
/// To repeat the request is harmless: the newest link counts.
#[utoipa::path(post, path = "/api/v1/users/{user_id}/password-link", tag = "users",
    params(("user_id" = String, Path)),
    responses((status = 201, description = "The link.", body = PasswordLinkView)))]
#[tracing::instrument(name = "api.users.password_link", skip_all, fields(user.id = %user_id))]
pub(crate) async fn create_password_link(
    State(edge): State<Edge>,
    Caller(caller): Caller,
    Path(user_id): Path<UserId>,
) -> Result<(StatusCode, Json<PasswordLinkView>), Problem> {
    let link = edge.app().users().password_link(&caller, user_id).await?;
    Ok((StatusCode::CREATED, Json(PasswordLinkView::of(link, &edge.state.site))))
}

impl PasswordLinkView {
    fn of(link: PasswordLink, site: &Site) -> Self {
        let PasswordLink { id, user_id, token, expires_at } = link;
        Self {
            id,
            user_id,
            url: site.link("reset", &token),
            token: token.expose_secret().to_owned(),
            expires_at: expires_at.into(),
        }
    }
}
