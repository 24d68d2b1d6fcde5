//! Changing users: name, role, the right to sign in, and the password of one who cannot.

use gathering_domain::{Actor, AuditAction, Permission, Role, UserId};
use gathering_storage::{
    Tx, invitations,
    users::{self, UserRow},
};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::Users;
use crate::{
    Caller, Conflict, Error, Result,
    audit::{Target, Trail},
    identity::{
        Identity, User, email::checked_name, invitations::may_make_links, rights::end_sessions,
    },
};

/// What is changed of a user; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpdateUser {
    /// What they are called.
    pub name: Option<String>,
    /// Their role on the server.
    pub role: Option<Role>,
    /// Whether they may sign in.
    pub active: Option<bool>,
}

impl Users<'_> {
    /// Changes a user, if they are still at `version`. Another role, or to be deactivated, ends all of
    /// their sessions.
    pub async fn update(
        &self,
        caller: &Caller,
        id: UserId,
        command: UpdateUser,
        version: u64,
    ) -> Result<User> {
        self.change(caller, id, command, Some(version)).await
    }

    /// Ends all sessions of a user and lets them open no other.
    pub async fn deactivate(&self, caller: &Caller, id: UserId) -> Result<User> {
        let command = UpdateUser { active: Some(false), ..UpdateUser::default() };
        self.change(caller, id, command, None).await
    }

    /// Gives a user another password, and ends all of their sessions. For the command line alone: over
    /// the API nobody comes to know somebody else's password.
    pub async fn set_password(
        &self,
        caller: &Caller,
        id: UserId,
        password: SecretString,
    ) -> Result<User> {
        caller.require_any(Permission::UserWrite)?;
        let hash = Identity { app: self.app }.new_password(&password).await?;
        let (now, trail) = (self.app.now(), self.app.trail(caller));
        let user = self.app.audited(move |tx| {
            let mut user = find(tx, id)?;
            users::set_password(id, &hash, now).run_in(tx)?;
            user.version += 1;
            invitations::delete_for(&user.email).run_in(tx)?;
            end_sessions(tx, id)?;
            trail.done(tx, AuditAction::PasswordReset, Target::new("user", &id), Value::Null)?;
            Ok(user)
        });
        let user = user.await?;
        self.app.inner.sessions.clear();
        Ok(user.into())
    }

    async fn change(
        &self,
        caller: &Caller,
        id: UserId,
        command: UpdateUser,
        version: Option<u64>,
    ) -> Result<User> {
        caller.require_any(Permission::UserWrite)?;
        let UpdateUser { name, role, active } = command;
        if role.is_some() || active == Some(true) {
            caller.refuse_key()?;
        }
        let name = name.as_deref().map(checked_name).transpose();
        let name =
            name.map_err(|fault| Error::invalid("the user cannot be changed so", vec![fault]))?;
        let (now, trail) = (self.app.now(), self.app.trail(caller));
        let user = self.app.audited(move |tx| {
            let before = find(tx, id)?;
            let current = before.version;
            if version.is_some_and(|version| version != current) {
                return Err(Error::PreconditionFailed { noun: "user", current });
            }
            let mut user = UserRow {
                name: name.clone().unwrap_or_else(|| before.name.clone()),
                role: role.unwrap_or(before.role),
                active: active.unwrap_or(before.active),
                ..before.clone()
            };
            if user == before {
                return Ok(user);
            }
            keep_an_owner(tx, &before, &user)?;
            users::update(&user, now).run_in(tx)?;
            user.version += 1;
            if (user.role, user.active) != (before.role, before.active) {
                end_sessions(tx, id)?;
                end_links(tx, &user)?;
            }
            record(&trail, tx, &before, &user)?;
            Ok(user)
        });
        let user = user.await?;
        self.app.inner.sessions.clear();
        Ok(user.into())
    }
}

fn find(tx: &mut Tx<'_>, id: UserId) -> Result<UserRow> {
    users::find(id).first_in(tx)?.ok_or_else(|| Error::not_found("user", id))
}

/// A link for a new password ends with the rights that it would give, and what somebody made who may
/// make no links any more is worth nothing.
fn end_links(tx: &mut Tx<'_>, user: &UserRow) -> Result<()> {
    invitations::delete_for(&user.email).run_in(tx)?;
    if !may_make_links(user) {
        invitations::delete_of(Actor::User { user_id: user.id }).run_in(tx)?;
    }
    Ok(())
}

/// Refuses a change after which nobody could manage people.
fn keep_an_owner(tx: &mut Tx<'_>, before: &UserRow, after: &UserRow) -> Result<()> {
    let leads = |user: &UserRow| user.role == Role::Owner && user.active;
    if !leads(before) || leads(after) {
        return Ok(());
    }
    let (owners,) = users::count_active(Role::Owner).first_in(tx)?.unwrap_or_default();
    if owners <= 1 {
        let message = "this is the last owner who can sign in";
        return Err(Error::conflict(Conflict::LastOwner, message));
    }
    Ok(())
}

/// One entry for each thing that has changed.
fn record(trail: &Trail, tx: &mut Tx<'_>, before: &UserRow, after: &UserRow) -> Result<()> {
    let target = || Target::new("user", &after.id);
    if before.name != after.name {
        let detail = json!({ "name": { "from": before.name, "to": after.name } });
        trail.done(tx, AuditAction::UserUpdate, target(), detail)?;
    }
    if before.role != after.role {
        let detail = json!({ "role": { "from": before.role, "to": after.role } });
        trail.done(tx, AuditAction::UserRole, target(), detail)?;
    }
    match (before.active, after.active) {
        (true, false) => trail.done(tx, AuditAction::UserDeactivate, target(), Value::Null),
        (false, true) => trail.done(tx, AuditAction::UserReactivate, target(), Value::Null),
        (true, true) | (false, false) => Ok(()),
    }
}
