//! Projects: what runs, definitions and secrets belong to, and who acts in them.

mod change;
mod members;

use gathering_domain::{Actor, Permission, ProjectId, Role, Timestamp};
use gathering_storage::{
    Tx, memberships,
    projects::{self as rows, JoinedProjectRow, ProjectRow},
};

pub use change::{EgressHosts, QuotaChange, QuotaChanges, UpdateProject};
pub(crate) use members::require_place;
pub use members::{Member, PutMember};

use crate::{App, Caller, Credential, Error, Page, PageRequest, Quotas, Result, Used};

/// The most projects of a server, closed ones included.
const MOST_PROJECTS: u64 = 1_000;

/// Use cases of projects.
#[derive(Clone)]
pub struct Projects<'a> {
    pub(crate) app: &'a App,
}

/// A project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// Its name.
    pub name: String,
    /// What the caller may do there; nothing in one that is closed.
    pub role: Option<Role>,
    /// Rises with each change; what `If-Match` names.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was closed, if it was.
    pub closed_at: Option<Timestamp>,
    /// The hosts to which the requests of its tools and actions are held; none where it does not narrow
    /// them.
    pub egress_hosts: Option<Vec<String>>,
    /// What it may use at most.
    pub quotas: Quotas,
}

impl Projects<'_> {
    /// The projects in which the caller may act, in the order in which they were made. An API key acts in
    /// its own alone.
    pub async fn list(&self, caller: &Caller, page: PageRequest) -> Result<Page<Project>> {
        let (limit, after) = (page.limit()?, page.after()?);
        let database = self.app.database();
        let found = match (caller.credential(), caller.actor()) {
            (Credential::Key(_), _) => {
                let own = self.get(caller, caller.project()).await;
                let own = own.into_iter().filter(|own| after.is_none_or(|after| own.id > after));
                own.collect()
            }
            (_, Actor::User { user_id }) if !caller.server_role().holds_everywhere() => {
                let found = rows::list_of_user(user_id, after, limit + 1).all(database).await?;
                found.into_iter().map(|row| joined(row, caller)).collect()
            }
            _ => {
                let found = rows::list_open(after, limit + 1).all(database).await?;
                let role = Some(caller.server_role());
                found.into_iter().map(|row| project(row, role)).collect()
            }
        };
        Ok(Page::of(found, limit, |project: &Project| project.id.to_string()))
    }

    /// The project of that id, if the caller may act there. Whoever changes projects sees closed ones as
    /// well.
    pub async fn get(&self, caller: &Caller, id: ProjectId) -> Result<Project> {
        let absent = || Error::not_found("project", id);
        require_reach(caller, id)?;
        let row = rows::find(id).first(self.app.database()).await?.ok_or_else(absent)?;
        if row.closed_at.is_some() {
            let shown = caller.allows(Permission::ProjectWrite);
            return shown.then(|| project(row, None)).ok_or_else(absent);
        }
        let role = self.role_in(caller, id).await?.ok_or_else(|| Error::other_project(id))?;
        Ok(project(row, Some(role)))
    }

    /// What a project in which the caller may act has used of its quotas.
    pub async fn used(&self, caller: &Caller, id: ProjectId) -> Result<Used> {
        self.get(caller, id).await?;
        self.app.used(id).await
    }

    async fn role_in(&self, caller: &Caller, id: ProjectId) -> Result<Option<Role>> {
        let server_role = caller.server_role();
        match caller.actor() {
            Actor::User { user_id } if !server_role.holds_everywhere() => {
                let found = memberships::find(id, user_id).first(self.app.database()).await?;
                Ok(found.map(|membership| server_role.and_no_more_than(membership.role)))
            }
            _ => Ok(Some(server_role)),
        }
    }
}

/// Refuses an API key that belongs to another project.
fn require_reach(caller: &Caller, id: ProjectId) -> Result<()> {
    if caller.api_key().is_some() && id != caller.project() {
        return Err(Error::other_project(id));
    }
    Ok(())
}

/// The project of that id, if it is not closed.
fn open(tx: &mut Tx<'_>, id: ProjectId) -> Result<ProjectRow> {
    let found = rows::find(id).first_in(tx)?.filter(|project| project.closed_at.is_none());
    found.ok_or_else(|| Error::not_found("project", id))
}

fn project(row: ProjectRow, role: Option<Role>) -> Project {
    let quotas = row.quotas().into();
    let ProjectRow { id, name, version, created_at, closed_at, egress_hosts, .. } = row;
    Project { id, name, role, version, created_at, closed_at, egress_hosts, quotas }
}

fn joined(row: JoinedProjectRow, caller: &Caller) -> Project {
    let quotas = row.quotas().into();
    let JoinedProjectRow { id, name, version, created_at, egress_hosts, role, .. } = row;
    let role = Some(caller.server_role().and_no_more_than(role));
    Project { id, name, role, version, created_at, closed_at: None, egress_hosts, quotas }
}
