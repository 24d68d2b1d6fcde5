//! Stored secrets for the egress: looked up by name where a marker stands for them.

use std::sync::OnceLock;

use futures::future::BoxFuture;
use gathering_app::secrets::{SecretKey, Vault, VaultError};
use gathering_domain::ProjectId;
use gathering_egress::{HostPattern, Secret, SecretSource, SecretSourceError};
use gathering_storage::Database;

/// The secrets of the one project.
pub(super) struct ProjectSecrets {
    vault: Vault,
    /// The one project that exists so far; known once the use cases are open.
    project: OnceLock<ProjectId>,
}

impl ProjectSecrets {
    pub(super) fn new(database: &Database, key: &SecretKey) -> Self {
        Self { vault: Vault::new(database.clone(), key.clone()), project: OnceLock::new() }
    }

    /// Says whose secrets these are, once.
    pub(super) fn belong_to(&self, project: ProjectId) {
        let _ = self.project.set(project);
    }
}

impl SecretSource for ProjectSecrets {
    fn find_secret<'a>(
        &'a self,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<Secret>, SecretSourceError>> {
        Box::pin(async move {
            let Some(project) = self.project.get() else { return Ok(None) };
            let found = self.vault.find(*project, name).await.map_err(|error| match error {
                VaultError::Store(_) => SecretSourceError::Unavailable(Box::new(error)),
                VaultError::Unseal(_) => SecretSourceError::Unusable(Box::new(error)),
            })?;
            let Some(revealed) = found else { return Ok(None) };
            let hosts: Result<Vec<HostPattern>, _> =
                revealed.hosts.iter().map(|host| host.parse()).collect();
            let hosts = hosts.map_err(|error| SecretSourceError::Unusable(Box::new(error)))?;
            Ok(Some(Secret { value: revealed.value, hosts }))
        })
    }
}
