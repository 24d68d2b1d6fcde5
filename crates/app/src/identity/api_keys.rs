//! API keys: by which programs act for a person in one project, within scopes.

use gathering_domain::{
    Actor, ApiKeyId, AuditAction, Duration, Name, Permission, ProjectId, Timestamp, UserId,
};
use gathering_storage::{
    api_keys::{self, ApiKeyRow, NewApiKey},
    sessions, users,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::{
    RIGHTS_CHANNEL,
    token::{TokenKind, new_token},
};
use crate::{
    App, Caller, Credential, Error, Page, PageRequest, Result, Scopes, Unauthenticated,
    audit::Target, caller::Place,
};

/// The most keys of a user, those that have expired but are still shown included.
const MOST_KEYS: u64 = 100;
/// How long a key lasts that does not say.
const USUALLY_LASTS: Duration = Duration::from_secs(90 * 24 * 3600);
/// How long a key lasts at most.
const LASTS_AT_MOST: Duration = Duration::from_secs(366 * 24 * 3600);
/// How many letters of a key are shown again, after its prefix: too few to guess the rest by.
const HINT_CHARS: usize = 8;

/// Use cases of API keys.
#[derive(Clone)]
pub struct ApiKeys<'a> {
    pub(crate) app: &'a App,
}

/// Makes an API key.
#[derive(Debug, Clone)]
pub struct CreateKey {
    /// What it is called.
    pub name: String,
    /// Where it acts; if absent, where its user acts without naming a project.
    pub project_id: Option<ProjectId>,
    /// What it may do, at most.
    pub scopes: Vec<Permission>,
    /// When it ends; after 90 days if absent.
    pub expires_at: Option<Timestamp>,
}

/// An API key, without what proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// For whom it acts.
    pub user_id: UserId,
    /// Where it acts.
    pub project_id: ProjectId,
    /// What it is called.
    pub name: String,
    /// The first letters of the key, by which its holder recognises it.
    pub hint: String,
    /// What it may do, as far as its user may.
    pub scopes: Vec<Permission>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// When it was used last, within a minute.
    pub used_at: Option<Timestamp>,
}

/// A new API key. What proves it is told once and never stored.
#[derive(Debug, Clone)]
pub struct CreatedKey {
    /// What `Authorization: Bearer` carries.
    pub token: SecretString,
    /// The rest of it.
    pub key: ApiKey,
}

impl ApiKeys<'_> {
    /// Makes a key for the caller, who must have a session and all that the key may do.
    pub async fn create(&self, caller: &Caller, command: CreateKey) -> Result<CreatedKey> {
        let (_, user_id) = caller.require_session()?;
        let place = match command.project_id {
            Some(named) if caller.here() != Some(named) => {
                self.app.identity().place(user_id, caller.server_role(), Some(named)).await?
            }
            _ => Place::In(caller.require_project()?, caller.role()),
        };
        let there = caller.at(place);
        self.make(&there, user_id, command).await
    }

    /// Makes a key for somebody else. Only for whoever sits at the host: a key acts as its user, and over
    /// the network nobody may become somebody else.
    pub async fn create_for(
        &self,
        caller: &Caller,
        user_id: UserId,
        command: CreateKey,
    ) -> Result<CreatedKey> {
        caller.require_any(Permission::UserWrite)?;
        if caller.actor() != Actor::LocalOwner {
            return Err(Error::Forbidden(Permission::UserWrite));
        }
        let user = users::find(user_id).first(self.app.database()).await?;
        let user = user.filter(|user| user.active);
        let user = user.ok_or_else(|| Error::not_found("user", user_id))?;
        let place = self.app.identity().place(user_id, user.role, command.project_id).await?;
        let actor = caller.actor();
        let holder = Caller::signed_in(actor, user.role, place, Credential::None, Scopes::All);
        self.make(&holder, user_id, command).await
    }

    /// The caller's keys, in the order in which they were made. One that has expired is shown for 30
    /// days more.
    pub async fn list(&self, caller: &Caller, page: PageRequest) -> Result<Page<ApiKey>> {
        let (_, user_id) = caller.require_session()?;
        self.of(user_id, page).await
    }

    /// The keys of a user.
    pub async fn list_of(
        &self,
        caller: &Caller,
        user_id: UserId,
        page: PageRequest,
    ) -> Result<Page<ApiKey>> {
        caller.require_any(Permission::UserWrite)?;
        let user = users::find(user_id).first(self.app.database()).await?;
        user.ok_or_else(|| Error::not_found("user", user_id))?;
        self.of(user_id, page).await
    }

    /// Ends a key: one's own by a session, any by who may change users.
    pub async fn revoke(&self, caller: &Caller, id: ApiKeyId) -> Result<()> {
        let any = caller.allows(Permission::UserWrite);
        let own = if any { None } else { Some(caller.require_session()?.1) };
        let trail = self.app.trail(caller);
        let ended = self.app.audited(move |tx| {
            let key = api_keys::find_by_id(id).first_in(tx)?;
            let key = key.filter(|key| own.is_none_or(|own| own == key.user_id));
            let key = key.ok_or_else(|| Error::not_found("API key", id))?;
            api_keys::delete(id).run_in(tx)?;
            tx.notify(RIGHTS_CHANNEL, key.user_id.to_string());
            let detail = json!({ "user_id": key.user_id, "name": key.name, "hint": key.hint });
            trail.done(tx, AuditAction::KeyRevoke, Target::new("api_key", &id), detail)
        });
        ended.await?;
        self.app.inner.sessions.forget(Credential::Key(id));
        Ok(())
    }

    async fn of(&self, user_id: UserId, page: PageRequest) -> Result<Page<ApiKey>> {
        let limit = page.limit()?;
        let rows = api_keys::of_user(user_id, page.after()?, limit + 1);
        let rows = rows.all(self.app.database()).await?;
        Ok(Page::of(rows, limit, |row| row.id.to_string()).map(ApiKey::from))
    }

    /// Makes a key for a user who acts where the caller stands.
    async fn make(
        &self,
        caller: &Caller,
        user_id: UserId,
        command: CreateKey,
    ) -> Result<CreatedKey> {
        let (project_id, now) = (caller.require_project()?, self.app.now());
        let Fit { name, scopes, expires_at } = fit(command, now)?;
        for scope in &scopes {
            caller.require_any(*scope)?;
        }
        let inner = &self.app.inner;
        let (token, hash) = new_token(TokenKind::Key, &*inner.randomness);
        let shown = TokenKind::Key.prefix().len() + HINT_CHARS;
        let row = NewApiKey {
            id: ApiKeyId::next(&*inner.ids),
            user_id,
            project_id,
            name,
            token_hash: *hash.bytes(),
            hint: token.expose_secret().chars().take(shown).collect(),
            scopes,
            created_at: now,
            expires_at,
        };
        let (key, trail, session) = (ApiKey::of(&row), self.app.trail(caller), caller.session());
        let made = self.app.audited(move |tx| {
            // Ended or deactivated since it was looked at: no key may outlive that.
            let user = users::find(user_id).first_in(tx)?;
            let ended = match session {
                Some(id) => sessions::find_by_id(id).first_in(tx)?.is_none(),
                None => false,
            };
            if ended || user.is_none_or(|user| !user.active) {
                return Err(Error::Unauthenticated(Unauthenticated::NoSession));
            }
            let (count,) = api_keys::count_of_user(user_id).first_in(tx)?.unwrap_or_default();
            if count >= MOST_KEYS {
                return Err(Error::Limit { what: "API keys of a user", most: MOST_KEYS });
            }
            api_keys::insert(&row).run_in(tx)?;
            let detail = json!({
                "user_id": user_id,
                "name": row.name,
                "hint": row.hint,
                "scopes": row.scopes,
                "project_id": row.project_id,
                "expires_at": row.expires_at.to_rfc3339(),
            });
            trail.done(tx, AuditAction::KeyCreate, Target::new("api_key", &row.id), detail)
        });
        made.await?;
        Ok(CreatedKey { token, key })
    }
}

