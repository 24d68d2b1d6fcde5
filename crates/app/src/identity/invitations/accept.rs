//! Becoming a user by an invitation.

use gathering_domain::{Actor, AuditAction};
use gathering_storage::{
    invitations::{self as rows, InvitationRow},
    memberships, projects, sessions,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::still_good;
use crate::{
    Error, Origin, Result, Unauthenticated,
    audit::{Target, Who},
    identity::{
        CreateUser, Identity, SignedIn,
        sign_in::signed_in,
        token::{TokenHash, TokenKind, hash_token},
        users::add,
    },
    projects::require_place,
};

const WRONG: Error = Error::Unauthenticated(Unauthenticated::WrongInvitation);

/// Becomes a user by an invitation.
#[derive(Debug, Clone)]
pub struct Accept {
    /// The invitation's token.
    pub token: SecretString,
    /// What they are called.
    pub name: String,
    /// Their password.
    pub password: SecretString,
    /// Where the request came from.
    pub origin: Origin,
}

impl Identity<'_> {
    /// Makes the user who was invited, a member of the projects that the invitation names and that are
    /// still open, and signs them in. The invitation is used up.
    pub async fn accept(&self, command: Accept) -> Result<SignedIn> {
        let Accept { token, name, password, origin } = command;
        let hash = hash_token(TokenKind::Invitation, token.expose_secret()).ok_or(WRONG)?;
        let now = self.app.now();
        // Asked before the password is hashed, which is much work, and again when the user is made.
        let found = rows::find_by_token(hash.bytes(), now).first(self.app.database()).await?;
        let InvitationRow { email, role, .. } = invitation(found, &hash)?;
        let user = self.new_user(CreateUser { email, name, role, password }).await?;
        let (session, token) = self.new_session(&user, &origin);
        let (row, session_row) = (user.clone(), session.clone());
        let who = Who { session_id: Some(session.id), ..Who::unknown(&origin) };
        let trail = self.app.trail_of(Who { actor: Some(Actor::User { user_id: user.id }), ..who });
        let accepted = self.app.audited(move |tx| {
            let found = rows::find_by_token(hash.bytes(), now).first_in(tx)?;
            let found = still_good(tx, found)?;
            let InvitationRow { id, projects, .. } = invitation(found, &hash)?;
            add(tx, &row)?;
            for joining in &projects {
                let project = projects::find(joining.project_id).first_in(tx)?;
                if project.is_some_and(|project| project.closed_at.is_none()) {
                    require_place(tx, joining.project_id)?;
                    let since = row.created_at;
                    memberships::put(joining.project_id, row.id, joining.role, since).run_in(tx)?;
                }
            }
            sessions::insert(&session_row).run_in(tx)?;
            let detail = json!({ "email": row.email, "role": row.role, "invitation": id });
            trail.done(tx, AuditAction::InvitationAccept, Target::new("user", &row.id), detail)
        });
        accepted.await?;
        Ok(signed_in(&session, token, user))
    }
}

/// The invitation of the token: found by its hash, and compared again in constant time.
fn invitation(found: Option<InvitationRow>, hash: &TokenHash) -> Result<InvitationRow> {
    let is = |row: &InvitationRow| row.user_id.is_none() && hash.matches(&row.token_hash);
    found.filter(is).ok_or(WRONG)
}
