//! Reads secrets for those who use them: the egress, and the adapters of model providers.

use std::fmt;

use gathering_domain::ProjectId;
use gathering_storage::{
    Database, DatabaseError, Unit,
    secrets::{self as rows, SealedRow},
};
use secrecy::SecretString;

use super::cipher::{Sealed, SecretKey, UnsealError};

/// Opens secrets. Held by the server's wiring, never by a use case that answers a caller.
#[derive(Clone)]
pub struct Vault {
    database: Database,
    key: SecretKey,
}

/// The value of a secret, and where it may go.
pub struct Revealed {
    /// The value.
    pub value: SecretString,
    /// The hosts to which it may be sent.
    pub hosts: Vec<String>,
    /// The host to which it goes as a provider's key if it has no hosts.
    pub key_host: Option<String>,
}

/// A secret that could not be read.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The store did not answer.
    #[error("could not read a stored secret")]
    Store(#[from] DatabaseError),
    /// The key does not open it, now or later.
    #[error("could not open a stored secret")]
    Unseal(#[from] UnsealError),
}

impl Vault {
    /// A vault over the store's secrets.
    pub const fn new(database: Database, key: SecretKey) -> Self {
        Self { database, key }
    }

    /// Whether the store's secrets are sealed under a key that is known here. The first key that is asked
    /// for is.
    pub async fn is_for_this_store(&self) -> Result<bool, VaultError> {
        let id = self.key.id();
        self.database.apply(Unit::new().with(rows::claim_key(&id).into())).await?;
        let known = rows::key().first(&self.database).await?;
        Ok(known.is_some_and(|row| self.key.knows(&row.key_id)))
    }

    /// The same where it is only looked up; `None` if no key was asked for yet.
    pub async fn knows_this_store(&self) -> Result<Option<bool>, VaultError> {
        let named = rows::key().first(&self.database).await?;
        Ok(named.map(|row| self.key.knows(&row.key_id)))
    }

    /// The secret of that name.
    pub async fn find(
        &self,
        project_id: ProjectId,
        name: &str,
    ) -> Result<Option<Revealed>, VaultError> {
        let Some(row) = rows::open(project_id, name).first(&self.database).await? else {
            return Ok(None);
        };
        Ok(Some(self.open(project_id, name, row)?))
    }

    /// The secret of that name, whose row was read.
    pub(crate) fn open(
        &self,
        project_id: ProjectId,
        name: &str,
        row: SealedRow,
    ) -> Result<Revealed, UnsealError> {
        let value = self.key.open(&place(project_id, name), &Sealed::from_bytes(row.sealed))?;
        Ok(Revealed { value, hosts: row.hosts, key_host: row.key_host })
    }
}

/// What a value is sealed for, so that it opens nowhere else.
pub(super) fn place(project_id: ProjectId, name: &str) -> String {
    format!("{project_id}/{name}")
}

impl fmt::Debug for Revealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revealed").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault")
    }
}
