//! Envelope encryption of secrets: a key of its own for each value, sealed by the server's key.

use std::fmt;

use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use secrecy::{SecretString, zeroize::Zeroizing};
use sha2::{Digest as _, Sha256};

use crate::Randomness;

/// Which format a sealed value has.
const FORMAT: u8 = 1;
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
const KEY_ID_BYTES: usize = 8;
/// Format, key's id, and the sealed key with its nonce.
const HEAD_BYTES: usize = 1 + KEY_ID_BYTES + NONCE_BYTES + KEY_BYTES + TAG_BYTES;

/// The server's key, under which every secret's own key is sealed, and the keys that still open what
/// was sealed under them.
#[derive(Clone)]
pub struct SecretKey {
    present: Key,
    others: Vec<Key>,
}

#[derive(Clone)]
struct Key {
    bytes: Zeroizing<[u8; KEY_BYTES]>,
    id: [u8; KEY_ID_BYTES],
}

/// A value that only the server's key opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sealed(Vec<u8>);

/// A value that the key does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnsealError {
    /// Not what this program writes.
    #[error("a stored secret has an unknown format")]
    Format,
    /// Sealed under another key.
    #[error("a stored secret was sealed under another key than the server has")]
    OtherKey,
    /// Changed since it was sealed, or moved from another place.
    #[error("a stored secret was changed or moved since it was sealed")]
    Tampered,
}

impl SecretKey {
    /// Bytes of a key.
    pub const BYTES: usize = KEY_BYTES;

    /// Wraps a key.
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self { present: Key::of(bytes), others: Vec::new() }
    }

    /// The same, opening also what is sealed under these keys.
    pub fn opening(mut self, others: impl IntoIterator<Item = [u8; KEY_BYTES]>) -> Self {
        for key in others.into_iter().map(Key::of) {
            if !self.knows(&key.id) {
                self.others.push(key);
            }
        }
        self
    }

    /// The same keys with that of this id as the one to seal under; nothing if it is not among them.
    pub(crate) fn sealing_under(&self, id: &[u8]) -> Option<Self> {
        let mut keys = self.clone();
        if keys.present.id != *id {
            let at = keys.others.iter().position(|key| key.id == *id)?;
            std::mem::swap(&mut keys.present, &mut keys.others[at]);
        }
        Some(keys)
    }

    /// What tells the key to seal under from other keys, and nothing else.
    pub(crate) fn id(&self) -> Vec<u8> {
        self.present.id.to_vec()
    }

    /// Whether the key of this id is among them.
    pub(crate) fn knows(&self, id: &[u8]) -> bool {
        self.all().any(|key| key.id == *id)
    }

    fn all(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.present).chain(&self.others)
    }

    /// Seals a value for one place: opened for another place, it is refused.
    pub(crate) fn seal(&self, place: &str, value: &[u8], randomness: &dyn Randomness) -> Sealed {
        let mut own = Zeroizing::new([0; KEY_BYTES]);
        let mut nonces = [[0; NONCE_BYTES]; 2];
        randomness.fill(own.as_mut());
        for nonce in &mut nonces {
            randomness.fill(nonce);
        }
        let sealed_key = encrypt(&self.present.bytes, &nonces[0], place, own.as_ref());
        let sealed_value = encrypt(&own, &nonces[1], place, value);
        let parts: [&[u8]; 6] =
            [&[FORMAT], &self.present.id, &nonces[0], &sealed_key, &nonces[1], &sealed_value];
        Sealed(parts.concat())
    }

    /// Opens a value that was sealed for the place.
    pub(crate) fn open(&self, place: &str, sealed: &Sealed) -> Result<SecretString, UnsealError> {
        let (head, body) = sealed.0.split_at_checked(HEAD_BYTES).ok_or(UnsealError::Format)?;
        let (nonce, value) = body.split_at_checked(NONCE_BYTES).ok_or(UnsealError::Format)?;
        let (format, head) = head.split_at(1);
        let (key_id, head) = head.split_at(KEY_ID_BYTES);
        let (key_nonce, sealed_key) = head.split_at(NONCE_BYTES);
        if format != [FORMAT] {
            return Err(UnsealError::Format);
        }
        let key = self.all().find(|key| key.id == key_id).ok_or(UnsealError::OtherKey)?;
        let own = decrypt(&key.bytes, key_nonce, place, sealed_key)?;
        let own = Zeroizing::new(
            <[u8; KEY_BYTES]>::try_from(own.as_slice()).map_err(|_| UnsealError::Format)?,
        );
        let value = decrypt(&own, nonce, place, value)?;
        match std::str::from_utf8(&value) {
            Ok(text) => Ok(text.to_owned().into()),
            Err(_) => Err(UnsealError::Format),
        }
    }
}

