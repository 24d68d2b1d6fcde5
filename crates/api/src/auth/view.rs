//! People and their sessions, as clients read them.

use gathering_app::{
    Credential,
    identity::{Me, Session, SignedIn, User},
};
use gathering_domain::{ApiKeyId, ProjectId, SessionId, UserId};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use utoipa::ToSchema;

use crate::views::{ActorView, PermissionWord, RoleWord, Time};

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
    /// What `Authorization: Bearer` carries. Told once, and not where a cookie carries it.
    #[schema(example = "gts_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")]
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// What requests with the cookie show in the header `X-CSRF-Token`, if they may change something.
    #[serde(skip_serializing_if = "Option::is_none")]
    csrf_token: Option<String>,
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
    /// Their role on the server.
    server_role: RoleWord,
    /// Their role in the project in which they act; `null` in none.
    role: Option<RoleWord>,
    /// The project in which they act; `null` for who belongs to none, or to several and named none.
    project: Option<HereView>,
    /// By what they have shown who they are.
    credential: Option<CredentialView>,
    /// What they may use of their rights; `null` for all of them.
    scopes: Option<Vec<PermissionWord>>,
    /// What they may do.
    permissions: Vec<PermissionWord>,
    /// For callers who came by the cookie: what they show in the header `X-CSRF-Token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    csrf_token: Option<String>,
    /// The person, where the caller is one.
    user: Option<UserView>,
}

/// The project in which a caller acts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Here)]
struct HereView {
    /// Its id.
    #[schema(value_type = String, example = "prj_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    id: ProjectId,
    /// What it is called.
    name: String,
}

/// By what a caller has shown who they are.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Credential)]
#[serde(tag = "type", rename_all = "snake_case")]
enum CredentialView {
    /// By the token of a session.
    Session {
        /// The session.
        #[schema(value_type = String, example = "ses_01985f2e6a7b7c00a0b1c2d3e4f50617")]
        session_id: SessionId,
    },
    /// By an API key.
    ApiKey {
        /// The key.
        #[schema(value_type = String, example = "key_01985f2e6a7b7c00a0b1c2d3e4f50617")]
        key_id: ApiKeyId,
    },
}

/// A session that is open.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionView {
    /// Its id.
    #[schema(value_type = String, example = "ses_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    id: SessionId,
    /// Whether it is the one by which the caller came.
    current: bool,
    /// The address from which it was opened.
    #[schema(example = "192.0.2.7")]
    address: Option<String>,
    /// With what it was opened, as that says of itself.
    #[schema(example = "Mozilla/5.0")]
    client: Option<String>,
    /// When it was opened.
    created_at: Time,
    /// When it was used last, within a minute.
    used_at: Time,
    /// When it ends at the latest.
    expires_at: Time,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        let User { id, email, name, role, active, version, created_at } = user;
        Self { id, email, name, role: role.into(), active, version, created_at: created_at.into() }
    }
}

impl SignedInView {
    /// A session whose token the client keeps.
    pub(crate) fn with_token(signed_in: SignedIn) -> Self {
        let token = signed_in.token.expose_secret().to_owned();
        Self { token: Some(token), ..Self::of(signed_in, None) }
    }

    /// A session whose token a cookie keeps.
    pub(crate) fn with_cookie(signed_in: SignedIn, csrf_token: String) -> Self {
        Self::of(signed_in, Some(csrf_token))
    }

    fn of(signed_in: SignedIn, csrf_token: Option<String>) -> Self {
        let SignedIn { expires_at, user, .. } = signed_in;
        Self { token: None, csrf_token, expires_at: expires_at.into(), user: user.into() }
    }
}

impl MeView {
    /// The caller, with the CSRF token of the cookie by which they came.
    pub(super) fn of(me: Me, csrf_token: Option<String>) -> Self {
        let words = |some: Vec<_>| some.into_iter().map(PermissionWord::from).collect();
        Self {
            actor: me.actor.into(),
            server_role: me.server_role.into(),
            role: me.role.map(RoleWord::from),
            project: me.project.map(|(id, name)| HereView { id, name }),
            credential: match me.credential {
                Credential::None => None,
                Credential::Session(session_id) => Some(CredentialView::Session { session_id }),
                Credential::Key(key_id) => Some(CredentialView::ApiKey { key_id }),
            },
            scopes: me.scopes.map(words),
            permissions: words(me.permissions),
            csrf_token,
            user: me.user.map(UserView::from),
        }
    }
}

impl From<Session> for SessionView {
    fn from(session: Session) -> Self {
        let Session { id, current, address, client, created_at, used_at, expires_at } = session;
        let (created_at, used_at) = (created_at.into(), used_at.into());
        Self { id, current, address, client, created_at, used_at, expires_at: expires_at.into() }
    }
}
