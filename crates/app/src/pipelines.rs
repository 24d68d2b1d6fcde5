//! Pipelines: definitions with immutable versions.

use gathering_domain::{Fault, PipelineId, PipelineVersionId, Timestamp};
use serde_json::Value;

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

/// A definition as it came: JSON of the API, or a file's text.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// JSON.
    Json(Value),
    /// A YAML or JSON file.
    Text(String),
}

/// What validation found.
#[derive(Debug, Clone, PartialEq)]
pub struct Validation {
    /// Every fault; empty if the definition can run.
    pub faults: Vec<Fault>,
    /// The definition in its canonical form, where it could be read.
    pub definition: Option<Value>,
}
