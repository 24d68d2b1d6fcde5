//! From a token to a caller.

use gathering_domain::{Actor, Duration, Permission, ProjectId, Role, Timestamp};
use gathering_storage::{
    find_run,
    sessions::{self, SessionRow},
    users,
};

use super::{
    Identity,
    token::{TokenKind, hash_token},
};
use crate::{Caller, Credential, Error, Result, Scopes, Unauthenticated, caller::Place};

/// A session that is not used for so long ends.
pub(super) const IDLE: Duration = Duration::from_secs(7 * 24 * 3600);
/// How exactly the last use of a session is noted, so that not every request writes.
const NOTED_EVERY: Duration = Duration::from_secs(60);

impl Identity<'_> {
    /// The caller who holds the token, with the rights that they have now, in the project that the
    /// request names.
    ///
    /// The span in which this is asked learns their id, if it has a field `user.id`.
    pub async fn authenticate(&self, token: &str, project: Option<ProjectId>) -> Result<Caller> {
        let caller = self.holder(token, project).await?;
        if let Actor::User { user_id } = caller.actor() {
            tracing::Span::current().record("user.id", tracing::field::display(user_id));
        }
        Ok(caller)
    }

    async fn holder(&self, token: &str, project: Option<ProjectId>) -> Result<Caller> {
        let nobody = Error::Unauthenticated(Unauthenticated::NoSession);
        let Some(hash) = hash_token(TokenKind::Session, token) else { return Err(nobody) };
        let now = self.app.now();
        if let Some(caller) = self.app.inner.sessions.get(&(hash, project), now) {
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
        let place = self.place(session.user_id, session.role, project).await?;
        let caller = of_session(&session, place);
        self.app.inner.sessions.put((hash, project), caller.clone(), now, session.expires_at);
        Ok(caller)
    }

    /// The caller as they are now, if they may still look: for what lasts longer than a request.
    pub(crate) async fn still_allowed(&self, caller: &Caller) -> Result<Caller> {
        let Some(session_id) = caller.session() else { return Ok(caller.clone()) };
        let now = self.app.now();
        let session = sessions::find_by_id(session_id).first(self.app.database()).await?;
        let alive = session.filter(|session| alive(session, now));
        let session = alive.ok_or(Error::Unauthenticated(Unauthenticated::NoSession))?;
        let place = self.place(session.user_id, session.role, Some(caller.project())).await?;
        let caller = of_session(&session, place);
        caller.require_here(Permission::Read)?;
        Ok(caller)
    }

    /// The caller on whose behalf a run of a project acts: whoever started it, with the role that they
    /// have there now. A person who may not sign in any more, or has left the project, may not act
    /// through their runs either.
    pub async fn acting(&self, actor: Actor, project_id: ProjectId) -> Result<Caller> {
        let role = match actor {
            Actor::LocalOwner | Actor::System => Role::Owner,
            Actor::User { user_id } => {
                let user = users::find(user_id).first(self.app.database()).await?;
                let active = user.filter(|user| user.active);
                let user = active.ok_or(Error::Unauthenticated(Unauthenticated::NoSession))?;
                let place = self.place(user_id, user.role, Some(project_id)).await?;
                let of_user = (Credential::None, Scopes::All);
                return Ok(Caller::signed_in(actor, user.role, place, of_user.0, of_user.1));
            }
            Actor::Agent { run_id, .. } => {
                // An agent may do what whoever started its run may do, and no more.
                let run = find_run(run_id).first(self.app.database()).await?;
                let run = run.ok_or_else(|| Error::not_found("run", run_id))?;
                match run.actor {
                    Actor::Agent { .. } => return Err(Error::defect("find who started a run")),
                    starter => Box::pin(self.acting(starter, project_id)).await?.role(),
                }
            }
        };
        Ok(Caller::new(actor, role, project_id))
    }

    /// The person at the command line of the host that holds the store.
    pub fn local_owner(&self) -> Caller {
        Caller::local_owner(self.app.project())
    }
}

fn of_session(session: &SessionRow, place: Place) -> Caller {
    let actor = Actor::User { user_id: session.user_id };
    let credential = Credential::Session(session.id);
    Caller::signed_in(actor, session.role, place, credential, Scopes::All)
}

fn alive(session: &SessionRow, now: Timestamp) -> bool {
    session.active && now < session.expires_at && now < session.used_at + IDLE
}
