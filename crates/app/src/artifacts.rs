//! Artifacts: named stored outputs.

mod sink;

use gathering_domain::{ArtifactId, Permission, RunId, Timestamp, hex};
use gathering_storage::{
    BlobHash,
    artifacts::{self as rows, ArtifactRow},
    find_blob,
};

pub use sink::Sink;

use crate::{App, Caller, Error, Page, PageRequest, Result};

/// Use cases of artifacts.
#[derive(Clone)]
pub struct Artifacts<'a> {
    pub(crate) app: &'a App,
}

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

impl Artifacts<'_> {
    /// Artifacts, the newest first, of one run or of all.
    pub async fn list(
        &self,
        caller: &Caller,
        run_id: Option<RunId>,
        page: PageRequest,
    ) -> Result<Page<Artifact>> {
        let project_id = caller.require_here(Permission::Read)?;
        let (limit, before) = (page.limit()?, page.after()?);
        let found = rows::list(project_id, run_id, before, limit + 1, caller.looks_as());
        let found = found.all(self.app.database()).await?;
        Ok(Page::of(found, limit, |row| row.id.to_string()).map(Artifact::from))
    }

    /// The artifact of that id.
    pub async fn get(&self, caller: &Caller, id: ArtifactId) -> Result<Artifact> {
        self.row(caller, id).await.map(Artifact::from)
    }

    /// The artifact of that id, with its bytes.
    pub async fn download(&self, caller: &Caller, id: ArtifactId) -> Result<(Artifact, Vec<u8>)> {
        let row = self.row(caller, id).await?;
        let missing = Error::defect("read the bytes of an artifact");
        let hash = BlobHash::from_slice(&row.hash).ok_or(missing.clone())?;
        let blob = find_blob(hash).first(self.app.database()).await?.ok_or(missing)?;
        // Up to 16 MiB are decompressed here: too long for a thread that serves others.
        let bytes = tokio::task::spawn_blocking(move || blob.payload()).await;
        let bytes = bytes.map_err(|fault| Error::internal("decompress an artifact", fault))??;
        Ok((row.into(), bytes))
    }

    async fn row(&self, caller: &Caller, id: ArtifactId) -> Result<ArtifactRow> {
        let project_id = caller.require_here(Permission::Read)?;
        let found = rows::find(project_id, id).first(self.app.database()).await?;
        let found = found.ok_or_else(|| Error::not_found("artifact", id))?;
        let Some(run_id) = found.run_id else { return Ok(found) };
        let visible = self.app.runs().require_visible(caller, run_id).await;
        visible.map(|()| found).map_err(|error| match error {
            Error::NotFound { .. } => Error::not_found("artifact", id),
            error => error,
        })
    }
}

impl From<ArtifactRow> for Artifact {
    fn from(row: ArtifactRow) -> Self {
        let ArtifactRow { id, run_id, name, media_type, size, hash, created_at } = row;
        Self { id, run_id, name, media_type, bytes: size, hash: hex(&hash), created_at }
    }
}