impl Key {
    fn of(bytes: [u8; KEY_BYTES]) -> Self {
        let digest = Sha256::new().chain_update(b"gathering secret key id").chain_update(bytes);
        let mut id = [0; KEY_ID_BYTES];
        id.copy_from_slice(&digest.finalize()[..KEY_ID_BYTES]);
        Self { bytes: Zeroizing::new(bytes), id }
    }
}

impl Sealed {
    /// Wraps stored bytes.
    pub(crate) const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey([hidden])")
    }
}

fn encrypt(key: &[u8; KEY_BYTES], nonce: &[u8; NONCE_BYTES], place: &str, plain: &[u8]) -> Vec<u8> {
    let payload = Payload { msg: plain, aad: place.as_bytes() };
    XChaCha20Poly1305::new(key.into())
        .encrypt(&XNonce::from(*nonce), payload)
        .expect("a secret is far shorter than what one nonce may encrypt")
}

fn decrypt(
    key: &[u8; KEY_BYTES],
    nonce: &[u8],
    place: &str,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, UnsealError> {
    let nonce = XNonce::try_from(nonce).map_err(|_| UnsealError::Format)?;
    let payload = Payload { msg: sealed, aad: place.as_bytes() };
    let plain = XChaCha20Poly1305::new(key.into()).decrypt(&nonce, payload);
    plain.map(Zeroizing::new).map_err(|_| UnsealError::Tampered)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use secrecy::ExposeSecret as _;

    use super::*;

    #[derive(Default)]
    struct Counting(AtomicU8);

    impl Randomness for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill_with(|| self.0.fetch_add(1, Ordering::Relaxed));
        }
    }

    fn key() -> SecretKey {
        SecretKey::from_bytes([9; 32])
    }

    #[test]
    fn what_is_sealed_opens_at_its_place_only() {
        let sealed = key().seal("prj/NAME", b"hunter2-hunter2", &Counting::default());
        let opened = key().open("prj/NAME", &Sealed::from_bytes(sealed.bytes().to_vec())).unwrap();
        assert_eq!(opened.expose_secret(), "hunter2-hunter2");
        assert_eq!(key().open("prj/OTHER", &sealed).unwrap_err(), UnsealError::Tampered);
        let other = SecretKey::from_bytes([8; 32]);
        assert_eq!(other.open("prj/NAME", &sealed).unwrap_err(), UnsealError::OtherKey);
    }

    #[test]
    fn every_flipped_or_missing_byte_is_found() {
        let sealed = key().seal("p", b"value", &Counting::default());
        for at in 0..sealed.bytes().len() {
            let mut bytes = sealed.bytes().to_vec();
            bytes[at] ^= 1;
            assert!(key().open("p", &Sealed::from_bytes(bytes)).is_err(), "byte {at}");
            let cut = sealed.bytes()[..at].to_vec();
            assert!(key().open("p", &Sealed::from_bytes(cut)).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn an_old_key_opens_and_the_named_one_seals() {
        let randomness = Counting::default();
        let sealed = key().seal("p", b"value", &randomness);
        let new = SecretKey::from_bytes([8; 32]).opening([[9; 32], [8; 32], [9; 32]]);
        assert_eq!(new.others.len(), 1);
        assert_eq!(new.open("p", &sealed).unwrap().expose_secret(), "value");
        let as_before = new.sealing_under(&key().id()).unwrap().seal("p", b"again", &randomness);
        assert_eq!(key().open("p", &as_before).unwrap().expose_secret(), "again");
        let under_new = new.seal("p", b"value", &randomness);
        assert_eq!(key().open("p", &under_new).unwrap_err(), UnsealError::OtherKey);
        assert!(new.sealing_under(&[0; KEY_ID_BYTES]).is_none());
    }

    #[test]
    fn equal_values_are_sealed_differently() {
        let randomness = Counting::default();
        let [one, other] = [(); 2].map(|()| key().seal("p", b"value", &randomness));
        assert_ne!(one, other);
        assert!(!one.bytes().windows(5).any(|window| window == b"value"));
    }

    #[test]
    fn the_key_does_not_show_in_debug_output() {
        assert_eq!(format!("{:?}", key()), "SecretKey([hidden])");
    }
}
