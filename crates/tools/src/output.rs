//! What a tool answers, and how an answer that is too long is cut.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ArtifactRef;

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

#[cfg(test)]
mod tests {
    use gathering_domain::ArtifactId;
    use serde_json::json;

    use super::*;

    #[test]
    fn answer_within_its_limit_is_untouched() {
        for value in [json!("ten bytes!"), json!({ "a": 1 }), json!(null)] {
            let output = ToolOutput::of(value);
            assert_eq!(output.clone().fit(10), Fitted { output, overflow: None });
        }
    }

    #[test]
    fn long_answer_is_cut_between_characters_and_kept_whole_aside() {
        let Fitted { output, overflow } = ToolOutput::of(json!("ééé")).fit(5);
        assert_eq!(output.text(), "éé\n[cut: 4 of 6 bytes shown]");
        assert_eq!(output.value["truncated"], json!(true));
        let whole = Overflow { content: "ééé".to_owned(), media_type: "text/plain" };
        assert_eq!(overflow, Some(whole));

        let rows = json!({ "rows": [1, 2, 3] });
        let Fitted { output, overflow } = ToolOutput::of(rows.clone()).fit(9);
        assert_eq!(output.text(), "{\"rows\":[\n[cut: 9 of 16 bytes shown]");
        let whole = overflow.unwrap();
        assert_eq!(serde_json::from_str::<Value>(&whole.content).unwrap(), rows);
        assert_eq!(whole.media_type, "application/json");
    }

    #[test]
    fn long_preview_of_a_short_answer_is_cut_without_overflow() {
        let output = ToolOutput { preview: Some("x".repeat(50)), ..ToolOutput::of(json!(1)) };
        let Fitted { output, overflow } = output.fit(10);
        assert_eq!((output.text(), overflow), ("x".repeat(10), None));
    }

    #[test]
    fn artifacts_are_named_to_the_reader() {
        let mut output = ToolOutput::of(json!("done"));
        output.attach(ArtifactRef {
            artifact_id: ArtifactId::from_uuid(uuid::Uuid::nil()),
            name: "brief.md".to_owned(),
            media_type: "text/markdown".to_owned(),
            bytes: 12,
        });
        assert_eq!(
            output.text(),
            "done\n[artifact art_00000000000000000000000000000000: brief.md, text/markdown, 12 bytes]"
        );
        let json = serde_json::to_string(&output).unwrap();
        assert_eq!(serde_json::from_str::<ToolOutput>(&json).unwrap(), output);
    }
}
