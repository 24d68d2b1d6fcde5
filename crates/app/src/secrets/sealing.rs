//! Sealing inside a transaction, under the key that the store names.

use gathering_storage::{Tx, secrets as rows};
use secrecy::SecretString;

use super::cipher::{Sealed, SecretKey};
use crate::{App, Error, Randomness, Result};

impl App {
    /// Seals a value for a place inside a transaction.
    pub(crate) fn seal(&self, tx: &mut Tx<'_>, place: &str, value: &[u8]) -> Result<Vec<u8>> {
        let inner = &self.inner;
        seal_in(tx, &inner.secret_key, &*inner.randomness, place, value)
    }

    /// Opens what was sealed for a place; `attempt` says in an error what was to be opened.
    pub(crate) fn unseal(
        &self,
        attempt: &'static str,
        place: &str,
        sealed: &[u8],
    ) -> Result<SecretString> {
        let opened = self.inner.secret_key.open(place, &Sealed::from_bytes(sealed.to_vec()));
        opened.map_err(|fault| Error::internal(attempt, fault))
    }
}

/// Seals a value for a place, under the key that the store names: while instances go over to another one by
/// one, those that know the old one alone must open it, too.
pub(crate) fn seal_in(
    tx: &mut Tx<'_>,
    keys: &SecretKey,
    randomness: &dyn Randomness,
    place: &str,
    value: &[u8],
) -> Result<Vec<u8>> {
    let named = rows::key_held().first_in(tx)?;
    let key = named.map_or_else(|| Some(keys.clone()), |row| keys.sealing_under(&row.key_id));
    let key = key.ok_or(Error::defect("seal under the store's key, which is not known here"))?;
    Ok(key.seal(place, value, randomness).bytes().to_vec())
}
