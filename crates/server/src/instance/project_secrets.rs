//! Stored secrets for the egress: looked up by name where a marker stands for them.

use std::sync::Arc;

use futures::future::BoxFuture;
use gathering_app::secrets::{Vault, VaultError};
use gathering_domain::ProjectId;
use gathering_egress::{HostPattern, Secret, SecretSource, SecretSourceError};

/// The secrets of one project.
pub(super) struct ProjectSecrets {
    vault: Vault,
    project: ProjectId,
}

impl ProjectSecrets {
    /// Those of this project, and of no other.
    pub(super) fn of(vault: &Vault, project: ProjectId) -> Arc<dyn SecretSource> {
        Arc::new(Self { vault: vault.clone(), project })
    }
}

impl SecretSource for ProjectSecrets {
    fn find_secret<'a>(
        &'a self,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<Secret>, SecretSourceError>> {
        Box::pin(async move {
            let found = self.vault.find(self.project, name).await.map_err(|error| match error {
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
