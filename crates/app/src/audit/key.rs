//! The key that signs checkpoints: made at the first one, kept sealed as secrets are.

use std::sync::Arc;

use gathering_domain::hex;
use gathering_storage::{
    audit::{self as rows, KeyRow},
    secrets,
};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use secrecy::{ExposeSecret as _, zeroize::Zeroizing};
use sha2::{Digest as _, Sha256};

use super::Audit;
use crate::{Caller, Error, Result, secrets::Sealed};

const SEED_BYTES: usize = 32;

/// Signs.
pub(super) struct Signer {
    pub(super) key_id: String,
    pair: Ed25519KeyPair,
}

impl Signer {
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }

    fn of(seed: &[u8]) -> Result<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed)
            .map_err(|_| Error::defect("use the key of the audit trail"))?;
        Ok(Self { key_id: key_id(pair.public_key().as_ref()), pair })
    }
}

impl Audit<'_> {
    /// The id of the key that signs: what a verifier pins. Makes the key if there is none.
    pub async fn key_id(&self, caller: &Caller) -> Result<String> {
        caller.require_any(gathering_domain::Permission::AuditRead)?;
        Ok(self.signer().await?.key_id)
    }

    /// The newest key, or a new one if nothing was signed yet.
    pub(super) async fn signer(&self) -> Result<Signer> {
        match rows::newest_key().first(self.app.database()).await? {
            Some(row) => self.unsealed(&row),
            None => self.new_signer().await,
        }
    }

    /// Opens a stored key, and makes sure that it is the one it is said to be.
    pub(super) fn unsealed(&self, row: &KeyRow) -> Result<Signer> {
        let KeyRow { key_id, public_key, sealed_seed } = row;
        let sealed = Sealed::from_bytes(sealed_seed.clone());
        let text = self.app.inner.secret_key.open(&place(key_id), &sealed);
        let text =
            text.map_err(|error| Error::internal("open the key of the audit trail", error))?;
        let seed = Zeroizing::new(hex::decode(text.expose_secret()).unwrap_or_default());
        let signer = Signer::of(&seed)?;
        if signer.key_id != *key_id || signer.pair.public_key().as_ref() != public_key.as_slice() {
            return Err(Error::defect("find the key of the audit trail unchanged"));
        }
        Ok(signer)
    }

    async fn new_signer(&self) -> Result<Signer> {
        let inner = &self.app.inner;
        let mut seed = Zeroizing::new([0; SEED_BYTES]);
        inner.randomness.fill(seed.as_mut());
        let signer = Signer::of(seed.as_ref())?;
        let text = Zeroizing::new(hex(seed.as_ref()));
        let (keys, randomness) = (inner.secret_key.clone(), Arc::clone(&inner.randomness));
        let (id, now) = (inner.ids.next_uuid(), self.app.now());
        let (key_id, public_key) =
            (signer.key_id.clone(), signer.pair.public_key().as_ref().to_vec());
        let stored = self.app.transact(move |tx| {
            // Another one was faster.
            if let Some(row) = rows::newest_key().first_in(tx)? {
                return Ok(Some(row));
            }
            // Whoever took the key away, if its signatures are there, shall get no other.
            if rows::last_checkpoint().first_in(tx)?.is_some() {
                return Ok(None);
            }
            // Under the key that the store names, as secrets are.
            let named = secrets::key_held().first_in(tx)?;
            let key =
                named.map_or_else(|| Some(keys.clone()), |row| keys.sealing_under(&row.key_id));
            let key =
                key.ok_or(Error::defect("seal under the store's key, which is not known here"))?;
            let sealed = key.seal(&place(&key_id), text.as_bytes(), &*randomness);
            let (key_id, public_key) = (key_id.clone(), public_key.clone());
            let row = KeyRow { key_id, public_key, sealed_seed: sealed.bytes().to_vec() };
            rows::insert_key(id, &row, now).run_in(tx)?;
            Ok(Some(row))
        });
        let gone = "there are checkpoints, and the key that signed them is gone";
        self.unsealed(&stored.await?.ok_or_else(|| self.went_back(gone))?)
    }
}

/// For which place the seed of a key is sealed.
pub(crate) fn place(key_id: &str) -> String {
    format!("audit/{key_id}")
}

/// What a verifier pins: SHA-256 of the public key.
pub(super) fn key_id(public_key: &[u8]) -> String {
    hex(&Sha256::digest(public_key))
}