/// What of a command is stored.
#[derive(Debug)]
struct Fit {
    name: String,
    scopes: Vec<Permission>,
    expires_at: Timestamp,
}

/// The command within its bounds, or what is wrong with it.
fn fit(command: CreateKey, now: Timestamp) -> Result<Fit> {
    let CreateKey { name, mut scopes, expires_at, .. } = command;
    let name = name.trim().parse::<Name>().map(String::from);
    let name =
        name.map_err(|fault| Error::invalid_field("/name", "invalid_name", fault.to_string()))?;
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() {
        let message = "a key without scopes may do nothing: name at least one permission";
        return Err(Error::invalid_field("/scopes", "no_scopes", message));
    }
    let expires_at = expires_at.unwrap_or(now + USUALLY_LASTS);
    if expires_at <= now || expires_at > now + LASTS_AT_MOST {
        let message = "a key ends in the future, and after 366 days at the latest";
        return Err(Error::invalid_field("/expires_at", "out_of_range", message));
    }
    Ok(Fit { name, scopes, expires_at })
}

impl ApiKey {
    fn of(row: &NewApiKey) -> Self {
        let NewApiKey { id, user_id, project_id, created_at, .. } = *row;
        Self {
            id,
            user_id,
            project_id,
            name: row.name.clone(),
            hint: row.hint.clone(),
            scopes: row.scopes.clone(),
            created_at,
            expires_at: Some(row.expires_at),
            used_at: None,
        }
    }
}

impl From<ApiKeyRow> for ApiKey {
    fn from(row: ApiKeyRow) -> Self {
        let ApiKeyRow { id, user_id, project_id, name, hint, scopes, .. } = row;
        let ApiKeyRow { created_at, expires_at, used_at, .. } = row;
        Self { id, user_id, project_id, name, hint, scopes, created_at, expires_at, used_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_within_bounds() {
        let now = Timestamp::from_micros(1_000_000);
        let day = Duration::from_secs(24 * 3600);
        let of = |name: &str, scopes: &[Permission], expires_at| {
            let (name, scopes) = (name.to_owned(), scopes.to_vec());
            let made = fit(CreateKey { name, project_id: None, scopes, expires_at }, now);
            made.map(|fit| (fit.scopes.len(), fit.expires_at.since(now))).map_err(|e| e.code())
        };
        let read = [Permission::Read];
        let twice = [Permission::RunStart, Permission::Read, Permission::RunStart];
        let longest = Duration::from_micros(366 * day.micros());
        for (made, wanted) in [
            (of("ci", &read, None), Ok((1, USUALLY_LASTS))),
            (of(" ci ", &twice, Some(now + day)), Ok((2, day))),
            (of("ci", &read, Some(now + longest)), Ok((1, longest))),
            (of("", &read, None), Err("invalid")),
            (of("a\nb", &read, None), Err("invalid")),
            (of("ci", &[], None), Err("invalid")),
            (of("ci", &read, Some(now)), Err("invalid")),
            (of("ci", &read, Some(now + longest + Duration::from_micros(1))), Err("invalid")),
        ] {
            assert_eq!(made, wanted);
        }
    }
}
