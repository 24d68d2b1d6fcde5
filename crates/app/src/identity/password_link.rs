//! A new password in place of a forgotten one: by a one-time link that an owner makes.

use std::sync::Arc;

use gathering_domain::{Actor, AuditAction, Duration, InvitationId, Permission, Timestamp, UserId};
use gathering_storage::{
    invitations::{self as rows, InvitationRow},
    sessions,
    users::{self, UserRow},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::{
    Identity, SignedIn, Users,
    invitations::{replace, still_good},
    password::password_fault,
    rights::end_sessions,
    sign_in::signed_in,
    token::{TokenHash, TokenKind, hash_token, new_token},
};
use crate::{
    Caller, Error, Origin, Result, Unauthenticated,
    audit::{Target, Who},
};

/// How long a link can be used.
const LASTS: Duration = Duration::from_secs(24 * 3600);
const WRONG: Error = Error::Unauthenticated(Unauthenticated::WrongPasswordLink);

/// A link by which a user sets a new password.
#[derive(Debug, Clone)]
pub struct PasswordLink {
    /// Its id, among those of invitations.
    pub id: InvitationId,
    /// Whose password.
    pub user_id: UserId,
    /// Its token, told once and never stored.
    pub token: SecretString,
    /// From when on it cannot be used.
    pub expires_at: Timestamp,
}

/// Sets a new password by a link.
#[derive(Debug, Clone)]
pub struct ResetPassword {
    /// The link's token.
    pub token: SecretString,
    /// The new password.
    pub password: SecretString,
    /// Where the request came from.
    pub origin: Origin,
}

impl Users<'_> {
    /// Makes a link by which a user sets a new password, in place of an older one. Their password and
    /// their sessions stay until it is used.
    pub async fn password_link(&self, caller: &Caller, id: UserId) -> Result<PasswordLink> {
        caller.require_any(Permission::UserWrite)?;
        caller.refuse_key()?;
        let (token, hash) = new_token(TokenKind::PasswordLink, &*self.app.inner.randomness);
        let (actor, created_at) = (caller.actor(), self.app.now());
        let expires_at = created_at + LASTS;
        let link_id = InvitationId::next(&*self.app.inner.ids);
        let trail = self.app.trail(caller);
        let made = self.app.audited(move |tx| {
            let found = users::find(id).first_in(tx)?;
            let user = found.ok_or_else(|| Error::not_found("user", id))?;
            if !user.active {
                let message = "this user may not sign in: let them first";
                return Err(Error::invalid(message, Vec::new()));
            }
            let link = InvitationRow {
                id: link_id,
                user_id: Some(id),
                email: user.email,
                role: user.role,
                projects: Vec::new(),
                token_hash: hash.bytes().to_vec(),
                actor,
                created_at,
                expires_at,
            };
            replace(tx, &link)?;
            let detail = json!({ "expires_at": expires_at.to_rfc3339() });
            trail.done(tx, AuditAction::PasswordLink, Target::new("user", &id), detail)
        });
        made.await?;
        Ok(PasswordLink { id: link_id, user_id: id, token, expires_at })
    }
}

impl Identity<'_> {
    /// Sets a new password by a link, ends all sessions of its user, and signs them in. The link is used
    /// up.
    pub async fn reset_password(&self, command: ResetPassword) -> Result<SignedIn> {
        let ResetPassword { token, password, origin } = command;
        let hash = hash_token(TokenKind::PasswordLink, token.expose_secret()).ok_or(WRONG)?;
        let now = self.app.now();
        // Asked before the password is hashed, which is much work, and again when it is set.
        let found = rows::find_by_token(hash.bytes(), now).first(self.app.database()).await?;
        let user_id = user_of(found, &hash)?;
        let password_hash = self.new_password(&password).await?;
        let found = users::find(user_id).first(self.app.database()).await?;
        let (session, token) = self.new_session(&found.ok_or(WRONG)?, &origin);
        let session_row = session.clone();
        let who = Who { session_id: Some(session.id), ..Who::unknown(&origin) };
        let trail = self.app.trail_of(Who { actor: Some(Actor::User { user_id }), ..who });
        let user = self.app.audited(move |tx| {
            let found = rows::find_by_token(hash.bytes(), now).first_in(tx)?;
            let user_id = user_of(still_good(tx, found)?, &hash)?;
            let found = users::find(user_id).first_in(tx)?.filter(|user| user.active);
            let user = found.ok_or(WRONG)?;
            users::set_password(user_id, &password_hash, now).run_in(tx)?;
            rows::delete_for(&user.email).run_in(tx)?;
            end_sessions(tx, user_id)?;
            sessions::insert(&session_row).run_in(tx)?;
            trail.done(
                tx,
                AuditAction::PasswordReset,
                Target::new("user", &user_id),
                Value::Null,
            )?;
            Ok(UserRow { version: user.version + 1, ..user })
        });
        let user = user.await?;
        self.app.inner.sessions.clear();
        Ok(signed_in(&session, token, user))
    }

    /// The hash of a new password, which is checked first.
    pub(super) async fn new_password(&self, password: &SecretString) -> Result<String> {
        if let Some(fault) = password_fault(password) {
            return Err(Error::invalid("the password cannot be taken", vec![fault]));
        }
        let inner = &self.app.inner;
        inner.passwords.hash(password, Arc::clone(&inner.randomness)).await
    }
}

/// Whose password the link of the token sets: found by its hash, and compared again in constant time.
fn user_of(found: Option<InvitationRow>, hash: &TokenHash) -> Result<UserId> {
    let link = found.filter(|row| hash.matches(&row.token_hash));
    link.and_then(|link| link.user_id).ok_or(WRONG)
}
