//! The caller's own account: who they are, and what they may do.

use gathering_domain::{Actor, AuditAction, Permission, ProjectId, Role};
use gathering_storage::{projects, users};
use serde_json::json;

use super::{Identity, User, email::checked_name};
use crate::{Caller, Credential, Error, Result, Scopes, audit::Target};

/// Who the caller is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Me {
    /// The actor that changes record.
    pub actor: Actor,
    /// Their role on the server.
    pub server_role: Role,
    /// Their role in the project in which they act.
    pub role: Option<Role>,
    /// The project in which they act, and its name.
    pub project: Option<(ProjectId, String)>,
    /// By what they have shown who they are.
    pub credential: Credential,
    /// What they may use of their rights, if not all.
    pub scopes: Option<Vec<Permission>>,
    /// What they may do.
    pub permissions: Vec<Permission>,
    /// The person, where the caller is one.
    pub user: Option<User>,
}

impl Identity<'_> {
    /// Who the caller is.
    pub async fn me(&self, caller: &Caller) -> Result<Me> {
        let database = self.app.database();
        let user = match caller.actor() {
            Actor::User { user_id } => users::find(user_id).first(database).await?,
            Actor::Agent { .. } | Actor::LocalOwner | Actor::System => None,
        };
        let project = match caller.here() {
            Some(id) => projects::find(id).first(database).await?,
            None => None,
        };
        let scopes = match caller.scopes() {
            Scopes::All => None,
            Scopes::Only(some) => Some(some.to_vec()),
        };
        Ok(Me {
            actor: caller.actor(),
            server_role: caller.server_role(),
            role: caller.here().map(|_| caller.role()),
            project: project.map(|project| (project.id, project.name)),
            credential: caller.credential(),
            scopes,
            permissions: caller.permissions(),
            user: user.map(User::from),
        })
    }

    /// Gives the caller another name. Takes a session: a program does not change its holder's account.
    pub async fn rename(&self, caller: &Caller, name: &str) -> Result<Me> {
        let (_, user_id) = caller.require_session()?;
        let name = checked_name(name)
            .map_err(|fault| Error::invalid("the name cannot be taken", vec![fault]))?;
        let (now, trail) = (self.app.now(), self.app.trail(caller));
        let renamed = self.app.audited(move |tx| {
            let found = users::find(user_id).first_in(tx)?;
            let user = found.ok_or_else(|| Error::not_found("user", user_id))?;
            if user.name == name {
                return Ok(());
            }
            let detail = json!({ "name": { "from": user.name, "to": name } });
            users::update(&users::UserRow { name: name.clone(), ..user }, now).run_in(tx)?;
            trail.done(tx, AuditAction::UserUpdate, Target::new("user", &user_id), detail)
        });
        renamed.await?;
        self.me(caller).await
    }
}
