//! Tools and their answers as clients read them.

use gathering_app::tools::{Invoked, ToolKind, ToolSpec};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    runs::ArtifactRefView,
    views::{EffectKindWord, FailureView, PermissionWord, PolicyWord},
};

/// A tool.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tool)]
pub(crate) struct ToolView {
    /// What a model calls it by.
    #[schema(example = "calculate")]
    name: String,
    /// What it is for, in one line.
    purpose: String,
    /// What repeating a call means, at worst; `null` for a question to a person.
    effect: Option<EffectKindWord>,
    /// JSON Schema of the arguments.
    #[schema(value_type = Object)]
    input_schema: Value,
    /// JSON Schema of the output.
    #[schema(value_type = Object)]
    output_schema: Value,
    /// What the actor of a call must be allowed.
    permissions: Vec<PermissionWord>,
    /// What happens to a call where nobody configured otherwise.
    policy: PolicyWord,
    /// How long a call may take.
    timeout_ms: u64,
    /// How much of an answer a model sees, in bytes; the rest becomes an artifact.
    output_bytes: u64,
    /// Whether calls may run beside other calls of the same turn.
    parallel: bool,
}

/// How a direct call of a tool ended.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invoked)]
pub(crate) struct InvokedView {
    /// Whether the tool gave an answer.
    ok: bool,
    /// What it answered.
    output: Option<OutputView>,
    /// Why it failed.
    failure: Option<FailureView>,
    /// What repeating the call means.
    effect: EffectKindWord,
    /// How long it took.
    took_ms: u64,
}

/// What a tool answered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ToolOutput)]
struct OutputView {
    /// The answer, of the shape that the tool's output schema states.
    value: Value,
    /// What a model and a person read in its place, if it was cut.
    preview: Option<String>,
    /// What was stored on the way.
    artifacts: Vec<ArtifactRefView>,
}

impl From<ToolSpec> for ToolView {
    fn from(spec: ToolSpec) -> Self {
        let effect = match spec.kind {
            ToolKind::Effect { kind } => Some(kind.into()),
            ToolKind::AskPerson => None,
        };
        Self {
            name: spec.name.to_string(),
            purpose: spec.purpose,
            effect,
            input_schema: spec.input,
            output_schema: spec.output,
            permissions: spec.permissions.into_iter().map(PermissionWord::from).collect(),
            policy: spec.policy.into(),
            timeout_ms: spec.limits.timeout.millis(),
            output_bytes: spec.limits.output_bytes,
            parallel: spec.parallel,
        }
    }
}

impl From<Invoked> for InvokedView {
    fn from(invoked: Invoked) -> Self {
        let Invoked { result, kind, took } = invoked;
        let (output, failure) = match result {
            Ok(output) => (Some(output), None),
            Err(failure) => (None, Some(failure)),
        };
        let output = output.map(|output| OutputView {
            value: output.value,
            preview: output.preview,
            artifacts: output.artifacts.into_iter().map(ArtifactRefView::from).collect(),
        });
        Self {
            ok: failure.is_none(),
            output,
            failure: failure.map(FailureView::from),
            effect: kind.into(),
            took_ms: took.millis(),
        }
    }
}
