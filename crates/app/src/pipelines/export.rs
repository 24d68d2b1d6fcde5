//! A pipeline as a file.

use gathering_domain::PipelineId;
use gathering_pipelines::Definition;
use serde::Deserialize as _;

use super::Pipelines;
use crate::{Caller, Error, Result};

impl Pipelines<'_> {
    /// The pipeline's present definition as the text of a YAML file.
    pub async fn export(&self, caller: &Caller, id: PipelineId) -> Result<String> {
        let pipeline = self.get(caller, id).await?;
        let definition = Definition::deserialize(&pipeline.definition)
            .map_err(|fault| Error::internal("read a stored pipeline", fault))?;
        Ok(definition.to_yaml())
    }
}
