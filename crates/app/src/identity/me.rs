//! The caller's own account.

use gathering_domain::{Actor, AuditAction};
use gathering_storage::users;
use serde_json::json;

use super::{Identity, Me, User, email::checked_name};
use crate::{Caller, Error, Result, audit::Target};

impl Identity<'_> {
    /// Who the caller is.
    pub async fn me(&self, caller: &Caller) -> Result<Me> {
        let user = match caller.actor() {
            Actor::User { user_id } => users::find(user_id).first(self.app.database()).await?,
            Actor::Agent { .. } | Actor::LocalOwner | Actor::System => None,
        };
        Ok(Me { actor: caller.actor(), role: caller.role(), user: user.map(User::from) })
    }

    /// Gives the caller another name. Takes a session: a program does not change its holder's account.
    pub async fn rename(&self, caller: &Caller, name: &str) -> Result<Me> {
        let (Some(_), Actor::User { user_id }) = (caller.session(), caller.actor()) else {
            return Err(Error::SessionRequired);
        };
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
