//! The opened store: a database with an up-to-date schema.

use gathering_database::Database;
use gathering_engine::{EntryBody, Outcome};

use crate::blobs::BlobHash;
use crate::{Result, RunRow, StorageError, blobs, migrations};

/// A database with an up-to-date schema. Cheap to clone.
#[derive(Clone)]
pub struct Storage {
    database: Database,
}

impl Storage {
    /// Brings the schema up to date.
    pub async fn open(database: Database) -> Result<Self> {
        migrations::migrate(&database).await?;
        Ok(Self { database })
    }

    /// The database, to run queries and units on.
    pub const fn database(&self) -> &Database {
        &self.database
    }

    /// How a run ended; `None` while it has not.
    pub async fn outcome(&self, row: &RunRow) -> Result<Option<Outcome>> {
        let Some(hash) = &row.outcome_blob else { return Ok(row.outcome.clone()) };
        let corrupt = |why: &str| StorageError::corrupt("outcome", row.id, why);
        let hash = BlobHash::from_slice(hash).ok_or_else(|| corrupt("its hash is cut short"))?;
        let payload = self.database.read(move |reader| blobs::load(reader, hash)).await?;
        match serde_json::from_slice(&payload) {
            Ok(EntryBody::RunFinished(outcome)) => Ok(Some(outcome)),
            Ok(_) => Err(corrupt("its blob holds another entry")),
            Err(error) => Err(StorageError::corrupt("outcome", row.id, error)),
        }
    }
}
