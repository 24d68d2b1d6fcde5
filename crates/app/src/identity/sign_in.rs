//! Signing in and out.

use gathering_domain::{Actor, AuditAction, AuditOutcome, SessionId, normal_email};
use gathering_storage::{
    sessions::{self, NewSession},
    users::{self, UserRow},
};
use secrecy::SecretString;
use serde_json::Value;

use super::{
    Identity, RIGHTS_CHANNEL, SignIn, SignedIn,
    token::{TokenKind, new_token},
};
use crate::{
    Caller, Credential, Error, Origin, Result, Unauthenticated,
    audit::{Target, Who},
};

/// The most sessions of one user. Who opens one more loses the one that was used least lately.
pub(super) const MOST_SESSIONS: u32 = 100;
/// How much of what a client says of itself is kept, in characters.
const CLIENT_CHARS: usize = 200;

impl Identity<'_> {
    /// Opens a session. A wrong password, an unknown and a deactivated account are told apart
    /// neither by the answer nor by the work that leads to it.
    pub async fn sign_in(&self, command: SignIn) -> Result<SignedIn> {
        let SignIn { email, password, origin } = command;
        let email = normal_email(&email).unwrap_or_default();
        let user = users::find_by_email(&email).first(self.app.database()).await?;
        let stored = user.as_ref().map(|user| user.password_hash.as_str());
        let fits = self.app.inner.passwords.check(&password, stored).await?;
        match user {
            Some(user) if fits && user.active => self.open(user, &origin).await,
            _ => self.refuse(email, &origin).await,
        }
    }

    /// Refuses a sign-in, and records it: what was tried, and from where, but not who that may be.
    async fn refuse(&self, email: String, origin: &Origin) -> Result<SignedIn> {
        let trail = self.app.trail_of(Who::unknown(origin));
        let recorded = self.app.audited(move |tx| {
            let (action, target) = (AuditAction::SessionOpen, Target::new("account", &email));
            trail.record(tx, action, AuditOutcome::Refused, target, Value::Null)
        });
        recorded.await?;
        Err(Error::Unauthenticated(Unauthenticated::WrongCredentials))
    }

    /// Ends the caller's session.
    pub async fn sign_out(&self, caller: &Caller) -> Result<()> {
        let (session, user_id) = caller.require_session()?;
        let trail = self.app.trail(caller);
        let ended = self.app.audited(move |tx| {
            if sessions::delete(session).run_in(tx)? == 0 {
                return Ok(());
            }
            tx.notify(RIGHTS_CHANNEL, user_id.to_string());
            let target = Target::new("session", &session);
            trail.done(tx, AuditAction::SessionClose, target, Value::Null)
        });
        ended.await?;
        self.app.inner.sessions.forget(Credential::Session(session));
        Ok(())
    }

    /// Ends the session of this token, if it is one.
    pub async fn sign_out_of(&self, token: &str) -> Result<()> {
        match self.authenticate(token, None).await {
            Ok(caller) if caller.require_session().is_ok() => self.sign_out(&caller).await,
            Ok(_) | Err(Error::Unauthenticated(_)) => Ok(()),
            Err(other) => Err(other),
        }
    }

    async fn open(&self, user: UserRow, origin: &Origin) -> Result<SignedIn> {
        let (session, token) = self.new_session(&user, origin);
        let (row, checked) = (session.clone(), user.password_hash.clone());
        let who = Who { session_id: Some(session.id), ..Who::unknown(origin) };
        let trail = self.app.trail_of(Who { actor: Some(Actor::User { user_id: user.id }), ..who });
        self.app
            .audited(move |tx| {
                // Deactivated, or given another password, since it was checked: no session may outlive that.
                let now = users::find(row.user_id).first_in(tx)?;
                if !now.is_some_and(|user| user.active && user.password_hash == checked) {
                    return Err(Error::Unauthenticated(Unauthenticated::WrongCredentials));
                }
                if sessions::keep_latest(row.user_id, MOST_SESSIONS - 1).run_in(tx)? > 0 {
                    tx.notify(RIGHTS_CHANNEL, row.user_id.to_string());
                }
                sessions::insert(&row).run_in(tx)?;
                let target = Target::new("user", &row.user_id);
                trail.done(tx, AuditAction::SessionOpen, target, Value::Null)
            })
            .await?;
        Ok(signed_in(&session, token, user))
    }

    /// A session for the user, not yet stored, and its token.
    pub(super) fn new_session(
        &self,
        user: &UserRow,
        origin: &Origin,
    ) -> (NewSession, SecretString) {
        let (token, hash) = new_token(TokenKind::Session, &*self.app.inner.randomness);
        let created_at = self.app.now();
        let session = NewSession {
            id: SessionId::next(&*self.app.inner.ids),
            user_id: user.id,
            token_hash: *hash.bytes(),
            created_at,
            expires_at: created_at + self.app.inner.session_times.longest,
            address: origin.address.map(|address| address.to_string()),
            client: origin
                .client
                .as_deref()
                .map(|client| client.chars().take(CLIENT_CHARS).collect()),
        };
        (session, token)
    }
}

pub(super) fn signed_in(session: &NewSession, token: SecretString, user: UserRow) -> SignedIn {
    let NewSession { id, created_at, expires_at, .. } = *session;
    let lasts = expires_at.since(created_at);
    SignedIn { token, session_id: id, expires_at, lasts, user: user.into() }
}
