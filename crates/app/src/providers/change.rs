//! Making, changing and removing a provider.

use gathering_domain::{
    AuditAction, Fault, HostPattern, Permission, Pointer, ProjectId, ProviderId, Slug, Timestamp,
};
use gathering_storage::{
    IdempotencyRow,
    providers::{self as rows, ProviderRow},
};
use serde_json::{Value, json};

use super::{
    MOST_PROVIDERS, Provider, ProviderOrder, ProviderSpec, Providers, SCRIPTED, key as secret_key,
};
use crate::{Caller, Conflict, Error, Result, audit::Target, idempotency::asked_once};

/// The scope of idempotency keys of providers.
const SCOPE: &str = "provider.create";
/// The longest options, in bytes of JSON.
const MAX_OPTIONS_BYTES: usize = 16 * 1024;
/// The longest of the other texts, in bytes.
const MAX_TEXT_BYTES: usize = 1_000;

impl Providers<'_> {
    /// Configures a provider, once for a key.
    pub async fn create(
        &self,
        caller: &Caller,
        spec: ProviderSpec,
        key: Option<String>,
    ) -> Result<Provider> {
        let project_id = caller.require_here(Permission::ProviderWrite)?;
        let asked = asked_once(SCOPE, key, || request(&spec))?;
        if let Some(earlier) = self.app.made_before(project_id, asked.as_ref()).await? {
            return Ok(as_made(&earlier, spec).into());
        }
        self.check(&spec)?;
        let (actor, now) = (caller.actor(), self.app.now());
        let (host, trail) = (self.host(&spec), self.app.trail(caller));
        let id = ProviderId::next(&*self.app.inner.ids);
        let made = self.app.make_once(project_id, asked, id.uuid(), move |tx, earlier| {
            if let Some(earlier) = earlier {
                return Ok(as_made(earlier, spec.clone()));
            }
            let row = row(id, now, spec.clone());
            if rows::find(project_id, &row.name).first_in(tx)?.is_some() {
                let message = format!("there is a provider `{}` already", row.name);
                return Err(Error::conflict(Conflict::NameTaken, message));
            }
            let (count,) = rows::count(project_id).first_in(tx)?.unwrap_or_default();
            let most = u64::from(MOST_PROVIDERS);
            if count >= most {
                return Err(Error::Limit { what: "providers", most });
            }
            secret_key::bind(tx, project_id, row.key_secret.as_deref(), host.as_ref())?;
            rows::insert(project_id, actor, &row).run_in(tx)?;
            let (target, detail) = (target(&row), json!({ "id": row.id, "kind": row.kind }));
            trail.done(tx, AuditAction::ProviderCreate, target, detail)?;
            Ok(row)
        });
        Ok(made.await?.into())
    }

    /// Changes a provider that is still at `version`; its name stays.
    pub async fn update(
        &self,
        caller: &Caller,
        name: &str,
        spec: ProviderSpec,
        version: u64,
    ) -> Result<Provider> {
        let project_id = caller.require_here(Permission::ProviderWrite)?;
        if spec.name != name {
            let message = "the name of a provider stays: model references use it";
            return Err(Error::invalid_field("/name", "immutable", message));
        }
        self.check(&spec)?;
        let (actor, now) = (caller.actor(), self.app.now());
        let (host, trail) = (self.host(&spec), self.app.trail(caller));
        let changed = self.app.audited(move |tx| {
            let found = rows::find(project_id, &spec.name).first_in(tx)?;
            let mut row = found.ok_or_else(|| Error::not_found("provider", &spec.name))?;
            if row.version != version {
                return Err(Error::PreconditionFailed { noun: "provider", current: row.version });
            }
            secret_key::bind(tx, project_id, spec.key_secret.as_deref(), host.as_ref())?;
            let fields = changed(&row, &spec);
            let spec = spec.clone();
            row.kind = spec.kind;
            row.base_url = spec.base_url;
            row.key_secret = spec.key_secret;
            row.default_model = spec.default_model;
            row.options = spec.options;
            row.updated_at = now;
            rows::update(project_id, actor, &row).expecting(1).run_in(tx)?;
            row.version += 1;
            let detail = json!({ "id": row.id, "version": row.version, "changed": fields });
            trail.done(tx, AuditAction::ProviderUpdate, target(&row), detail)?;
            Ok(row)
        });
        let changed = changed.await?;
        self.app.inner.providers.clear();
        Ok(changed.into())
    }

    /// Removes a provider. Agents that use it fail with a clear error from now on.
    pub async fn delete(&self, caller: &Caller, name: &str) -> Result<()> {
        let project_id = caller.require_here(Permission::ProviderWrite)?;
        let (name, trail) = (name.to_owned(), self.app.trail(caller));
        let deleted = self.app.audited(move |tx| {
            let found = rows::find(project_id, &name).first_in(tx)?;
            let row = found.ok_or_else(|| Error::not_found("provider", &name))?;
            rows::delete(project_id, &name).expecting(1).run_in(tx)?;
            let detail = json!({ "id": row.id, "version": row.version });
            trail.done(tx, AuditAction::ProviderDelete, target(&row), detail)
        });
        deleted.await?;
        self.app.inner.providers.clear();
        Ok(())
    }

    fn host(&self, spec: &ProviderSpec) -> Option<HostPattern> {
        self.app.inner.models.host(&spec.kind, spec.base_url.as_deref())
    }

    fn check(&self, spec: &ProviderSpec) -> Result<()> {
        let mut faults = Vec::new();
        let mut fault = |pointer: &str, code: &str, message: String| {
            faults.push(Fault::new(Pointer::from_text(pointer), code, message));
        };
        if let Err(invalid) = spec.name.parse::<Slug>() {
            fault("/name", "invalid_name", invalid.to_string());
        } else if spec.name == SCRIPTED {
            fault("/name", "reserved", "`scripted` is the built-in provider".to_owned());
        }
        let adapters = self.app.inner.models.kinds();
        let kinds: Vec<_> = adapters.iter().map(|adapter| adapter.kind).collect();
        if !kinds.contains(&spec.kind.as_str()) {
            fault("/kind", "unknown_value", format!("there are the kinds {}", kinds.join(", ")));
        }
        for (pointer, text) in [
            ("/base_url", &spec.base_url),
            ("/key_secret", &spec.key_secret),
            ("/default_model", &spec.default_model),
        ] {
            if text.as_ref().is_some_and(|text| text.is_empty() || text.len() > MAX_TEXT_BYTES) {
                fault(pointer, "out_of_range", format!("has 1 to {MAX_TEXT_BYTES} bytes"));
            }
        }
        match &spec.options {
            Value::Object(_) if spec.options.to_string().len() <= MAX_OPTIONS_BYTES => {}
            Value::Object(_) => {
                fault("/options", "out_of_range", format!("at most {MAX_OPTIONS_BYTES} bytes"));
            }
            _ => fault("/options", "wrong_type", "options are an object".to_owned()),
        }
        if faults.is_empty()
            && let Err(failure) =
                self.app.inner.models.make(order_without_key(self.app.project(), spec))
        {
            faults.push(Fault::new(Pointer::root(), &failure.code, failure.message));
        }
        if faults.is_empty() {
            return Ok(());
        }
        Err(Error::invalid("the provider cannot be configured so", faults))
    }
}

