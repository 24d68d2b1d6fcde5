//! A new password in place of one that is known.

use gathering_domain::{AuditAction, AuditOutcome, Pointer, UserId};
use gathering_storage::{
    invitations,
    sessions::{self, NewSession},
    users,
};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::{
    Identity, RIGHTS_CHANNEL, SignedIn,
    password::password_fault,
    sign_in::signed_in,
    token::{TokenKind, new_token},
};
use crate::{Caller, Error, Result, Unauthenticated, audit::Target};

/// Changes the caller's password.
#[derive(Debug, Clone)]
pub struct ChangePassword {
    /// The one that they have.
    pub current: SecretString,
    /// The one that they want.
    pub new: SecretString,
}

const WRONG: Error = Error::Unauthenticated(Unauthenticated::WrongCredentials);

impl Identity<'_> {
    /// Changes the caller's password. All their other sessions end, and the one by which they came goes
    /// on under a new token: whoever had got hold of the old one is out as well.
    pub async fn change_password(
        &self,
        caller: &Caller,
        command: ChangePassword,
    ) -> Result<SignedIn> {
        let (session_id, user_id) = caller.require_session()?;
        let ChangePassword { current, new } = command;
        let user = users::find(user_id).first(self.app.database()).await?;
        let user = user.ok_or(Error::Unauthenticated(Unauthenticated::NoSession))?;
        let inner = &self.app.inner;
        if !inner.passwords.check(&current, Some(&user.password_hash)).await? {
            return self.refuse_change(caller, user_id).await;
        }
        if let Some(mut fault) = password_fault(&new) {
            fault.pointer = Pointer::from_text("/new");
            return Err(Error::invalid("the password cannot be used", vec![fault]));
        }
        let randomness = std::sync::Arc::clone(&inner.randomness);
        let password_hash = inner.passwords.hash(&new, randomness).await?;
        let (token, hash) = new_token(TokenKind::Session, &*inner.randomness);
        let (now, checked, email) =
            (self.app.now(), user.password_hash.clone(), user.email.clone());
        let session = NewSession {
            id: session_id,
            user_id,
            token_hash: *hash.bytes(),
            created_at: now,
            expires_at: now + inner.session_times.longest,
            address: None,
            client: None,
        };
        let (row, trail) = (session.clone(), self.app.trail(caller));
        let changed = self.app.audited(move |tx| {
            // Ended, deactivated or changed elsewhere since it was looked at: the later one gives way.
            let session = sessions::find_by_id(session_id).first_in(tx)?;
            if session.is_none_or(|session| !session.active) {
                return Err(Error::Unauthenticated(Unauthenticated::NoSession));
            }
            let user = users::find(user_id).first_in(tx)?;
            if user.is_none_or(|user| user.password_hash != checked) {
                return Err(WRONG);
            }
            users::set_password(user_id, &password_hash, now).run_in(tx)?;
            // Whoever fears for their account may fear for a link that lies about as well.
            invitations::delete_for(&email).run_in(tx)?;
            let ended = sessions::delete_others_of_user(user_id, session_id).run_in(tx)?;
            sessions::rotate(session_id, &row.token_hash, now, row.expires_at).run_in(tx)?;
            tx.notify(RIGHTS_CHANNEL, user_id.to_string());
            let (target, detail) = (Target::new("user", &user_id), json!({ "sessions": ended }));
            trail.done(tx, AuditAction::PasswordChange, target, detail)
        });
        changed.await?;
        inner.sessions.forget_user(user_id);
        Ok(signed_in(&session, token, user))
    }

    async fn refuse_change(&self, caller: &Caller, user_id: UserId) -> Result<SignedIn> {
        let trail = self.app.trail(caller);
        let recorded = self.app.audited(move |tx| {
            let (action, target) = (AuditAction::PasswordChange, Target::new("user", &user_id));
            trail.record(tx, action, AuditOutcome::Refused, target, Value::Null)
        });
        recorded.await?;
        Err(WRONG)
    }
}
