//! Inviting somebody.

use std::collections::HashSet;

use gathering_domain::{
    AuditAction, Duration, Fault, InvitationId, Permission, Pointer, ProjectId, Role,
};
use gathering_storage::{
    Idempotency, IdempotencyRow, Tx,
    invitations::{self as rows, InvitationRow},
    projects,
};
use serde_json::json;

use super::{Invitation, Invitations, Invited, Joining, MOST_LINKS};
use crate::{
    Caller, Error, Result,
    audit::Target,
    idempotency::asked_once,
    identity::{
        email::checked_email,
        token::{TokenKind, new_token},
        users::refuse_taken,
    },
};

/// The scope of idempotency keys of invitations.
const SCOPE: &str = "invitation.create";
/// How long an invitation can be used if nothing else is said.
const LASTS: Duration = Duration::from_secs(7 * 24 * 3600);
/// The shortest time for which one can be used.
const LASTS_LEAST: Duration = Duration::from_secs(3600);
/// The longest.
const LASTS_MOST: Duration = Duration::from_secs(30 * 24 * 3600);
/// The most projects of one invitation.
const MOST_PROJECTS: usize = 100;

/// Invites somebody.
#[derive(Debug, Clone)]
pub struct Invite {
    /// Their address.
    pub email: String,
    /// The role that they will have on the server.
    pub role: Role,
    /// The projects of which they will be a member. If absent, whoever needs a membership becomes a
    /// member of the project that the server made itself, with their role on the server.
    pub projects: Option<Vec<Joining>>,
    /// How long the invitation can be used; a week if absent.
    pub lasts: Option<Duration>,
    /// A second request with the same key answers the first invitation, without its token.
    pub idempotency_key: Option<String>,
}

impl Invitations<'_> {
    /// Invites somebody, in place of an older invitation for the same address.
    pub async fn create(&self, caller: &Caller, command: Invite) -> Result<Invited> {
        caller.require_any(Permission::UserWrite)?;
        caller.refuse_key()?;
        // Invitations belong to no project: their keys are kept in the one that is never closed.
        let home = self.app.project();
        let asked = asked(&command)?;
        if let Some(earlier) = self.app.made_before(home, asked.as_ref()).await? {
            let found = rows::find(id_of(&earlier), self.app.now());
            return repeated(found.first(self.app.database()).await?, &earlier);
        }
        let (email, lasts) = checked(&command)?;
        let Invite { role, projects, .. } = command;
        let of_home = || vec![Joining { project_id: home, role }];
        let projects = match projects {
            Some(projects) => projects,
            None if role.holds_everywhere() => Vec::new(),
            None => of_home(),
        };
        let (token, hash) = new_token(TokenKind::Invitation, &*self.app.inner.randomness);
        let created_at = self.app.now();
        let row = InvitationRow {
            id: InvitationId::next(&*self.app.inner.ids),
            user_id: None,
            email,
            role,
            projects,
            token_hash: hash.bytes().to_vec(),
            actor: caller.actor(),
            created_at,
            expires_at: created_at + lasts,
        };
        let (id, trail) = (row.id, self.app.trail(caller));
        let made = self.app.make_once(home, asked, id.uuid(), move |tx, earlier| {
            if let Some(earlier) = earlier {
                return repeated(rows::find(id_of(earlier), created_at).first_in(tx)?, earlier);
            }
            refuse_taken(tx, &row.email)?;
            require_open(tx, &row.projects)?;
            replace(tx, &row)?;
            let detail = json!({
                "email": row.email, "role": row.role, "projects": row.projects,
                "expires_at": row.expires_at.to_rfc3339(),
            });
            trail.done(
                tx,
                AuditAction::InvitationCreate,
                Target::new("invitation", &id),
                detail,
            )?;
            Ok(Invited { invitation: row.clone().into(), token: Some(token.clone()) })
        });
        made.await
    }
}

/// Stores a link, in place of another for the same address.
pub(in crate::identity) fn replace(tx: &mut Tx<'_>, link: &InvitationRow) -> Result<()> {
    rows::delete_ended(link.created_at, MOST_LINKS).run_in(tx)?;
    rows::delete_for(&link.email).run_in(tx)?;
    let (count,) = rows::count().first_in(tx)?.unwrap_or_default();
    let most = u64::from(MOST_LINKS);
    if count >= most {
        return Err(Error::Limit { what: "open invitations and links", most });
    }
    rows::insert(link).run_in(tx)?;
    Ok(())
}

/// What a repeated request is answered: the invitation as it was made, but for its token.
fn repeated(found: Option<InvitationRow>, earlier: &IdempotencyRow) -> Result<Invited> {
    let found = found.ok_or_else(|| Error::not_found("invitation", id_of(earlier)))?;
    Ok(Invited { invitation: Invitation::from(found), token: None })
}

const fn id_of(earlier: &IdempotencyRow) -> InvitationId {
    InvitationId::from_uuid(earlier.target_id)
}

fn asked(command: &Invite) -> Result<Option<Idempotency>> {
    let Invite { email, role, projects, lasts, idempotency_key } = command;
    asked_once(SCOPE, idempotency_key.clone(), || {
        let lasts = lasts.map(Duration::micros);
        json!({ "email": email, "role": role, "projects": projects, "lasts": lasts })
    })
}

/// The address as it is stored and how long the invitation lasts, or everything that is wrong.
fn checked(command: &Invite) -> Result<(String, Duration)> {
    let mut faults = Vec::new();
    let email = checked_email(&command.email).map_err(|fault| faults.push(fault));
    let lasts = command.lasts.unwrap_or(LASTS);
    if !(LASTS_LEAST..=LASTS_MOST).contains(&lasts) {
        let message = format!("an invitation lasts from {LASTS_LEAST} to {LASTS_MOST}");
        let place = Pointer::from_text("/expires_in_seconds");
        faults.push(Fault::new(place, "out_of_range", message));
    }
    let projects = command.projects.as_deref().unwrap_or_default();
    if projects.len() > MOST_PROJECTS {
        let message = format!("an invitation is for at most {MOST_PROJECTS} projects");
        faults.push(Fault::new(Pointer::from_text("/projects"), "out_of_range", message));
    }
    let mut seen: HashSet<ProjectId> = HashSet::new();
    for (at, joining) in projects.iter().enumerate() {
        if joining.role.holds_everywhere() {
            let message = "a role in a project is `member` or `viewer`";
            faults.push(Fault::new(place(at, "role"), "invalid_role", message));
        }
        if !seen.insert(joining.project_id) {
            let message = "this project is named twice";
            faults.push(Fault::new(place(at, "project_id"), "duplicate_project", message));
        }
    }
    match email {
        Ok(email) if faults.is_empty() => Ok((email, lasts)),
        Ok(_) | Err(()) => Err(Error::invalid("nobody can be invited so", faults)),
    }
}

/// Refuses projects that are not there, or are closed.
fn require_open(tx: &mut Tx<'_>, joining: &[Joining]) -> Result<()> {
    let mut faults = Vec::new();
    for (at, Joining { project_id, .. }) in joining.iter().enumerate() {
        let project = projects::find(*project_id).first_in(tx)?;
        if project.is_none_or(|project| project.closed_at.is_some()) {
            let message = format!("there is no project `{project_id}`");
            faults.push(Fault::new(place(at, "project_id"), "unknown_project", message));
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    Err(Error::invalid("nobody can be invited so", faults))
}

fn place(at: usize, field: &str) -> Pointer {
    Pointer::root().child("projects").child(at.to_string()).child(field)
}
