//! What a backup says of itself.

use serde::{Deserialize, Serialize};

/// The form of the archives that are written here.
pub(crate) const FORMAT: u32 = 1;
/// The largest manifest that is read, in bytes.
pub(super) const BYTES_MAX: u64 = 64 * 1024;

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// The form of the archive.
    pub(crate) format: u32,
    /// The version of the program that wrote it.
    pub(crate) program: String,
    /// The newest migration of the store.
    pub(crate) schema_version: i64,
    /// When it was taken, in RFC 3339: what was committed before is in it.
    pub(crate) taken_at: String,
    /// How many runs there are.
    pub(crate) runs: u64,
    /// How many users there are.
    pub(crate) users: u64,
    /// Whether the key that opens stored secrets is in it.
    pub(crate) secret_key: KeyKept,
    /// The files that follow, in order.
    pub(crate) files: Vec<Listed>,
}

/// Whether the key that opens stored secrets is in a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeyKept {
    /// It is.
    Included,
    /// Nobody asked for it: it lay in the data directory and has to be kept elsewhere.
    LeftOut,
    /// It stands in the configuration.
    Configured,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Listed {
    /// Its name in the data directory.
    pub(crate) name: String,
    /// Its size in bytes.
    pub(crate) size: u64,
    /// Its SHA-256, in hexadecimal.
    pub(crate) sha256: String,
}
