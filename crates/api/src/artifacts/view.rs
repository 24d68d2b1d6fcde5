//! Artifacts as clients read them.

use gathering_app::artifacts::Artifact;
use gathering_domain::{ArtifactId, RunId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::views::Time;

/// A stored output, without its bytes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Artifact)]
pub(crate) struct ArtifactView {
    /// Its id.
    #[schema(value_type = String, example = "art_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    id: ArtifactId,
    /// The run that made it, if one did.
    #[schema(value_type = Option<String>)]
    run_id: Option<RunId>,
    /// Its name.
    #[schema(example = "brief.md")]
    name: String,
    /// Its media type, as whoever made it says.
    #[schema(example = "text/markdown")]
    media_type: String,
    /// Its size in bytes.
    bytes: u64,
    /// SHA-256 of its bytes, in hexadecimal.
    hash: String,
    /// When it was made.
    created_at: Time,
}

impl From<Artifact> for ArtifactView {
    fn from(artifact: Artifact) -> Self {
        let Artifact { id, run_id, name, media_type, bytes, hash, created_at } = artifact;
        Self { id, run_id, name, media_type, bytes, hash, created_at: created_at.into() }
    }
}
