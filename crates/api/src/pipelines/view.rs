//! Pipelines as clients read them.

use gathering_app::pipelines::{Pipeline, PipelineSummary, PipelineVersion, Validation};
use gathering_domain::{PipelineId, PipelineVersionId};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{problem::FieldError, views::Time};

/// A pipeline with its present definition.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Pipeline)]
pub(crate) struct PipelineView {
    /// Its id.
    #[schema(value_type = String, example = "pip_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    id: PipelineId,
    /// What other definitions call it.
    #[schema(example = "research-brief")]
    name: String,
    /// Rises with each change; what `If-Match` names.
    version: u64,
    /// Its present version.
    #[schema(value_type = String, example = "piv_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    version_id: PipelineVersionId,
    /// Its present definition.
    #[schema(value_type = Object)]
    definition: Value,
    /// When it was made.
    created_at: Time,
    /// When it was changed last.
    updated_at: Time,
}

/// A row of the list of pipelines.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PipelineSummary)]
pub(crate) struct PipelineSummaryView {
    /// Its id.
    #[schema(value_type = String, example = "pip_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    id: PipelineId,
    /// What other definitions call it.
    #[schema(example = "research-brief")]
    name: String,
    /// Rises with each change.
    version: u64,
    /// Its present version.
    #[schema(value_type = String, example = "piv_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    version_id: PipelineVersionId,
    /// When it was made.
    created_at: Time,
    /// When it was changed last.
    updated_at: Time,
}

/// An immutable version of a pipeline.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PipelineVersion)]
pub(crate) struct PipelineVersionView {
    /// Its id.
    #[schema(value_type = String, example = "piv_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    id: PipelineVersionId,
    /// The number among the pipeline's versions, from 1.
    number: u64,
    /// SHA-256 of its canonical JSON, in hexadecimal.
    hash: String,
    /// The definition.
    #[schema(value_type = Object)]
    definition: Value,
    /// When it was made.
    created_at: Time,
}

/// What validation found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Validation)]
pub(crate) struct ValidationView {
    /// Whether the definition can run.
    valid: bool,
    /// Every fault.
    errors: Vec<FieldError>,
    /// The definition in its canonical form, where it has no fault.
    #[schema(value_type = Option<Object>)]
    definition: Option<Value>,
}

impl From<Pipeline> for PipelineView {
    fn from(pipeline: Pipeline) -> Self {
        let Pipeline { id, name, version, version_id, definition, created_at, updated_at } =
            pipeline;
        let (created_at, updated_at) = (created_at.into(), updated_at.into());
        Self { id, name, version, version_id, definition, created_at, updated_at }
    }
}

impl From<PipelineSummary> for PipelineSummaryView {
    fn from(pipeline: PipelineSummary) -> Self {
        let PipelineSummary { id, name, version, version_id, created_at, updated_at } = pipeline;
        let (created_at, updated_at) = (created_at.into(), updated_at.into());
        Self { id, name, version, version_id, created_at, updated_at }
    }
}

impl From<PipelineVersion> for PipelineVersionView {
    fn from(version: PipelineVersion) -> Self {
        let PipelineVersion { id, number, hash, definition, created_at } = version;
        Self { id, number, hash, definition, created_at: created_at.into() }
    }
}

impl From<Validation> for ValidationView {
    fn from(validation: Validation) -> Self {
        let Validation { faults, definition } = validation;
        let valid = faults.is_empty();
        Self { valid, errors: faults.into_iter().map(FieldError::from).collect(), definition }
    }
}
