//! People and their sessions, as clients read them.

use gathering_app::identity::{Me, SignedIn, User};
use gathering_domain::UserId;
use secrecy::ExposeSecret as _;
use serde::Serialize;
use utoipa::ToSchema;

use crate::views::{ActorView, RoleWord, Time};

/// A person.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserView {
    /// Their id.
    #[schema(value_type = String, example = "usr_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    id: UserId,
    /// The address by which they sign in.
    #[schema(example = "ada@example.com")]
    email: String,
    /// What they are called.
    name: String,
    /// What they may do.
    role: RoleWord,
    /// Whether they may sign in.
    active: bool,
    /// Rises with each change; what `If-Match` names.
    version: u64,
    /// Since when they exist.
    created_at: Time,
}

/// A new session.
#[derive(Serialize, ToSchema)]
#[schema(as = SignedIn)]
pub(crate) struct SignedInView {
    /// What `Authorization: Bearer` carries. Told once.
    #[schema(example = "gts_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")]
    token: String,
    /// When the session ends at the latest.
    expires_at: Time,
    /// Who signed in.
    user: UserView,
}

/// Who the caller is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Me)]
pub(crate) struct MeView {
    /// Whom changes record.
    actor: ActorView,
    /// What they may do.
    role: RoleWord,
    /// The person, where the caller is one.
    user: Option<UserView>,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        let User { id, email, name, role, active, version, created_at } = user;
        Self { id, email, name, role: role.into(), active, version, created_at: created_at.into() }
    }
}

impl From<SignedIn> for SignedInView {
    fn from(signed_in: SignedIn) -> Self {
        let SignedIn { token, expires_at, user, .. } = signed_in;
        Self {
            token: token.expose_secret().to_owned(),
            expires_at: expires_at.into(),
            user: user.into(),
        }
    }
}

impl From<Me> for MeView {
    fn from(me: Me) -> Self {
        let Me { actor, role, user } = me;
        Self { actor: actor.into(), role: role.into(), user: user.map(UserView::from) }
    }
}