/// What two requests with the same key must agree on.
fn request(spec: &ProviderSpec) -> Value {
    let ProviderSpec { name, kind, base_url, key_secret, default_model, options } = spec;
    json!([name, kind, base_url, key_secret, default_model, options])
}

fn target(row: &ProviderRow) -> Target {
    Target::new("provider", &row.name)
}

/// The names of what an update changes.
fn changed(row: &ProviderRow, spec: &ProviderSpec) -> Vec<&'static str> {
    let fields = [
        ("kind", row.kind != spec.kind),
        ("base_url", row.base_url != spec.base_url),
        ("key_secret", row.key_secret != spec.key_secret),
        ("default_model", row.default_model != spec.default_model),
        ("options", row.options != spec.options),
    ];
    fields.into_iter().filter_map(|(name, is_changed)| is_changed.then_some(name)).collect()
}

/// A provider as it was when it was made: of the same specification.
fn as_made(earlier: &IdempotencyRow, spec: ProviderSpec) -> ProviderRow {
    row(ProviderId::from_uuid(earlier.target_id), earlier.created_at, spec)
}

fn row(id: ProviderId, now: Timestamp, spec: ProviderSpec) -> ProviderRow {
    let ProviderSpec { name, kind, base_url, key_secret, default_model, options } = spec;
    ProviderRow {
        id,
        name,
        kind,
        base_url,
        key_secret,
        default_model,
        options,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

/// To see whether it can be made; it asks nobody, for no project.
fn order_without_key(project_id: ProjectId, spec: &ProviderSpec) -> ProviderOrder {
    let ProviderSpec { name, kind, base_url, options, .. } = spec.clone();
    ProviderOrder { project_id, name, kind, base_url, key: None, options }
}
