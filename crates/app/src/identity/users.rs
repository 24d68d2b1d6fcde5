//! Users: made, listed and deactivated by an owner.

use gathering_domain::{AuditAction, Permission, Role, UserId};
use gathering_storage::{memberships, sessions, users};
use serde_json::{Value, json};

use super::{CreateUser, Me, RIGHTS_CHANNEL, User};
use crate::{
    App, Caller, Conflict, Error, Page, PageRequest, Result, audit::Target, identity::Identity,
};

/// The most users of a server.
const MOST_USERS: u64 = 10_000;

/// Use cases of users.
#[derive(Clone)]
pub struct Users<'a> {
    pub(crate) app: &'a App,
}

impl Users<'_> {
    /// Makes a user, a member of the server's own project where their role needs a membership.
    pub async fn create(&self, caller: &Caller, command: CreateUser) -> Result<User> {
        caller.require_any(Permission::UserWrite)?;
        let user = Identity { app: self.app }.new_user(command).await?;
        let (row, trail, home) = (user.clone(), self.app.trail(caller), self.app.project());
        self.app
            .audited(move |tx| {
                if users::find_by_email(&row.email).first_in(tx)?.is_some() {
                    let message = format!("there is a user `{}` already", row.email);
                    return Err(Error::conflict(Conflict::NameTaken, message));
                }
                let (count,) = users::count().first_in(tx)?.unwrap_or_default();
                if count >= MOST_USERS {
                    return Err(Error::Limit { what: "users", most: MOST_USERS });
                }
                users::insert(&row).run_in(tx)?;
                if !row.role.holds_everywhere() {
                    memberships::put(home, row.id, row.role, row.created_at).run_in(tx)?;
                }
                let detail = json!({ "email": row.email, "role": row.role });
                trail.done(tx, AuditAction::UserCreate, Target::new("user", &row.id), detail)
            })
            .await?;
        Ok(user.into())
    }

    /// Users, in the order in which they were made.
    pub async fn list(&self, caller: &Caller, page: PageRequest) -> Result<Page<User>> {
        caller.require_any(Permission::UserRead)?;
        let limit = page.limit()?;
        let rows = users::list(page.after()?, limit + 1).all(self.app.database()).await?;
        Ok(Page::of(rows, limit, |row| row.id.to_string()).map(User::from))
    }

    /// Ends all sessions of a user and lets them open no other.
    pub async fn deactivate(&self, caller: &Caller, id: UserId) -> Result<User> {
        caller.require_any(Permission::UserWrite)?;
        let (now, trail) = (self.app.now(), self.app.trail(caller));
        let user = self.app.audited(move |tx| {
            let found = users::find(id).first_in(tx)?;
            let mut user = found.ok_or_else(|| Error::not_found("user", id))?;
            let (owners,) = users::count_active(Role::Owner).first_in(tx)?.unwrap_or_default();
            if user.role == Role::Owner && user.active && owners <= 1 {
                let message = "this is the last owner who can sign in";
                return Err(Error::conflict(Conflict::LastOwner, message));
            }
            users::set_active(id, false, now).run_in(tx)?;
            sessions::delete_of_user(id).run_in(tx)?;
            tx.notify(RIGHTS_CHANNEL, id.to_string());
            user.active = false;
            let target = Target::new("user", &id);
            trail.done(tx, AuditAction::UserDeactivate, target, Value::Null)?;
            Ok(user)
        });
        let user = user.await?;
        self.app.inner.sessions.clear();
        Ok(user.into())
    }
}

impl Identity<'_> {
    /// Who the caller is.
    pub async fn me(&self, caller: &Caller) -> Result<Me> {
        let user = match caller.actor() {
            gathering_domain::Actor::User { user_id } => {
                users::find(user_id).first(self.app.database()).await?
            }
            gathering_domain::Actor::Agent { .. }
            | gathering_domain::Actor::LocalOwner
            | gathering_domain::Actor::System => None,
        };
        Ok(Me { actor: caller.actor(), role: caller.role(), user: user.map(User::from) })
    }
}
