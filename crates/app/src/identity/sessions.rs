//! Sessions: seen and ended by their user, and by owners.

use gathering_domain::{AuditAction, Permission, SessionId, Timestamp, UserId};
use gathering_storage::{
    Tx,
    sessions::{self, OpenSessionRow},
    users,
};
use serde_json::json;

use super::RIGHTS_CHANNEL;
use crate::{
    App, Caller, Credential, Error, Page, PageRequest, Result,
    audit::{Target, Trail},
};

/// Use cases of sessions.
#[derive(Clone)]
pub struct Sessions<'a> {
    pub(crate) app: &'a App,
}

/// A session that is open, as its user may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was used last, within a minute.
    pub used_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// The address from which it was opened.
    pub address: Option<String>,
    /// With what it was opened, as that says of itself.
    pub client: Option<String>,
    /// Whether it is the one by which the caller came.
    pub current: bool,
}

impl Sessions<'_> {
    /// The caller's open sessions, in the order in which they were opened.
    pub async fn list(&self, caller: &Caller, page: PageRequest) -> Result<Page<Session>> {
        let (_, user_id) = caller.require_session()?;
        self.open(caller, user_id, page).await
    }

    /// The open sessions of a user.
    pub async fn list_of(
        &self,
        caller: &Caller,
        user_id: UserId,
        page: PageRequest,
    ) -> Result<Page<Session>> {
        caller.require_any(Permission::UserWrite)?;
        let user = users::find(user_id).first(self.app.database()).await?;
        user.ok_or_else(|| Error::not_found("user", user_id))?;
        self.open(caller, user_id, page).await
    }

    /// Ends one of the caller's sessions, which may be the one by which they came.
    pub async fn revoke(&self, caller: &Caller, id: SessionId) -> Result<()> {
        let (_, user_id) = caller.require_session()?;
        self.end(caller, user_id, id).await
    }

    /// Ends all of the caller's sessions but the one by which they came. Answers how many.
    pub async fn revoke_others(&self, caller: &Caller) -> Result<u64> {
        let (current, user_id) = caller.require_session()?;
        let trail = self.app.trail(caller);
        let ended = self.app.audited(move |tx| {
            let ended = sessions::delete_others_of_user(user_id, current).run_in(tx)?;
            tell(tx, &trail, user_id, ended)?;
            Ok(ended)
        });
        let ended = ended.await?;
        self.app.inner.sessions.forget_user(user_id);
        Ok(ended)
    }

    /// Ends a session of a user.
    pub async fn revoke_of(&self, caller: &Caller, user_id: UserId, id: SessionId) -> Result<()> {
        caller.require_any(Permission::UserWrite)?;
        self.end(caller, user_id, id).await
    }

    /// Ends all sessions of a user. Answers how many.
    pub async fn revoke_all_of(&self, caller: &Caller, user_id: UserId) -> Result<u64> {
        caller.require_any(Permission::UserWrite)?;
        let trail = self.app.trail(caller);
        let ended = self.app.audited(move |tx| {
            let user = users::find(user_id).first_in(tx)?;
            user.ok_or_else(|| Error::not_found("user", user_id))?;
            let ended = sessions::delete_of_user(user_id).run_in(tx)?;
            tell(tx, &trail, user_id, ended)?;
            Ok(ended)
        });
        let ended = ended.await?;
        self.app.inner.sessions.forget_user(user_id);
        Ok(ended)
    }

    async fn open(
        &self,
        caller: &Caller,
        user_id: UserId,
        page: PageRequest,
    ) -> Result<Page<Session>> {
        let (limit, after) = (page.limit()?, page.after()?);
        let idle = self.app.before(self.app.inner.session_times.idle);
        let rows = sessions::list_open(user_id, after, idle, self.app.now(), limit + 1);
        let rows = rows.all(self.app.database()).await?;
        let current = caller.session();
        Ok(Page::of(rows, limit, |row| row.id.to_string()).map(|row| Session::of(row, current)))
    }

    async fn end(&self, caller: &Caller, user_id: UserId, id: SessionId) -> Result<()> {
        let trail = self.app.trail(caller);
        let ended = self.app.audited(move |tx| {
            if sessions::delete_one_of_user(id, user_id).run_in(tx)? == 0 {
                return Err(Error::not_found("session", id));
            }
            tx.notify(RIGHTS_CHANNEL, user_id.to_string());
            let (target, detail) = (Target::new("session", &id), json!({ "user_id": user_id }));
            trail.done(tx, AuditAction::SessionRevoke, target, detail)
        });
        ended.await?;
        self.app.inner.sessions.forget(Credential::Session(id));
        Ok(())
    }
}

/// Tells that several sessions of a user have ended, if any has.
fn tell(tx: &mut Tx<'_>, trail: &Trail, user_id: UserId, ended: u64) -> Result<()> {
    if ended == 0 {
        return Ok(());
    }
    tx.notify(RIGHTS_CHANNEL, user_id.to_string());
    let (target, detail) = (Target::new("user", &user_id), json!({ "sessions": ended }));
    trail.done(tx, AuditAction::SessionRevoke, target, detail)
}

impl Session {
    fn of(row: OpenSessionRow, current: Option<SessionId>) -> Self {
        let OpenSessionRow { id, created_at, used_at, expires_at, address, client } = row;
        let current = current == Some(id);
        Self { id, created_at, used_at, expires_at, address, client, current }
    }
}
