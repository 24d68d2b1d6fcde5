//! Artifacts: named stored outputs.

use gathering_domain::{ArtifactId, RunId, Timestamp};

/// A stored output, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Its id.
    pub id: ArtifactId,
    /// The run that made it, if one did.
    pub run_id: Option<RunId>,
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of its bytes, in hexadecimal.
    pub hash: String,
    /// When it was made.
    pub created_at: Timestamp,
}
