//! Which secret may be a provider's key: one that is meant for the provider's host.

use gathering_domain::{HostPattern, ProjectId};
use gathering_storage::{Tx, secrets};

use super::ProviderKey;
use crate::{Error, Result, secrets::Revealed};

/// Refuses a secret that does not exist or is meant for another host than the provider's. One that
/// names no hosts goes to the host of the first provider that takes it, from then on: whoever could
/// not write its value cannot lead it elsewhere.
pub(super) fn bind(
    tx: &mut Tx<'_>,
    project_id: ProjectId,
    name: Option<&str>,
    host: Option<&HostPattern>,
) -> Result<()> {
    let Some(name) = name else { return Ok(()) };
    let Some(secret) = secrets::find(project_id, name).first_in(tx)? else {
        let message = format!("there is no secret `{name}`; write it first");
        return Err(Error::invalid_field("/key_secret", "unknown_secret", message));
    };
    let Some(host) = host else { return Ok(()) };
    if secret.hosts.is_empty() && secret.key_host.is_none() {
        secrets::bind(project_id, name, &host.to_string()).expecting(1).run_in(tx)?;
        return Ok(());
    }
    let hosts = hosts_of(&secret.hosts, secret.key_host.as_deref());
    if hosts.iter().any(|pattern| pattern.covers(host)) {
        return Ok(());
    }
    let message = format!(
        "the secret `{name}` is not for `{host}`; write its value again with this among its hosts, \
         or take another secret"
    );
    Err(Error::invalid_field("/key_secret", "secret_for_other_host", message))
}

/// The key as an adapter takes it: a value, and the only hosts that may see it.
pub(super) fn key_of(secret: Revealed) -> ProviderKey {
    let hosts = hosts_of(&secret.hosts, secret.key_host.as_deref());
    ProviderKey { value: secret.value, hosts }
}

/// What cannot be read as a host is none: the key then goes nowhere.
fn hosts_of(hosts: &[String], key_host: Option<&str>) -> Vec<HostPattern> {
    let bound = key_host.filter(|_| hosts.is_empty());
    let hosts = hosts.iter().map(String::as_str).chain(bound);
    hosts.filter_map(|host| host.parse().ok()).collect()
}
