//! People, their sessions and their keys: set-up, sign-in, invitations, tokens.

mod csrf;
mod email;
mod password;
mod session_cache;
mod times;
mod token;

mod api_keys;
mod authenticate;
mod change_password;
mod opened;
mod place;
mod rights;
mod sessions;
mod set_up;
mod sign_in;

mod invitations;
mod me;
mod password_link;
mod users;

use gathering_domain::{Duration, Role, SessionId, Timestamp, UserId};
use gathering_storage::users::UserRow;
use secrecy::SecretString;

pub use api_keys::{ApiKey, ApiKeys, CreateKey, CreatedKey};
pub use change_password::ChangePassword;
pub use csrf::CsrfToken;
pub use invitations::{Accept, Invitation, Invitations, Invite, Invited, Joining};
pub use me::Me;
pub use opened::Opened;
pub(crate) use password::Passwords;
pub use password::{MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS};
pub use password_link::{PasswordLink, ResetPassword};
pub(crate) use rights::{project_closed, rights_changed};
pub(crate) use session_cache::SessionCache;
pub use sessions::{Session, Sessions};
pub use times::SessionTimes;
pub use token::is_token;
pub(crate) use token::{TokenKind, new_token, token_hash_of};
pub use users::{UpdateUser, Users};

use crate::{App, Origin};

/// Reads text as every kind of token, for the fuzz target.
#[cfg(fuzzing)]
pub(crate) fn read_token(text: &str) {
    for kind in token::TokenKind::ALL {
        if let Some(hash) = token::hash_token(kind, text) {
            assert!(hash.matches(hash.bytes()) && text.is_ascii());
        }
    }
}

/// The channel that names each user whose sessions, role, activity or memberships have changed, and each
/// project that was closed: whoever shows somebody something for longer than a request asks again what
/// they may see.
pub(crate) const RIGHTS_CHANNEL: &str = "gathering_rights";

/// Use cases of identity.
#[derive(Clone)]
pub struct Identity<'a> {
    pub(crate) app: &'a App,
}

impl Identity<'_> {
    /// How many passwords are hashed or checked now, or wait for it.
    pub fn passwords_queued(&self) -> usize {
        self.app.inner.passwords.queued()
    }
}

/// A person, as others may see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// The address by which they sign in, in lower case.
    pub email: String,
    /// What they are called.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they may sign in.
    pub active: bool,
    /// Rises with each change; what `If-Match` names.
    pub version: u64,
    /// Since when they exist.
    pub created_at: Timestamp,
}

/// Makes the first owner, by the one-time link that `serve` printed.
#[derive(Debug, Clone)]
pub struct SetUp {
    /// The link's token.
    pub token: SecretString,
    /// The owner's address.
    pub email: String,
    /// What they are called.
    pub name: String,
    /// Their password.
    pub password: SecretString,
    /// Where the request came from.
    pub origin: Origin,
}

/// Signs in.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// The address.
    pub email: String,
    /// The password.
    pub password: SecretString,
    /// Where the request came from.
    pub origin: Origin,
}

/// A new session. Its token is told once and never stored.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// What `Authorization: Bearer` carries.
    pub token: SecretString,
    /// The session.
    pub session_id: SessionId,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// How long that is from now.
    pub lasts: Duration,
    /// Who signed in.
    pub user: User,
}

/// Creates a user with a password.
#[derive(Debug, Clone)]
pub struct CreateUser {
    /// The address.
    pub email: String,
    /// What they are called.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Their password.
    pub password: SecretString,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        let UserRow { id, email, name, role, active, version, created_at, .. } = row;
        Self { id, email, name, role, active, version, created_at }
    }
}
