//! Making, changing, pausing and removing hooks.

use gathering_domain::{AuditAction, HookId, Permission, ProjectId};
use gathering_storage::{
    IdempotencyRow, Tx,
    hooks::{self as rows, HookRow},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::{Hook, HookRules, HookSpec, HookWithToken, Hooks, MOST_HOOKS, rules::check};
use crate::{
    App, Caller, Conflict, Error, Result,
    audit::Target,
    idempotency::asked_once,
    identity::{TokenKind, new_token},
};

/// The scope of idempotency keys of hooks.
const SCOPE: &str = "hook.create";

impl Hooks<'_> {
    /// Makes a hook that acts for the caller, once for a key. A request that is repeated is answered with the
    /// hook as it is now, without its token.
    pub async fn create(
        &self,
        caller: &Caller,
        spec: HookSpec,
        key: Option<String>,
    ) -> Result<HookWithToken> {
        let project_id = caller.require_here(Permission::DefinitionWrite)?;
        let asked = asked_once(SCOPE, key, || request(&spec))?;
        if let Some(earlier) = self.app.made_before(project_id, asked.as_ref()).await? {
            let found = rows::find(project_id, id_of(&earlier)).first(self.app.database()).await?;
            return repeated(found, &earlier);
        }
        let spec = check(spec, false)?;
        let (app, inner) = (self.app.clone(), &self.app.inner);
        let (id, now) = (HookId::next(&*inner.ids), self.app.now());
        let (token, hash) = new_token(TokenKind::Hook, &*inner.randomness);
        let row = HookRow {
            id,
            project_id,
            actor: caller.actor(),
            api_key_id: caller.api_key(),
            name: spec.name.clone(),
            token_hash: hash.bytes().to_vec(),
            rules: spec.rules.to_value()?,
            sealed: None,
            enabled: true,
            version: 1,
            created_at: now,
            updated_at: now,
            started: 0,
            repeated: 0,
            ignored: 0,
            refused: 0,
            failed: 0,
            last_at: None,
        };
        let trail = self.app.trail(caller);
        let made = self.app.make_once(project_id, asked, id.uuid(), move |tx, earlier| {
            if let Some(earlier) = earlier {
                return repeated(rows::find(project_id, id_of(earlier)).first_in(tx)?, earlier);
            }
            let mut row = row.clone();
            spec.rules.starts.require(tx, project_id)?;
            require_free(tx, project_id, &row.name)?;
            let (count,) = rows::count(project_id).first_in(tx)?.unwrap_or_default();
            if count >= MOST_HOOKS {
                return Err(Error::Limit { what: "hooks", most: MOST_HOOKS });
            }
            row.sealed = seal(&app, tx, &row, spec.secret.as_ref())?;
            rows::insert(&row).run_in(tx)?;
            trail.done(tx, AuditAction::HookCreate, target(&row), detail(&row))?;
            Ok(HookWithToken { token: Some(token.clone()), hook: row.try_into()? })
        });
        made.await
    }

    /// Changes a hook that is still at `version`. From then on it acts for the caller.
    pub async fn update(
        &self,
        caller: &Caller,
        id: HookId,
        spec: HookSpec,
        version: u64,
    ) -> Result<Hook> {
        caller.require_here(Permission::DefinitionWrite)?;
        let (app, actor, api_key_id) = (self.app.clone(), caller.actor(), caller.api_key());
        let change = move |tx: &mut Tx<'_>, row: &mut HookRow| {
            if row.version != version {
                return Err(Error::PreconditionFailed { noun: "hook", current: row.version });
            }
            let before = HookRules::read(row.rules.clone())?;
            let keeps = spec.rules.verification.keeps_secret_of(&before.verification);
            let spec = check(spec.clone(), keeps && row.sealed.is_some())?;
            spec.rules.starts.require(tx, row.project_id)?;
            if spec.name != row.name {
                require_free(tx, row.project_id, &spec.name)?;
            }
            (row.actor, row.api_key_id, row.name) = (actor, api_key_id, spec.name);
            row.rules = spec.rules.to_value()?;
            match &spec.secret {
                None if keeps => {}
                secret => row.sealed = seal(&app, tx, row, secret.as_ref())?,
            }
            Ok(())
        };
        self.change(caller, id, AuditAction::HookUpdate, change).await
    }

    /// Takes no requests from now on.
    pub async fn pause(&self, caller: &Caller, id: HookId) -> Result<Hook> {
        caller.require_here(Permission::RunStart)?;
        self.switch(caller, id, false).await
    }

    /// Takes requests again.
    pub async fn resume(&self, caller: &Caller, id: HookId) -> Result<Hook> {
        caller.require_here(Permission::RunStart)?;
        self.switch(caller, id, true).await
    }

    /// Gives a hook another address: the one that it had is nobody's any more.
    pub async fn rotate(&self, caller: &Caller, id: HookId) -> Result<HookWithToken> {
        caller.require_here(Permission::DefinitionWrite)?;
        let (token, hash) = new_token(TokenKind::Hook, &*self.app.inner.randomness);
        let change = move |_: &mut Tx<'_>, row: &mut HookRow| {
            row.token_hash = hash.bytes().to_vec();
            Ok(())
        };
        let hook = self.change(caller, id, AuditAction::HookRotate, change).await?;
        Ok(HookWithToken { token: Some(token), hook })
    }

    /// Removes a hook, with what is kept of its requests.
    pub async fn delete(&self, caller: &Caller, id: HookId) -> Result<()> {
        let project_id = caller.require_here(Permission::DefinitionWrite)?;
        let trail = self.app.trail(caller);
        let deleted = self.app.audited(move |tx| {
            let row = rows::find(project_id, id).first_in(tx)?;
            let row = row.ok_or_else(|| Error::not_found("hook", id))?;
            rows::delete(project_id, id).expecting(1).run_in(tx)?;
            rows::forget(id).run_in(tx)?;
            trail.done(tx, AuditAction::HookDelete, target(&row), detail(&row))
        });
        deleted.await
    }

    async fn switch(&self, caller: &Caller, id: HookId, enabled: bool) -> Result<Hook> {
        let action = if enabled { AuditAction::HookResume } else { AuditAction::HookPause };
        let change = move |_: &mut Tx<'_>, row: &mut HookRow| {
            row.enabled = enabled;
            Ok(())
        };
        self.change(caller, id, action, change).await
    }

    /// Changes a hook in one transaction; writes nothing where nothing changes.
    async fn change(
        &self,
        caller: &Caller,
        id: HookId,
        action: AuditAction,
        change: impl Fn(&mut Tx<'_>, &mut HookRow) -> Result<()> + Send + Sync + 'static,
    ) -> Result<Hook> {
        let project_id = caller.require_project()?;
        let (now, trail) = (self.app.now(), self.app.trail(caller));
        let changed = self.app.audited(move |tx| {
            let found = rows::find(project_id, id).first_in(tx)?;
            let before = found.ok_or_else(|| Error::not_found("hook", id))?;
            let mut row = before.clone();
            change(tx, &mut row)?;
            if row == before {
                return Ok(row);
            }
            row.updated_at = now;
            rows::update(&row).expecting(1).run_in(tx)?;
            row.version += 1;
            trail.done(tx, action, target(&row), detail(&row))?;
            Ok(row)
        });
        changed.await?.try_into()
    }
}

