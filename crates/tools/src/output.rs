//! What a tool answers, and how an answer that is too long is cut.

use gathering_domain::ArtifactId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A stored output that a tool made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactRef {
    /// Its id.
    pub artifact_id: ArtifactId,
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// What a tool answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolOutput {
    /// The answer, of the shape that the spec's output schema states.
    pub value: Value,
    /// What a model and a person read in its place; none for the value itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<String>,
    /// What was stored on the way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<ArtifactRef>,
}

/// An output that is within its limit, and what had to be taken from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// The output to journal.
    pub output: ToolOutput,
    /// The whole answer, to be stored as an artifact; none if nothing was cut.
    pub overflow: Option<Overflow>,
}

/// The whole of an answer that was cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overflow {
    /// The answer in full: text as it is, anything else as JSON.
    pub content: String,
    /// `text/plain` or `application/json`.
    pub media_type: &'static str,
}

impl ToolOutput {
    /// An answer without preview or artifacts.
    pub fn of(value: Value) -> Self {
        Self { value, preview: None, artifacts: Vec::new() }
    }

    /// What a model reads: the preview, else text as it is, else JSON; then the artifacts by name.
    pub fn text(&self) -> String {
        let text = match (&self.preview, &self.value) {
            (Some(preview), _) => preview.clone(),
            (None, Value::String(text)) => text.clone(),
            (None, value) => value.to_string(),
        };
        let notes = self.artifacts.iter().map(|artifact| {
            let ArtifactRef { artifact_id, name, media_type, bytes } = artifact;
            format!("\n[artifact {artifact_id}: {name}, {media_type}, {bytes} bytes]")
        });
        std::iter::once(text).chain(notes).collect()
    }

    /// Cuts the answer to at most `limit` bytes of value and of preview, and says in the preview
    /// that it was cut. The caller stores the overflow and names it with [`ToolOutput::attach`].
    pub fn fit(self, limit: u64) -> Fitted {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let Self { value, preview, artifacts } = self;
        let (content, media_type) = match value {
            Value::String(text) if text.len() <= limit => {
                return within(Value::String(text), preview, artifacts, limit);
            }
            Value::String(text) => (text, "text/plain"),
            value => {
                let json = value.to_string();
                if json.len() <= limit {
                    return within(value, preview, artifacts, limit);
                }
                (json, "application/json")
            }
        };
        let shown = cut(preview.as_deref().unwrap_or(&content), limit);
        let note = format!("{shown}\n[cut: {} of {} bytes shown]", shown.len(), content.len());
        let value = serde_json::json!({
            "truncated": true,
            "bytes": content.len(),
            "media_type": media_type,
        });
        let output = Self { value, preview: Some(note), artifacts };
        Fitted { output, overflow: Some(Overflow { content, media_type }) }
    }

    /// Names a stored artifact in the output.
    pub fn attach(&mut self, artifact: ArtifactRef) {
        self.artifacts.push(artifact);
    }
}

fn within(
    value: Value,
    preview: Option<String>,
    artifacts: Vec<ArtifactRef>,
    limit: usize,
) -> Fitted {
    let preview =
        preview.map(|text| if text.len() > limit { cut(&text, limit).to_owned() } else { text });
    Fitted { output: ToolOutput { value, preview, artifacts }, overflow: None }
}

/// The longest start of `text` of at most `limit` bytes that ends between characters.
fn cut(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}
