//! From a token to a caller.

use gathering_domain::{Actor, Duration, Permission, Role, Timestamp};
use gathering_storage::{
    find_run,
    sessions::{self, SessionRow},
    users,
};

use super::{
    Identity,
    token::{TokenKind, hash_token},
};
use crate::{Caller, Error, Result, Unauthenticated};

/// A session that is not used for so long ends.
pub(super) const IDLE: Duration = Duration::from_secs(7 * 24 * 3600);
/// How exactly the last use of a session is noted, so that not every request writes.
const NOTED_EVERY: Duration = Duration::from_secs(60);

impl Identity<'_> {
    /// The caller who holds the token, with the role that they have now.
    pub async fn authenticate(&self, token: &str) -> Result<Caller> {
        let nobody = Error::Unauthenticated(Unauthenticated::NoSession);
        let Some(hash) = hash_token(TokenKind::Session, token) else { return Err(nobody) };
        let now = self.app.now();
        if let Some(caller) = self.app.inner.sessions.get(&hash, now) {
            return Ok(caller);
        }
        let session = sessions::find(hash.bytes()).first(self.app.database()).await?;
        // The index was asked for equal bytes; compared again in constant time, so that not even
        // its way of looking could be used to guess.
        let Some(session) = session.filter(|session| hash.matches(&session.token_hash)) else {
            return Err(nobody);
        };
        if !alive(&session, now) {
            return Err(nobody);
        }
        if session.used_at + NOTED_EVERY <= now {
            self.app.write(sessions::touch(session.id, now)).await?;
        }
        let actor = Actor::User { user_id: session.user_id };
        let caller = Caller::user(actor, session.role, self.app.project(), session.id);
        self.app.inner.sessions.put(hash, caller.clone(), now, session.expires_at);
        Ok(caller)
    }

    /// The caller as they are now, if they may still look: for what lasts longer than a request.
    pub(crate) async fn still_allowed(&self, caller: &Caller) -> Result<Caller> {
        let Some(session_id) = caller.session() else { return Ok(caller.clone()) };
        let now = self.app.now();
        let session = sessions::find_by_id(session_id).first(self.app.database()).await?;
        let alive = session.filter(|session| alive(session, now));
        let session = alive.ok_or(Error::Unauthenticated(Unauthenticated::NoSession))?;
        let caller = Caller::user(caller.actor(), session.role, caller.project(), session_id);
        caller.require_here(Permission::Read)?;
        Ok(caller)
    }

    /// The caller on whose behalf a run acts: whoever started it, with the role that they have now.
    /// A person who may not sign in any more may not act through their runs either.
    pub async fn acting(&self, actor: Actor) -> Result<Caller> {
        let role = match actor {
            Actor::LocalOwner | Actor::System => Role::Owner,
            Actor::User { user_id } => {
                let user = users::find(user_id).first(self.app.database()).await?;
                let active = user.filter(|user| user.active);
                active.ok_or(Error::Unauthenticated(Unauthenticated::NoSession))?.role
            }
            Actor::Agent { run_id, .. } => {
                // An agent may do what whoever started its run may do, and no more.
                let run = find_run(run_id).first(self.app.database()).await?;
                let run = run.ok_or_else(|| Error::not_found("run", run_id))?;
                match run.actor {
                    Actor::Agent { .. } => return Err(Error::defect("find who started a run")),
                    starter => Box::pin(self.acting(starter)).await?.role(),
                }
            }
        };
        Ok(Caller::new(actor, role, self.app.project()))
    }

    /// The person at the command line of the host that holds the store.
    pub fn local_owner(&self) -> Caller {
        Caller::local_owner(self.app.project())
    }
}

fn alive(session: &SessionRow, now: Timestamp) -> bool {
    session.active && now < session.expires_at && now < session.used_at + IDLE
}
