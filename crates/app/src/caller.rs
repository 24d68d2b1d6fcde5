//! Who calls a use case, from where, and what they may do.

use std::{net::IpAddr, sync::Arc};

use gathering_domain::{Actor, ApiKeyId, Permission, ProjectId, Reach, Role, SessionId, UserId};
use uuid::Uuid;

use crate::{Error, Result};

/// Who calls, with the rights that they have at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    actor: Actor,
    /// On the server.
    role: Role,
    place: Place,
    credential: Credential,
    scopes: Scopes,
    origin: Option<Arc<Origin>>,
}

/// In which project a caller acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In this one, with this role.
    In(ProjectId, Role),
    /// In none, for this reason.
    Nowhere(NoProject),
}

/// Why a caller acts in no project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoProject {
    /// They belong to none.
    #[error("you are a member of no project: somebody who runs the server can make you one")]
    None,
    /// They belong to several, and named none.
    #[error("you are a member of several projects: name one in the header `Gathering-Project`")]
    Several,
}

/// By what a caller has shown who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// By nothing: the local owner, the server itself, an agent in its run.
    None,
    /// By the token of a session.
    Session(SessionId),
    /// By an API key.
    Key(ApiKeyId),
}

/// What a caller may use of their rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scopes {
    /// All of them.
    All,
    /// These.
    Only(Arc<[Permission]>),
}

/// Where a request came from, for the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The id of the request, as answers and logs name it.
    pub request_id: String,
    /// The address of the client.
    pub address: Option<IpAddr>,
    /// What the client says that it is.
    pub client: Option<String>,
}

impl Caller {
    /// A person who has shown who they are.
    pub(crate) const fn signed_in(
        actor: Actor,
        role: Role,
        place: Place,
        credential: Credential,
        scopes: Scopes,
    ) -> Self {
        Self { actor, role, place, credential, scopes, origin: None }
    }

    /// A caller without a credential: the local owner, the server itself, an agent in its run. The role
    /// is theirs on the server and in the project.
    pub const fn new(actor: Actor, role: Role, project_id: ProjectId) -> Self {
        let place = Place::In(project_id, role);
        Self::signed_in(actor, role, place, Credential::None, Scopes::All)
    }

    /// Somebody in whose name something is done, or refused, who may do nothing any more.
    pub(crate) fn without_rights(
        actor: Actor,
        key: Option<ApiKeyId>,
        project_id: ProjectId,
    ) -> Self {
        let place = Place::In(project_id, Role::Viewer);
        let credential = key.map_or(Credential::None, Credential::Key);
        Self::signed_in(actor, Role::Viewer, place, credential, Scopes::Only([].into()))
    }

    /// The person at the command line of the host that holds the store. May do everything.
    pub const fn local_owner(project_id: ProjectId) -> Self {
        Self::new(Actor::LocalOwner, Role::Owner, project_id)
    }

    /// The same, as a request from there.
    #[must_use]
    pub fn from(mut self, origin: Origin) -> Self {
        self.origin = Some(Arc::new(origin));
        self
    }

    /// Who it is, as changes record it.
    pub const fn actor(&self) -> Actor {
        self.actor
    }

    /// Their role in the project in which they act; in none, the least.
    pub const fn role(&self) -> Role {
        match self.place {
            Place::In(_, role) => role,
            Place::Nowhere(_) => Role::Viewer,
        }
    }

    /// Their role on the server.
    pub const fn server_role(&self) -> Role {
        self.role
    }

    /// The project in which they act; in none, an id that no project has.
    pub const fn project(&self) -> ProjectId {
        match self.place {
            Place::In(project_id, _) => project_id,
            Place::Nowhere(_) => ProjectId::from_uuid(Uuid::nil()),
        }
    }

    /// The project in which they act, if in one.
    pub const fn here(&self) -> Option<ProjectId> {
        match self.place {
            Place::In(project_id, _) => Some(project_id),
            Place::Nowhere(_) => None,
        }
    }

    /// By what they have shown who they are.
    pub const fn credential(&self) -> Credential {
        self.credential
    }

    /// The session by which they came, if by one.
    pub const fn session(&self) -> Option<SessionId> {
        match self.credential {
            Credential::Session(id) => Some(id),
            Credential::Key(_) | Credential::None => None,
        }
    }

    /// The API key by which they came, if by one.
    pub const fn api_key(&self) -> Option<ApiKeyId> {
        match self.credential {
            Credential::Key(id) => Some(id),
            Credential::Session(_) | Credential::None => None,
        }
    }

    /// What they may use of their rights.
    pub const fn scopes(&self) -> &Scopes {
        &self.scopes
    }

    /// What they may do, on the server and where they act.
    pub fn permissions(&self) -> Vec<Permission> {
        Permission::ALL.iter().copied().filter(|one| self.allows(*one)).collect()
    }

    /// The same rights, used by somebody on their behalf.
    pub(crate) fn lent_to(self, actor: Actor) -> Self {
        Self { actor, ..self }
    }

    /// The same, as they stand in another project.
    #[must_use]
    pub(crate) fn at(&self, place: Place) -> Self {
        Self { place, ..self.clone() }
    }

