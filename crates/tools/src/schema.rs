//! JSON Schemas: derived from types, compiled within bounds, and faults that a model can act on.

use gathering_domain::{Fault, Pointer};
use schemars::{JsonSchema, generate::SchemaSettings, transform::RestrictFormats};
use serde_json::Value;

/// The largest schema, in bytes of JSON.
pub const MAX_SCHEMA_BYTES: usize = 64 * 1024;
/// The deepest schema and the deepest value checked against one, in levels.
pub const MAX_DEPTH: usize = 64;
/// The most faults reported of one value.
pub const MAX_FAULTS: usize = 20;
/// The longest message of one fault, in characters.
const MAX_MESSAGE_CHARS: usize = 400;
/// The largest compiled pattern, in bytes.
const MAX_PATTERN_BYTES: usize = 256 * 1024;

/// A compiled schema. It fetches nothing, and matches patterns in linear time.
#[derive(Debug)]
pub struct Schema {
    validator: jsonschema::Validator,
}

/// A schema that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSchema {
    /// More than [`MAX_SCHEMA_BYTES`].
    #[error("a schema has at most {MAX_SCHEMA_BYTES} bytes; this one has {0}")]
    TooLarge(usize),
    /// Deeper than [`MAX_DEPTH`].
    #[error("a schema has at most {MAX_DEPTH} levels")]
    TooDeep,
    /// Not a JSON Schema, or one with references that are not within it.
    #[error("not a usable JSON Schema at `{place}`: {message}")]
    Malformed {
        /// JSON pointer into the schema; empty for the whole.
        place: String,
        /// What is wrong.
        message: String,
    },
}

impl Schema {
    /// Compiles a schema, within bounds and without fetching any reference.
    pub fn compile(schema: &Value) -> Result<Self, InvalidSchema> {
        if !depth_within(schema, MAX_DEPTH) {
            return Err(InvalidSchema::TooDeep);
        }
        let bytes = schema.to_string().len();
        if bytes > MAX_SCHEMA_BYTES {
            return Err(InvalidSchema::TooLarge(bytes));
        }
        let patterns = jsonschema::PatternOptions::regex().size_limit(MAX_PATTERN_BYTES);
        let validator = jsonschema::options()
            .offline()
            .with_draft(jsonschema::Draft::Draft202012)
            .with_pattern_options(patterns)
            .build(schema)
            .map_err(|fault| InvalidSchema::Malformed {
                place: fault.instance_path().to_string(),
                message: shorten(&fault.to_string()),
            })?;
        Ok(Self { validator })
    }

    /// What is wrong with `value`, at most [`MAX_FAULTS`] of it; empty if it fits.
    pub fn faults(&self, value: &Value) -> Vec<Fault> {
        if !depth_within(value, MAX_DEPTH) {
            let message = format!("the value has more than {MAX_DEPTH} levels");
            return vec![Fault::new(Pointer::root(), "too_deep", message)];
        }
        let errors = self.validator.iter_errors(value).take(MAX_FAULTS);
        errors.map(|error| fault_of(&error)).collect()
    }
}

fn fault_of(error: &jsonschema::ValidationError<'_>) -> Fault {
    let pointer = Pointer::from_text(error.instance_path().to_string());
    // Masked: the message must not repeat a value that may be large or secret.
    let message = shorten(&error.masked().to_string());
    Fault::new(pointer, error.kind().keyword(), message)
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= MAX_MESSAGE_CHARS {
        return text.to_owned();
    }
    text.chars().take(MAX_MESSAGE_CHARS).chain("…".chars()).collect()
}

/// Says to a model what is wrong with its arguments, one fault a line.
pub fn describe_faults(tool: &str, faults: &[Fault]) -> String {
    let lines: String = faults.iter().map(|fault| format!("- {fault}\n")).collect();
    format!(
        "the arguments of `{tool}` do not fit its schema:\n{lines}Call it again with arguments that fit."
    )
}

fn depth_within(value: &Value, levels: usize) -> bool {
    let Some(below) = levels.checked_sub(1) else { return false };
    match value {
        Value::Array(items) => items.iter().all(|item| depth_within(item, below)),
        Value::Object(members) => members.values().all(|member| depth_within(member, below)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

/// The JSON Schema of a type, in the plain form that every model provider takes: 2020-12, without
/// references where the type is not recursive, without formats that only Rust knows.
pub fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .with_transform(RestrictFormats::default());
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    for member in ["$schema", "title"] {
        schema.remove(member);
    }
    schema.to_value()
}
