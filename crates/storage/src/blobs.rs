//! Large payloads: content-addressed, compressed, written once.

use bytes::Bytes;
use gathering_database::{Reader, Sql, params, row};
use gathering_domain::RunId;
use sha2::{Digest, Sha256};

use crate::statement::{Query, Write, statements};
use crate::{Result, StorageError};

/// The most bytes that one payload may have before compression.
pub const BLOB_BYTES_MAX: usize = 32 * 1024 * 1024;

/// How hard to compress: about the speed of the disk.
const COMPRESSION_LEVEL: i32 = 1;

/// The SHA-256 of a payload before compression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobHash(pub [u8; 32]);

/// A payload, ready to be stored.
#[derive(Debug, Clone)]
pub struct Blob {
    /// Its name.
    pub hash: BlobHash,
    /// Its size before compression.
    pub size: u64,
    compressed: Bytes,
}

row! {
    /// A stored payload.
    #[derive(Debug, Clone)]
    pub struct BlobRow {
        /// Its name.
        pub hash: Vec<u8>,
        /// Its size before compression.
        pub size: u64,
        /// Its compressed bytes.
        pub bytes: Bytes,
    }
}

statements! {
    /// Changes nothing where it is there already, and holds it all the same until the commit: whoever
    /// removes what nobody refers to sees then that somebody does.
    INSERT = Sql::both(
        "INSERT INTO blobs (hash, size, bytes) VALUES ($1, $2, $3) \
         ON CONFLICT (hash) DO UPDATE SET size = excluded.size WHERE 1 = 0"
    );
    REFER = Sql::both(
        "INSERT INTO blob_refs (run_id, hash) VALUES ($1, $2) ON CONFLICT (run_id, hash) DO NOTHING"
    );
    FIND -> BlobRow = Sql::both("SELECT hash, size, bytes FROM blobs WHERE hash = $1");
}

impl Blob {
    /// Names and compresses a payload of at most [`BLOB_BYTES_MAX`] bytes.
    pub fn new(payload: &[u8]) -> Self {
        let hash = BlobHash(Sha256::digest(payload).into());
        let compressed = zstd::bulk::compress(payload, COMPRESSION_LEVEL)
            .expect("compressing into memory at a valid level cannot fail")
            .into();
        Self { hash, size: payload.len() as u64, compressed }
    }

    /// Bytes that it takes in the store.
    pub const fn stored_bytes(&self) -> usize {
        self.compressed.len()
    }
}

/// Stores a payload, unless it is there already.
pub fn insert_blob(blob: &Blob) -> Write {
    let size = i64::try_from(blob.size).unwrap_or(i64::MAX);
    Write::new(INSERT, params![&blob.hash.0[..], size, blob.compressed.clone()])
}

/// Says that entries of a run name a payload; comes with them, and after the payload.
pub(crate) fn refer(run_id: RunId, hash: BlobHash) -> Write {
    Write::new(REFER, params![run_id.uuid(), &hash.0[..]])
}

/// The payload with this name; read it with [`BlobRow::payload`].
pub fn find_blob(hash: BlobHash) -> Query<BlobRow> {
    Query::new(FIND, params![&hash.0[..]])
}

impl BlobRow {
    /// The payload, decompressed.
    pub fn payload(&self) -> Result<Vec<u8>> {
        let name = BlobHash::from_slice(&self.hash).unwrap_or(BlobHash([0; 32]));
        let corrupt = |why: &dyn std::fmt::Display| StorageError::corrupt("blob", name, why);
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        if size > BLOB_BYTES_MAX {
            return Err(corrupt(&"it is larger than any blob may be"));
        }
        let payload = zstd::bulk::decompress(&self.bytes, size).map_err(|error| corrupt(&error))?;
        if Sha256::digest(&payload)[..] != self.hash[..] {
            return Err(corrupt(&"it does not have the content that its name says"));
        }
        Ok(payload)
    }
}

/// The payload with this name. Its absence is corruption: what names it was written with it.
pub(crate) fn load(reader: &mut Reader<'_>, hash: BlobHash) -> Result<Vec<u8>> {
    let row = find_blob(hash).first_in(reader)?;
    row.ok_or_else(|| StorageError::corrupt("blob", hash, "it is missing"))?.payload()
}

impl BlobHash {
    /// Reads the bytes of a name.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl std::fmt::Display for BlobHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payload_survives_and_a_wrong_one_is_noticed() {
        let payload = b"a payload, a payload, a payload".repeat(1_000);
        let blob = Blob::new(&payload);
        assert!(blob.stored_bytes() < payload.len() / 10);
        let mut row =
            BlobRow { hash: blob.hash.0.to_vec(), size: blob.size, bytes: blob.compressed };
        assert_eq!(row.payload().unwrap(), payload);
        row.hash[0] ^= 1;
        assert!(matches!(row.payload(), Err(StorageError::Corrupt { .. })));
    }
}