    /// The project in which they act; refuses who acts in none.
    pub(crate) const fn require_project(&self) -> Result<ProjectId> {
        match self.place {
            Place::In(project_id, _) => Ok(project_id),
            Place::Nowhere(why) => Err(Error::ProjectRequired(why)),
        }
    }

    /// The session by which a person came, and who that is; refuses everybody else. What is about an
    /// account is not for its keys.
    pub(crate) fn require_session(&self) -> Result<(SessionId, UserId)> {
        match (self.credential, self.actor) {
            (Credential::Session(session_id), Actor::User { user_id }) => Ok((session_id, user_id)),
            _ => Err(Error::SessionRequired),
        }
    }

    /// Refuses an API key. To let a person into the server, or to more of it, takes more than a key: one with
    /// the scope for it were worth every account, and would outlive its own end.
    pub(crate) const fn refuse_key(&self) -> Result<()> {
        match self.credential {
            Credential::Key(_) => Err(Error::SessionRequired),
            Credential::Session(_) | Credential::None => Ok(()),
        }
    }

    /// Where their request came from.
    pub fn origin(&self) -> Option<&Origin> {
        self.origin.as_deref()
    }

    /// Whether they have the permission: on the server, or in the project in which they act.
    pub fn allows(&self, permission: Permission) -> bool {
        let role = match (permission.reach(), self.place) {
            (Reach::Server, _) => Some(self.role),
            (Reach::Project, Place::In(_, role)) => Some(role),
            (Reach::Project, Place::Nowhere(_)) => None,
        };
        role.is_some_and(|role| role.allows(permission)) && self.scopes.include(permission)
    }

    /// Refuses unless the caller has the permission in the project.
    pub fn require(&self, permission: Permission, project_id: ProjectId) -> Result<()> {
        // Of a project in which they are not, a caller learns nothing, its existence included.
        if project_id != self.project() {
            return Err(Error::not_found("project", project_id));
        }
        self.require_any(permission)
    }

    /// Refuses unless the caller has the permission, on the server or in the project in which they act.
    pub fn require_any(&self, permission: Permission) -> Result<()> {
        if self.allows(permission) {
            return Ok(());
        }
        match (permission.reach(), self.place) {
            (Reach::Project, Place::Nowhere(why)) => Err(Error::ProjectRequired(why)),
            (Reach::Project | Reach::Server, _) => Err(Error::Forbidden(permission)),
        }
    }

    /// As whom they look at runs that answer the messages of somebody's thread: those of others are not
    /// shown to them. Nobody, for whoever runs the server and sees all.
    pub(crate) fn looks_as(&self) -> Option<Actor> {
        (!self.allows(Permission::SystemRead)).then_some(self.actor)
    }

    /// Whether they see a run that is this person's alone.
    pub(crate) fn sees_runs_of(&self, person: Actor) -> bool {
        self.looks_as().is_none_or(|actor| actor == person)
    }

    /// Refuses unless the caller has the permission in the project in which they act.
    pub(crate) fn require_here(&self, permission: Permission) -> Result<ProjectId> {
        self.require_any(permission)?;
        self.require_project()
    }
}

impl Scopes {
    /// Whether the permission is among them.
    pub fn include(&self, permission: Permission) -> bool {
        match self {
            Self::All => true,
            Self::Only(some) => some.contains(&permission),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(n: u128) -> ProjectId {
        ProjectId::from_uuid(Uuid::from_u128(n))
    }

    fn code(answer: Result<()>) -> &'static str {
        answer.map_or_else(|error| error.code(), |()| "allowed")
    }

    #[test]
    fn a_caller_needs_the_permission_and_the_project() {
        let viewer = Caller::new(Actor::System, Role::Viewer, project(1));
        assert_eq!(code(viewer.require(Permission::Read, project(1))), "allowed");
        assert_eq!(code(viewer.require(Permission::RunStart, project(1))), "forbidden");
        assert_eq!(code(viewer.require(Permission::Read, project(2))), "not_found");
    }

    #[test]
    fn rights_on_the_server_and_in_a_project_are_apart() {
        let place = Place::In(project(1), Role::Owner);
        let caller =
            Caller::signed_in(Actor::System, Role::Member, place, Credential::None, Scopes::All);
        assert_eq!(code(caller.require_any(Permission::ProviderWrite)), "allowed");
        assert_eq!(code(caller.require_any(Permission::UserWrite)), "forbidden");
        let nowhere = Place::Nowhere(NoProject::Several);
        let caller = Caller { role: Role::Owner, place: nowhere, ..caller };
        assert_eq!(code(caller.require_any(Permission::UserWrite)), "allowed");
        assert_eq!(code(caller.require_any(Permission::Read)), "project_required");
        assert_eq!(
            caller.require_here(Permission::UserWrite).unwrap_err().code(),
            "project_required"
        );
    }

    #[test]
    fn a_key_may_do_no_more_than_its_scopes() {
        let scopes = Scopes::Only([Permission::Read].into());
        let place = Place::In(project(1), Role::Owner);
        let key = Credential::Key(ApiKeyId::from_uuid(Uuid::nil()));
        let caller = Caller::signed_in(Actor::System, Role::Owner, place, key, scopes);
        assert_eq!(code(caller.require_any(Permission::Read)), "allowed");
        assert_eq!(code(caller.require_any(Permission::RunStart)), "forbidden");
    }
}
