//! The file of a backup: a tar archive under zstd that any such programs can look into.
//!
//! First comes `manifest.json`, which says what follows, how large and under which SHA-256; then the
//! files, each as it lies in a data directory. A reader takes nothing else, and nothing that is not in
//! this order.

mod manifest;
mod read;
mod tar;
mod write;

pub(crate) use manifest::{FORMAT, KeyKept, Listed, Manifest};
pub(crate) use read::Archive;
pub(crate) use write::{listed, write};

/// The database file.
pub(crate) const DATABASE: &str = "gathering.db";
/// The files of the key that opens stored secrets: the present one, and while it is being replaced the
/// next.
pub(crate) const KEYS: [&str; 2] = ["secrets.key", "secrets.key.next"];
/// The name of the manifest.
const MANIFEST: &str = "manifest.json";
/// The bytes that are read at a time.
const PIECE: usize = 256 * 1024;
