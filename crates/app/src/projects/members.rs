//! Who belongs to a project.

use gathering_domain::{AuditAction, Permission, ProjectId, Role, Timestamp, UserId};
use gathering_storage::{
    Tx,
    memberships::{self as rows, MemberRow},
    users,
};
use serde_json::json;

use super::{Projects, open, require_reach};
use crate::{Caller, Error, Page, PageRequest, Result, audit::Target, identity::rights_changed};

/// The most members of a project.
const MOST_MEMBERS: u64 = 1_000;

/// A member of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The user.
    pub user_id: UserId,
    /// Their address.
    pub email: String,
    /// What they are called.
    pub name: String,
    /// Whether they may sign in.
    pub active: bool,
    /// Their role in the project; never more than their role on the server.
    pub role: Role,
    /// Since when they are a member.
    pub created_at: Timestamp,
    /// Since when in this role.
    pub updated_at: Timestamp,
}

/// Makes somebody a member, or gives a member another role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PutMember {
    /// The project.
    pub project_id: ProjectId,
    /// Who.
    pub user_id: UserId,
    /// `member` or `viewer`.
    pub role: Role,
}

impl Projects<'_> {
    /// The members of a project, in the order in which they became users.
    pub async fn members(
        &self,
        caller: &Caller,
        id: ProjectId,
        page: PageRequest,
    ) -> Result<Page<Member>> {
        caller.require_any(Permission::ProjectWrite)?;
        let (limit, after) = (page.limit()?, page.after()?);
        self.get(caller, id).await?;
        let found = rows::of_project(id, after, limit + 1).all(self.app.database()).await?;
        Ok(Page::of(found, limit, |row| row.user_id.to_string()).map(Member::from))
    }

    /// Makes somebody a member, or gives a member another role. It holds for their next request.
    pub async fn put_member(&self, caller: &Caller, command: PutMember) -> Result<Member> {
        caller.require_any(Permission::ProjectWrite)?;
        let PutMember { project_id, user_id, role } = command;
        require_reach(caller, project_id)?;
        if role.holds_everywhere() {
            let message = "a role in a project is `member` or `viewer`";
            return Err(Error::invalid_field("/role", "invalid_role", message));
        }
        let (now, trail) = (self.app.now(), self.app.trail(caller));
        let put = self.app.audited(move |tx| {
            open(tx, project_id)?;
            let found = users::find(user_id).first_in(tx)?;
            let user = found.ok_or_else(|| Error::not_found("user", user_id))?;
            let before = rows::find(project_id, user_id).first_in(tx)?;
            let created_at = before.as_ref().map_or(now, |before| before.created_at);
            let same = before.as_ref().filter(|before| before.role == role);
            let member = Member {
                user_id,
                email: user.email,
                name: user.name,
                active: user.active,
                role,
                created_at,
                updated_at: same.map_or(now, |before| before.updated_at),
            };
            if same.is_some() {
                return Ok(member);
            }
            if before.is_none() {
                require_place(tx, project_id)?;
            }
            rows::put(project_id, user_id, role, now).run_in(tx)?;
            rights_changed(tx, user_id);
            let from = before.map(|before| before.role);
            let detail = json!({ "user": user_id, "role": { "from": from, "to": role } });
            trail.done(tx, AuditAction::MemberPut, Target::new("project", &project_id), detail)?;
            Ok(member)
        });
        let member = put.await?;
        self.app.inner.sessions.clear();
        Ok(member)
    }

    /// Takes a member out of a project.
    pub async fn delete_member(
        &self,
        caller: &Caller,
        project_id: ProjectId,
        user_id: UserId,
    ) -> Result<()> {
        caller.require_any(Permission::ProjectWrite)?;
        require_reach(caller, project_id)?;
        let trail = self.app.trail(caller);
        let deleted = self.app.audited(move |tx| {
            open(tx, project_id)?;
            if rows::delete(project_id, user_id).run_in(tx)? == 0 {
                return Err(Error::not_found("member", user_id));
            }
            rights_changed(tx, user_id);
            let detail = json!({ "user": user_id });
            trail.done(tx, AuditAction::MemberDelete, Target::new("project", &project_id), detail)
        });
        deleted.await?;
        self.app.inner.sessions.clear();
        Ok(())
    }
}

/// Refuses one more member of a project that has as many as it may.
pub(crate) fn require_place(tx: &mut Tx<'_>, id: ProjectId) -> Result<()> {
    let (count,) = rows::count_of_project(id).first_in(tx)?.unwrap_or_default();
    if count >= MOST_MEMBERS {
        return Err(Error::Limit { what: "members of a project", most: MOST_MEMBERS });
    }
    Ok(())
}

impl From<MemberRow> for Member {
    fn from(row: MemberRow) -> Self {
        let MemberRow { user_id, email, name, active, role, created_at, updated_at } = row;
        Self { user_id, email, name, active, role, created_at, updated_at }
    }
}
