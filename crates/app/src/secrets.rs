//! Secrets: written, used at the egress, never read back.

mod cipher;
mod rotation;
mod sealing;
mod vault;

use std::sync::Arc;

use gathering_domain::{
    AuditAction, Fault, HostPattern, Permission, Pointer, SecretId, Timestamp, is_secret_name,
};
use gathering_storage::{providers, secrets as rows};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

pub(crate) use cipher::Sealed;
pub use cipher::{SecretKey, UnsealError};
pub use rotation::{Resealed, Rotation};
pub(crate) use sealing::seal_in;
pub use vault::{Revealed, Vault, VaultError};

use crate::{App, Caller, Conflict, Error, Page, PageRequest, Result, audit::Target};

/// The longest value, in bytes.
const MAX_VALUE_BYTES: usize = 16 * 1024;
/// The most secrets of a project.
const MOST_SECRETS: u64 = 1_000;
/// The most hosts of a secret.
const MOST_HOSTS: usize = 50;

/// Use cases of secrets.
#[derive(Clone)]
pub struct Secrets<'a> {
    pub(crate) app: &'a App,
}

/// A stored secret, without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretInfo {
    /// Its id.
    pub id: SecretId,
    /// The name by which definitions refer to it.
    pub name: String,
    /// The hosts to which the egress may send it.
    pub hosts: Vec<String>,
    /// The host, with its port, to which it goes as a provider's key if it has no hosts: that of the
    /// first provider that took it.
    pub key_host: Option<String>,
    /// When its value was written last.
    pub updated_at: Timestamp,
}

/// Writes a secret, new or in place of an older value.
#[derive(Debug, Clone)]
pub struct PutSecret {
    /// Its name: 1 to 64 letters, digits and `_`.
    pub name: String,
    /// Its value.
    pub value: SecretString,
    /// The hosts to which the egress may send it. Without any it serves as a provider's key alone,
    /// for the host of the first provider that takes it.
    pub hosts: Vec<String>,
}

impl Secrets<'_> {
    /// Writes a secret, new or in place of an older value.
    pub async fn put(&self, caller: &Caller, command: PutSecret) -> Result<SecretInfo> {
        let project_id = caller.require_here(Permission::ProviderWrite)?;
        check(&command)?;
        let PutSecret { name, value, hosts } = command;
        let inner = &self.app.inner;
        let (keys, randomness) = (inner.secret_key.clone(), Arc::clone(&inner.randomness));
        let (id, actor, now) = (SecretId::next(&*inner.ids), caller.actor(), self.app.now());
        let (models, trail) = (Arc::clone(&inner.models), self.app.trail(caller));
        let stored = self.app.audited(move |tx| {
            let known = rows::find(project_id, &name).first_in(tx)?.is_some();
            let (count,) = rows::count(project_id).first_in(tx)?.unwrap_or_default();
            if !known && count >= MOST_SECRETS {
                return Err(Error::Limit { what: "secrets", most: MOST_SECRETS });
            }
            let (name, hosts) = (name.as_str(), hosts.as_slice());
            let (place, bytes) = (vault::place(project_id, name), value.expose_secret().as_bytes());
            let sealed = seal_in(tx, &keys, &*randomness, &place, bytes)?;
            let sealed = sealed.as_slice();
            // Whoever writes the value lets it go where it is used already, and nowhere else.
            let user = providers::find_by_secret(project_id, name).first_in(tx)?;
            let host = user.and_then(|row| models.host(&row.kind, row.base_url.as_deref()));
            let key_host = host.map(|host| host.to_string());
            let key_host = key_host.as_deref();
            let secret =
                rows::PutSecret { id, project_id, actor, name, hosts, key_host, sealed, now };
            rows::put(&secret).run_in(tx)?;
            let stored = rows::find(project_id, name).first_in(tx)?;
            let stored = stored.ok_or(Error::defect("read back a secret"))?;
            let detail = json!({ "id": stored.id, "new": !known, "hosts": hosts });
            trail.done(tx, AuditAction::SecretPut, Target::new("secret", name), detail)?;
            Ok(stored)
        });
        let stored = stored.await?;
        inner.providers.clear();
        Ok(stored.into())
    }

    /// Secrets without their values, in the order of their names.
    pub async fn list(&self, caller: &Caller, page: PageRequest) -> Result<Page<SecretInfo>> {
        let project_id = caller.require_here(Permission::ProviderWrite)?;
        let (limit, after) = (page.limit()?, page.after::<String>()?.unwrap_or_default());
        let rows = rows::list(project_id, &after, limit + 1).all(self.app.database()).await?;
        Ok(Page::of(rows, limit, |row| row.name.clone()).map(SecretInfo::from))
    }

    /// Removes a secret that no provider needs.
    pub async fn delete(&self, caller: &Caller, name: &str) -> Result<()> {
        let project_id = caller.require_here(Permission::ProviderWrite)?;
        let (name, trail) = (name.to_owned(), self.app.trail(caller));
        let deleted = self.app.audited(move |tx| {
            if let Some(provider) = providers::find_by_secret(project_id, &name).first_in(tx)? {
                let message = format!("the provider `{}` needs this secret", provider.name);
                return Err(Error::conflict(Conflict::InUse, message));
            }
            if rows::delete(project_id, &name).run_in(tx)? == 0 {
                return Err(Error::not_found("secret", &name));
            }
            trail.done(tx, AuditAction::SecretDelete, Target::new("secret", &name), Value::Null)
        });
        deleted.await
    }
}

fn check(command: &PutSecret) -> Result<()> {
    if !is_secret_name(&command.name) {
        let message = "a secret's name is 1 to 64 letters, digits and `_`";
        return Err(Error::invalid_field("/name", "invalid_name", message));
    }
    if command.value.expose_secret().is_empty() {
        return Err(Error::invalid_field("/value", "empty", "a secret has a value"));
    }
    if command.value.expose_secret().len() > MAX_VALUE_BYTES {
        return Err(Error::TooLarge { what: "secret", most: MAX_VALUE_BYTES as u64 });
    }
    if command.hosts.len() > MOST_HOSTS {
        let message = format!("at most {MOST_HOSTS} hosts");
        return Err(Error::invalid_field("/hosts", "out_of_range", message));
    }
    let mut faults = Vec::new();
    for (at, host) in command.hosts.iter().enumerate() {
        if let Err(invalid) = host.parse::<HostPattern>() {
            let place = Pointer::root().child("hosts").child(at.to_string());
            faults.push(Fault::new(place, "invalid_host", invalid.to_string()));
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    Err(Error::invalid("the secret cannot be stored so", faults))
}

impl From<rows::SecretRow> for SecretInfo {
    fn from(row: rows::SecretRow) -> Self {
        let rows::SecretRow { id, name, hosts, key_host, updated_at } = row;
        Self { id, name, hosts, key_host, updated_at }
    }
}