/// What two requests with the same key must agree on. It is kept as a hash, without the secret: people choose
/// secrets that can be guessed, and a hash would tell whether a guess is right.
fn request(spec: &HookSpec) -> Value {
    json!([spec.name, spec.rules])
}

/// What a request that is repeated is answered.
fn repeated(found: Option<HookRow>, earlier: &IdempotencyRow) -> Result<HookWithToken> {
    let found = found.ok_or_else(|| Error::not_found("hook", id_of(earlier)))?;
    Ok(HookWithToken { token: None, hook: found.try_into()? })
}

const fn id_of(earlier: &IdempotencyRow) -> HookId {
    HookId::from_uuid(earlier.target_id)
}

/// The secret of a hook, sealed for it and for nothing else.
fn seal(
    app: &App,
    tx: &mut Tx<'_>,
    row: &HookRow,
    secret: Option<&SecretString>,
) -> Result<Option<Vec<u8>>> {
    let Some(secret) = secret else { return Ok(None) };
    let place = place(row.project_id, row.id);
    let value = secret.expose_secret().as_bytes();
    app.seal(tx, &place, value).map(Some)
}

/// The secret of a hook.
pub(super) fn open(app: &App, row: &HookRow) -> Result<Option<SecretString>> {
    let Some(sealed) = &row.sealed else { return Ok(None) };
    let place = place(row.project_id, row.id);
    app.unseal("open the secret of a hook", &place, sealed).map(Some)
}

/// What the secret of a hook is sealed for.
pub(crate) fn place(project_id: ProjectId, id: HookId) -> String {
    format!("{project_id}/hook/{id}")
}

fn require_free(tx: &mut Tx<'_>, project_id: ProjectId, name: &str) -> Result<()> {
    if rows::find_named(project_id, name).first_in(tx)?.is_none() {
        return Ok(());
    }
    Err(Error::conflict(Conflict::NameTaken, format!("there is a hook `{name}` already")))
}

fn target(row: &HookRow) -> Target {
    Target::new("hook", &row.id)
}

fn detail(row: &HookRow) -> Value {
    json!({ "name": row.name, "version": row.version, "starts": row.rules["starts"] })
}
