//! Who calls a use case, and what they may do.

use gathering_domain::{Actor, Permission, ProjectId, Role, SessionId};

use crate::{Error, Result};

/// Who calls, with the role that they have at this moment.
///
/// One project exists so far, so every caller is a member of it with the role of the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    actor: Actor,
    role: Role,
    project_id: ProjectId,
    session_id: Option<SessionId>,
}

impl Caller {
    /// A person with a session.
    pub(crate) const fn user(
        actor: Actor,
        role: Role,
        project_id: ProjectId,
        session_id: SessionId,
    ) -> Self {
        Self { actor, role, project_id, session_id: Some(session_id) }
    }

    /// A caller without a session: the local owner, the server itself, an agent in its run.
    pub const fn new(actor: Actor, role: Role, project_id: ProjectId) -> Self {
        Self { actor, role, project_id, session_id: None }
    }

    /// The person at the command line of the host that holds the store. May do everything.
    pub const fn local_owner(project_id: ProjectId) -> Self {
        Self::new(Actor::LocalOwner, Role::Owner, project_id)
    }

    /// Who it is, as changes record it.
    pub const fn actor(&self) -> Actor {
        self.actor
    }

    /// What they may do.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The project in which they act.
    pub const fn project(&self) -> ProjectId {
        self.project_id
    }

    /// The session by which they came, if by one.
    pub const fn session(&self) -> Option<SessionId> {
        self.session_id
    }

    /// Refuses unless the caller has the permission in the project.
    pub fn require(&self, permission: Permission, project_id: ProjectId) -> Result<()> {
        // Of a project in which they are not, a caller learns nothing, its existence included.
        if project_id != self.project_id {
            return Err(Error::not_found("project", project_id));
        }
        if self.role.allows(permission) { Ok(()) } else { Err(Error::Forbidden(permission)) }
    }

    /// As whom they look at runs that answer the messages of somebody's thread: those of others are not
    /// shown to them. Nobody, for whoever runs the server and sees all.
    pub(crate) fn looks_as(&self) -> Option<Actor> {
        (!self.role.allows(Permission::SystemRead)).then_some(self.actor)
    }

    /// Refuses unless the caller has the permission in the project in which they act.
    pub(crate) fn require_here(&self, permission: Permission) -> Result<ProjectId> {
        self.require(permission, self.project_id)?;
        Ok(self.project_id)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_caller_needs_the_permission_and_the_project() {
        let [here, there] = [1, 2].map(|n| ProjectId::from_uuid(Uuid::from_u128(n)));
        let viewer = Caller::new(Actor::System, Role::Viewer, here);
        assert!(viewer.require(Permission::Read, here).is_ok());
        assert_eq!(viewer.require(Permission::RunStart, here).unwrap_err().code(), "forbidden");
        assert_eq!(viewer.require(Permission::Read, there).unwrap_err().code(), "not_found");
    }
}
