//! From a token to a caller.

use gathering_domain::{Actor, ApiKeyId, Permission, ProjectId, Role, Timestamp};
use gathering_storage::{
    api_keys::{self, ApiKeyRow},
    find_run,
    sessions::{self, SessionRow},
    users,
};

use super::{
    Identity,
    times::NOTED_EVERY,
    token::{TokenHash, TokenKind, hash_token},
};
use crate::{Caller, Credential, Error, NoProject, Result, Scopes, Unauthenticated, caller::Place};

/// The answer to whoever has no valid token, whatever is wrong with it.
const NOBODY: Error = Error::Unauthenticated(Unauthenticated::NoSession);
/// The answer to a run whose starter is nobody any more.
const NO_STARTER: Error = Error::Unauthenticated(Unauthenticated::NoStarter);

impl Identity<'_> {
    /// The caller who holds the token of a session, or an API key, with the rights that they have now,
    /// in the project that the request names.
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
        let mut kinds = [TokenKind::Session, TokenKind::Key].into_iter();
        let found = kinds.find_map(|kind| Some((kind, hash_token(kind, token)?)));
        let (kind, hash) = found.ok_or(NOBODY)?;
        let (now, cache) = (self.app.now(), &self.app.inner.sessions);
        let since = match cache.get(&(hash, project), now) {
            Ok(caller) => return Ok(caller),
            Err(since) => since,
        };
        let (caller, ends) = match kind {
            TokenKind::Key => self.by_key(&hash, project, now).await?,
            _ => self.by_session(&hash, project, now).await?,
        };
        cache.put((hash, project), caller.clone(), since, now, ends);
        Ok(caller)
    }

    async fn by_session(
        &self,
        hash: &TokenHash,
        project: Option<ProjectId>,
        now: Timestamp,
    ) -> Result<(Caller, Timestamp)> {
        let session = sessions::find(hash.bytes()).first(self.app.database()).await?;
        // The index was asked for equal bytes; compared again in constant time, so that not even
        // its way of looking could be used to guess.
        let session = session.filter(|session| hash.matches(&session.token_hash));
        let ends = session.as_ref().and_then(|session| self.session_ends(session, now));
        let (Some(session), Some(ends)) = (session, ends) else { return Err(NOBODY) };
        if session.used_at + NOTED_EVERY <= now {
            self.app.write(sessions::touch(session.id, now)).await?;
        }
        let place = self.place(session.user_id, session.role, project).await;
        let nowhere = || of_session(&session, Place::Nowhere(NoProject::None));
        let place = place.map_err(|error| error.refusing(nowhere()))?;
        Ok((of_session(&session, place), ends))
    }

    async fn by_key(
        &self,
        hash: &TokenHash,
        project: Option<ProjectId>,
        now: Timestamp,
    ) -> Result<(Caller, Timestamp)> {
        let key = api_keys::find(hash.bytes()).first(self.app.database()).await?;
        let key = key.filter(|key| hash.matches(&key.token_hash) && key_holds(key, now));
        let key = key.ok_or(NOBODY)?;
        let place = self.place_of_key(&key).await?;
        if let Some(other) = project.filter(|named| *named != key.project_id) {
            return Err(Error::other_project(other).refusing(of_key(&key, place)));
        }
        if key.used_at.is_none_or(|used_at| used_at + NOTED_EVERY <= now) {
            self.app.write(api_keys::touch(key.id, now)).await?;
        }
        Ok((of_key(&key, place), key.expires_at.unwrap_or(now)))
    }

    /// The caller as they are now, if they may still look: for what lasts longer than a request.
    pub async fn still_allowed(&self, caller: &Caller) -> Result<Caller> {
        let (now, database) = (self.app.now(), self.app.database());
        let caller = match caller.credential() {
            Credential::None => return Ok(caller.clone()),
            Credential::Session(id) => {
                let session = sessions::find_by_id(id).first(database).await?;
                let alive = session.filter(|session| self.session_ends(session, now).is_some());
                let session = alive.ok_or(NOBODY)?;
                let here = Some(caller.project());
                let place = self.place(session.user_id, session.role, here).await?;
                of_session(&session, place)
            }
            Credential::Key(id) => {
                let key = api_keys::find_by_id(id).first(database).await?;
                let key = key.filter(|key| key_holds(key, now)).ok_or(NOBODY)?;
                of_key(&key, self.place_of_key(&key).await?)
            }
        };
        caller.require_here(Permission::Read)?;
        Ok(caller)
    }

    /// When a session ends if it is not used any more; none if it has ended.
    fn session_ends(&self, session: &SessionRow, now: Timestamp) -> Option<Timestamp> {
        let idle = session.used_at + self.app.inner.session_times.idle;
        let ends = session.expires_at.min(idle);
        (session.active && now < ends).then_some(ends)
    }

    /// Where a key acts. Nobody's, once its user has left the project or that is closed.
    async fn place_of_key(&self, key: &ApiKeyRow) -> Result<Place> {
        match self.place(key.user_id, key.role, Some(key.project_id)).await {
            Err(Error::NotFound { .. } | Error::OtherProject { .. }) => Err(NOBODY),
            place => place,
        }
    }

    /// The caller on whose behalf a run of a project acts: whoever started it, with the role that they
    /// have there now. By an API key no more than its scopes, and nothing once it has ended. A person who
    /// may not sign in any more, or has left the project, may not act through their runs either.
    pub async fn acting(
        &self,
        actor: Actor,
        key: Option<ApiKeyId>,
        project_id: ProjectId,
    ) -> Result<Caller> {
        let database = self.app.database();
        match (actor, key) {
            (Actor::LocalOwner | Actor::System, None) => {
                Ok(Caller::new(actor, Role::Owner, project_id))
            }
            (Actor::User { user_id }, None) => {
                let user = users::find(user_id).first(database).await?;
                let role = user.filter(|user| user.active).ok_or(NO_STARTER)?.role;
                let place = self.place(user_id, role, Some(project_id)).await.map_err(gone)?;
                Ok(Caller::signed_in(actor, role, place, Credential::None, Scopes::All))
            }
            (Actor::User { user_id }, Some(id)) => {
                let (key, now) = (api_keys::find_by_id(id).first(database).await?, self.app.now());
                let theirs =
                    |key: &ApiKeyRow| (key.user_id, key.project_id) == (user_id, project_id);
                let key = key.filter(|key| key_holds(key, now) && theirs(key)).ok_or(NO_STARTER)?;
                let place = self.place_of_key(&key).await.map_err(gone)?;
                Ok(of_key(&key, place))
            }
            // Nobody else has a key.
            (Actor::LocalOwner | Actor::System, Some(_)) => Err(NO_STARTER),
            (Actor::Agent { run_id, .. }, _) => {
                // An agent may do what whoever started its run may do, and no more.
                let run = find_run(run_id).first(database).await?;
                let run = run.ok_or_else(|| Error::not_found("run", run_id))?;
                match run.actor {
                    Actor::Agent { .. } => Err(Error::defect("find who started a run")),
                    starter => {
                        let starter = self.acting(starter, run.api_key_id, project_id);
                        Ok(Box::pin(starter).await?.lent_to(actor))
                    }
                }
            }
        }
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

fn of_key(key: &ApiKeyRow, place: Place) -> Caller {
    let actor = Actor::User { user_id: key.user_id };
    let scopes = Scopes::Only(key.scopes.as_slice().into());
    Caller::signed_in(actor, key.role, place, Credential::Key(key.id), scopes)
}

fn key_holds(key: &ApiKeyRow, now: Timestamp) -> bool {
    key.active && key.expires_at.is_some_and(|end| now < end)
}

/// Who has left the project of their run is nobody there.
fn gone(error: Error) -> Error {
    match error {
        Error::NotFound { .. } | Error::OtherProject { .. } | Error::Unauthenticated(_) => {
            NO_STARTER
        }
        error => error,
    }
}
