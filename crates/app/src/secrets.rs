//! Secrets: written, used at the egress, never read back.

mod cipher;

use gathering_domain::{SecretId, Timestamp};
use secrecy::SecretString;

pub use cipher::{SecretKey, UnsealError};

/// A stored secret, without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretInfo {
    /// Its id.
    pub id: SecretId,
    /// The name by which definitions refer to it: `[A-Z][A-Z0-9_]*`.
    pub name: String,
    /// The hosts to which the egress may send it; empty for those of providers only.
    pub hosts: Vec<String>,
    /// When its value was written last.
    pub updated_at: Timestamp,
}

/// Writes a secret, new or in place of an older value.
#[derive(Debug, Clone)]
pub struct PutSecret {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: SecretString,
    /// The hosts to which the egress may send it.
    pub hosts: Vec<String>,
}
