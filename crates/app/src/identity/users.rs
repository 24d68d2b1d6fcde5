//! Users: made, listed and changed by an owner.

mod change;

use gathering_domain::{AuditAction, Permission, UserId, normal_email};
use gathering_storage::{
    Tx, invitations, memberships,
    users::{self, UserRow},
};
use serde_json::json;

pub use change::UpdateUser;

use super::{CreateUser, Identity, User};
use crate::{App, Caller, Conflict, Error, Page, PageRequest, Result, audit::Target};

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
        caller.refuse_key()?;
        let user = Identity { app: self.app }.new_user(command).await?;
        let (row, trail, home) = (user.clone(), self.app.trail(caller), self.app.project());
        self.app
            .audited(move |tx| {
                add(tx, &row)?;
                if !row.role.holds_everywhere() {
                    memberships::put(home, row.id, row.role, row.created_at).run_in(tx)?;
                }
                let detail = json!({ "email": row.email, "role": row.role });
                trail.done(tx, AuditAction::UserCreate, Target::new("user", &row.id), detail)
            })
            .await?;
        Ok(user.into())
    }

    /// The user of that id.
    pub async fn get(&self, caller: &Caller, id: UserId) -> Result<User> {
        caller.require_any(Permission::UserRead)?;
        let found = users::find(id).first(self.app.database()).await?;
        found.map(User::from).ok_or_else(|| Error::not_found("user", id))
    }

    /// The user of that address, in whatever case it is written.
    pub async fn find(&self, caller: &Caller, email: &str) -> Result<User> {
        caller.require_any(Permission::UserRead)?;
        let absent = || Error::not_found("user", email);
        let normal = normal_email(email).ok_or_else(absent)?;
        let found = users::find_by_email(&normal).first(self.app.database()).await?;
        found.map(User::from).ok_or_else(absent)
    }

    /// Users, in the order in which they were made.
    pub async fn list(&self, caller: &Caller, page: PageRequest) -> Result<Page<User>> {
        caller.require_any(Permission::UserRead)?;
        let limit = page.limit()?;
        let rows = users::list(page.after()?, limit + 1).all(self.app.database()).await?;
        Ok(Page::of(rows, limit, |row| row.id.to_string()).map(User::from))
    }
}

/// Stores a new user. An invitation for their address has done its work then.
pub(super) fn add(tx: &mut Tx<'_>, user: &UserRow) -> Result<()> {
    refuse_taken(tx, &user.email)?;
    let (count,) = users::count().first_in(tx)?.unwrap_or_default();
    if count >= MOST_USERS {
        return Err(Error::Limit { what: "users", most: MOST_USERS });
    }
    invitations::delete_for(&user.email).run_in(tx)?;
    users::insert(user).run_in(tx)?;
    Ok(())
}

/// Refuses an address that has a user.
pub(super) fn refuse_taken(tx: &mut Tx<'_>, email: &str) -> Result<()> {
    if users::find_by_email(email).first_in(tx)?.is_some() {
        let message = format!("there is a user `{email}` already");
        return Err(Error::conflict(Conflict::NameTaken, message));
    }
    Ok(())
}
