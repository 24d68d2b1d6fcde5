//! Sealing inside a transaction, under the key that the store names.

use gathering_storage::{Tx, secrets as rows};

use super::cipher::SecretKey;
use crate::{Error, Randomness, Result};

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
