//! Pipelines: definitions with immutable versions.

mod export;
mod source;
mod validate;

use gathering_domain::{Permission, PipelineId, PipelineVersionId, ProjectId, Timestamp, hex};
use gathering_storage::definitions::{
    self as rows, DefinitionKind, DefinitionRow, DefinitionSummary, VersionRow,
};
use serde_json::Value;

pub use gathering_pipelines::{NodeType, node_types};
pub use source::{Format, Source};
pub use validate::Validation;

use crate::{
    App, Caller, Page, PageRequest, Result, definitions::Stored, idempotency::asked_once,
    store_page::after_id,
};

/// Use cases of pipelines.
#[derive(Clone)]
pub struct Pipelines<'a> {
    pub(crate) app: &'a App,
}

/// A pipeline with its present definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    /// Its id.
    pub id: PipelineId,
    /// What other definitions call it.
    pub name: String,
    /// Rises with each change; what `If-Match` names.
    pub version: u64,
    /// Its present version.
    pub version_id: PipelineVersionId,
    /// Its present definition.
    pub definition: Value,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// A row of the list of pipelines, without the definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PipelineSummary {
    /// Its id.
    pub id: PipelineId,
    /// What other definitions call it.
    pub name: String,
    /// Rises with each change.
    pub version: u64,
    /// Its present version.
    pub version_id: PipelineVersionId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// An immutable version of a pipeline.
#[derive(Debug, Clone, PartialEq)]
pub struct PipelineVersion {
    /// Its id.
    pub id: PipelineVersionId,
    /// The number among the pipeline's versions, from 1.
    pub number: u64,
    /// SHA-256 of its canonical JSON, in hexadecimal.
    pub hash: String,
    /// The definition.
    pub definition: Value,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Pipelines<'_> {
    /// Makes a pipeline, once for a key.
    pub async fn create(
        &self,
        caller: &Caller,
        source: Source,
        key: Option<String>,
    ) -> Result<Pipeline> {
        let project_id = caller.require_here(Permission::DefinitionWrite)?;
        let asked = asked_once("pipeline.create", key, || source.as_value())?;
        let stored = self.stored(project_id);
        if let Some(made) = stored.made_before(asked.as_ref()).await? {
            return Ok(made.into());
        }
        let definition = self.require_valid(project_id, source).await?;
        let (name, content) = (definition.name.to_string(), definition.to_value());
        let row = stored.create(caller, name, content, asked).await?;
        Ok(row.into())
    }

    /// Gives a pipeline another definition, if it is still at `version`. An unchanged one makes no
    /// new version.
    pub async fn update(
        &self,
        caller: &Caller,
        id: PipelineId,
        source: Source,
        version: u64,
    ) -> Result<Pipeline> {
        let project_id = caller.require_here(Permission::DefinitionWrite)?;
        let definition = self.require_valid(project_id, source).await?;
        let (name, content) = (definition.name.to_string(), definition.to_value());
        let stored = self.stored(project_id);
        let row = stored.update(caller, id.uuid(), version, name, content).await?;
        self.app.definitions().forget(project_id, id);
        Ok(row.into())
    }

    /// The pipeline of that id.
    pub async fn get(&self, caller: &Caller, id: PipelineId) -> Result<Pipeline> {
        let project_id = caller.require_here(Permission::Read)?;
        self.stored(project_id).get(id.uuid()).await.map(Pipeline::from)
    }

    /// Pipelines in the order in which they were made.
    pub async fn list(&self, caller: &Caller, page: PageRequest) -> Result<Page<PipelineSummary>> {
        let project_id = caller.require_here(Permission::Read)?;
        let limit = page.limit()?;
        let after = after_id(&page, PipelineId::uuid)?;
        let found = rows::list_summaries(project_id, DefinitionKind::Pipeline, after, limit + 1);
        let found = found.all(self.app.database()).await?;
        let pipelines = found.into_iter().map(PipelineSummary::from).collect();
        Ok(Page::of(pipelines, limit, |pipeline: &PipelineSummary| pipeline.id.to_string()))
    }

    /// Removes a pipeline. Its versions stay, because runs are pinned to them.
    pub async fn delete(&self, caller: &Caller, id: PipelineId) -> Result<()> {
        let project_id = caller.require_here(Permission::DefinitionWrite)?;
        self.stored(project_id).delete(caller, id.uuid()).await?;
        self.app.definitions().forget(project_id, id);
        Ok(())
    }

    /// Versions of a pipeline, the newest first.
    pub async fn versions(
        &self,
        caller: &Caller,
        id: PipelineId,
        page: PageRequest,
    ) -> Result<Page<PipelineVersion>> {
        let project_id = caller.require_here(Permission::Read)?;
        let page = self.stored(project_id).versions(id.uuid(), page).await?;
        Ok(page.map(PipelineVersion::from))
    }

    /// The version of that id, also of one that came with a run.
    pub async fn version(&self, caller: &Caller, id: PipelineVersionId) -> Result<PipelineVersion> {
        let project_id = caller.require_here(Permission::Read)?;
        self.stored(project_id).version_of(id.uuid(), id).await.map(PipelineVersion::from)
    }

    fn stored(&self, project_id: ProjectId) -> Stored<'_> {
        Stored { app: self.app, project_id, kind: DefinitionKind::Pipeline }
    }
}

impl From<DefinitionRow> for Pipeline {
    fn from(row: DefinitionRow) -> Self {
        let DefinitionRow {
            id, name, version, version_id, content, created_at, updated_at, ..
        } = row;
        Self {
            id: PipelineId::from_uuid(id),
            name,
            version,
            version_id: PipelineVersionId::from_uuid(version_id),
            definition: content,
            created_at,
            updated_at,
        }
    }
}

impl From<DefinitionSummary> for PipelineSummary {
    fn from(row: DefinitionSummary) -> Self {
        let DefinitionSummary { id, name, version, version_id, created_at, updated_at } = row;
        Self {
            id: PipelineId::from_uuid(id),
            name,
            version,
            version_id: PipelineVersionId::from_uuid(version_id),
            created_at,
            updated_at,
        }
    }
}

impl From<VersionRow> for PipelineVersion {
    fn from(row: VersionRow) -> Self {
        let VersionRow { id, number, hash, content, created_at, .. } = row;
        Self {
            id: PipelineVersionId::from_uuid(id),
            number,
            hash: hex(&hash),
            definition: content,
            created_at,
        }
    }
}
