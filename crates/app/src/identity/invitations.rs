//! Invitations: one-time links by which somebody becomes a user.
//!
//! What they share with links for passwords is here as well.

mod accept;
mod invite;
mod maker;

use gathering_domain::{Actor, AuditAction, InvitationId, Permission, Role, Timestamp, UserId};
pub use gathering_storage::invitations::Joining;
use gathering_storage::invitations::{self as rows, InvitationRow};
use secrecy::SecretString;
use serde_json::json;

pub use accept::Accept;
pub use invite::Invite;
pub(super) use invite::replace;
pub(super) use maker::{may_make_links, still_good};

use crate::{App, Caller, Error, Page, PageRequest, Result, audit::Target};

/// The most links that are open at once: invitations, and links for new passwords.
pub(super) const MOST_LINKS: u32 = 1_000;

/// Use cases of invitations.
#[derive(Clone)]
pub struct Invitations<'a> {
    pub(crate) app: &'a App,
}

/// A one-time link that can be used: an invitation, or one by which a user sets a new password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Whose password it sets; none for an invitation.
    pub user_id: Option<UserId>,
    /// Whom it is for, in lower case.
    pub email: String,
    /// The role that they will have on the server; of a user, the one that they had when it was made.
    pub role: Role,
    /// The projects of which they will be a member.
    pub projects: Vec<Joining>,
    /// Who made it.
    pub actor: Actor,
    /// When.
    pub created_at: Timestamp,
    /// From when on it cannot be used.
    pub expires_at: Timestamp,
}

/// An invitation just made.
#[derive(Debug, Clone)]
pub struct Invited {
    /// The invitation.
    pub invitation: Invitation,
    /// Its token, told once and never stored; none where the same request came before.
    pub token: Option<SecretString>,
}

impl Invitations<'_> {
    /// Invitations and links for passwords that can be used, in the order in which they were made.
    pub async fn list(&self, caller: &Caller, page: PageRequest) -> Result<Page<Invitation>> {
        caller.require_any(Permission::UserWrite)?;
        let limit = page.limit()?;
        let found = rows::list(page.after()?, self.app.now(), limit + 1);
        let found = found.all(self.app.database()).await?;
        Ok(Page::of(found, limit, |row| row.id.to_string()).map(Invitation::from))
    }

    /// Takes an invitation, or a link for a password, back.
    pub async fn delete(&self, caller: &Caller, id: InvitationId) -> Result<()> {
        caller.require_any(Permission::UserWrite)?;
        let (now, trail) = (self.app.now(), self.app.trail(caller));
        let deleted = self.app.audited(move |tx| {
            let found = rows::find(id, now).first_in(tx)?;
            let row = found.ok_or_else(|| Error::not_found("invitation", id))?;
            rows::delete(id).run_in(tx)?;
            let detail = json!({ "email": row.email, "user": row.user_id });
            trail.done(tx, AuditAction::InvitationDelete, Target::new("invitation", &id), detail)
        });
        deleted.await
    }
}

impl From<InvitationRow> for Invitation {
    fn from(row: InvitationRow) -> Self {
        let InvitationRow {
            id, user_id, email, role, projects, actor, created_at, expires_at, ..
        } = row;
        Self { id, user_id, email, role, projects, actor, created_at, expires_at }
    }
}
