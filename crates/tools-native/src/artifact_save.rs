//! `artifact_save`: stores a text under a name.

use std::sync::Arc;

use gathering_domain::{EffectKind, Failure, Permission};
use gathering_tools::{
    ArtifactRef, ArtifactSink, NewArtifact, ToolContext, ToolKind, ToolOutput, ToolSpec, TypedTool,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest text, in bytes.
const MAX_CONTENT_BYTES: usize = 1024 * 1024;

/// Stores artifacts.
pub struct ArtifactSave {
    sink: Arc<dyn ArtifactSink>,
}

/// What to store.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// A file name, such as `brief.md`.
    #[schemars(length(min = 1, max = 120))]
    name: String,
    /// The text.
    content: String,
    /// What the text is: `text/markdown`, `text/plain`, `text/csv`, `application/json`, …
    #[serde(default = "markdown")]
    media_type: String,
}

fn markdown() -> String {
    "text/markdown".to_owned()
}

/// What was stored.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// The artifact's id.
    artifact_id: String,
    /// Its size in bytes.
    bytes: u64,
    #[serde(skip)]
    #[schemars(skip)]
    saved: ArtifactRef,
}

impl ArtifactSave {
    /// A tool that stores in `sink`.
    pub fn new(sink: Arc<dyn ArtifactSink>) -> Self {
        Self { sink }
    }
}

impl TypedTool for ArtifactSave {
    type Input = Input;
    type Output = Output;

    fn spec(&self) -> ToolSpec {
        let purpose = "Save a text as a named artifact that people can open and download.";
        // The sink keeps one artifact per effect id and name, so that a second try is harmless.
        let kind = ToolKind::Effect { kind: EffectKind::Idempotent };
        ToolSpec::of::<Input, Output>("artifact_save", purpose, kind).needs(Permission::RunStart)
    }

    async fn run(&self, context: &ToolContext, input: Input) -> Result<Output, Failure> {
        let Input { name, content, media_type } = input;
        let refused = |message| Failure::fatal("invalid_arguments", message);
        if content.len() > MAX_CONTENT_BYTES {
            return Err(refused(format!(
                "could not save `{name}`: a text has at most {MAX_CONTENT_BYTES} bytes, this one has {}",
                content.len()
            )));
        }
        let artifact = NewArtifact::new(name, media_type, content.into_bytes())
            .map_err(|fault| refused(format!("could not save the artifact: {fault}")))?;
        let saved = self.sink.save(context, artifact).await?;
        Ok(Output { artifact_id: saved.artifact_id.to_string(), bytes: saved.bytes, saved })
    }

    fn output(&self, value: Output) -> Result<ToolOutput, Failure> {
        let Output { artifact_id, bytes, saved } = value;
        let value = serde_json::json!({ "artifact_id": artifact_id, "bytes": bytes });
        let preview = Some(format!("saved `{}` ({bytes} bytes)", saved.name));
        Ok(ToolOutput { value, preview, artifacts: vec![saved] })
    }
}
