//! Reads secrets for those who use them: the egress, and the adapters of model providers.

use std::fmt;

use gathering_domain::ProjectId;
use gathering_storage::{Database, secrets as rows};
use secrecy::SecretString;

use super::cipher::{Sealed, SecretKey};
use crate::{Error, Result};

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
}

impl Vault {
    /// A vault over the store's secrets.
    pub const fn new(database: Database, key: SecretKey) -> Self {
        Self { database, key }
    }

    /// The secret of that name.
    pub async fn find(&self, project_id: ProjectId, name: &str) -> Result<Option<Revealed>> {
        let Some(row) = rows::open(project_id, name).first(&self.database).await? else {
            return Ok(None);
        };
        let sealed = Sealed::from_bytes(row.sealed);
        let value = self.key.open(&place(project_id, name), &sealed);
        let value = value.map_err(|fault| Error::internal("open a stored secret", fault))?;
        Ok(Some(Revealed { value, hosts: row.hosts }))
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
