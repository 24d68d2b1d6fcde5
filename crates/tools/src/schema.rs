//! JSON Schemas: derived from types, compiled within bounds, and faults that a model can act on.

mod faults;
mod weight;

use gathering_domain::{Fault, Pointer};
use schemars::{JsonSchema, generate::SchemaSettings, transform::RestrictFormats};
use serde_json::Value;

use self::weight::Work;

/// The largest schema, in bytes of JSON.
pub const MAX_SCHEMA_BYTES: usize = 64 * 1024;
/// The deepest schema and the deepest value checked against one, in levels.
pub const MAX_DEPTH: usize = 64;
/// The most faults reported of one value.
pub const MAX_FAULTS: usize = 20;
/// The largest value of which all faults are collected, in members and items; of a larger one the
/// first fault is told.
const MAX_COLLECTED: usize = 10_000;
/// The most steps that a check may take, a step being one part of a value held against one subschema or
/// one listed value: a tenth of a second or so.
const MAX_STEPS: u64 = 20_000_000;
/// The largest compiled pattern, in bytes.
const MAX_PATTERN_BYTES: usize = 256 * 1024;

/// A compiled schema. It fetches nothing, and matches patterns in linear time.
#[derive(Debug)]
pub struct Schema {
    validator: jsonschema::Validator,
    work: Work,
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
    /// References multiply it beyond bounds.
    #[error("a schema has at most {most} subschemas after its references are followed")]
    TooHeavy {
        /// How many it may have.
        most: u64,
    },
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
        let work = weight::weigh(schema)?;
        let patterns = jsonschema::PatternOptions::regex().size_limit(MAX_PATTERN_BYTES);
        let validator = jsonschema::options()
            .offline()
            .with_draft(jsonschema::Draft::Draft202012)
            .with_pattern_options(patterns)
            .build(schema)
            .map_err(|fault| InvalidSchema::Malformed {
                place: fault.instance_path().to_string(),
                message: faults::shorten(&fault.to_string()),
            })?;
        Ok(Self { validator, work })
    }

    /// What is wrong with `value`, at most [`MAX_FAULTS`] of it; empty if it fits.
    pub fn faults(&self, value: &Value) -> Vec<Fault> {
        let most = self.work.depth;
        if !depth_within(value, most) {
            let message = format!("the value has more than {most} levels");
            return vec![Fault::new(Pointer::root(), "too_deep", message)];
        }
        let parts = size(value);
        if self.work.steps(parts, depth(value)) > MAX_STEPS {
            let message = format!(
                "to check {parts} members and items against this schema could take more than \
                 {MAX_STEPS} steps: give fewer, or say less of each"
            );
            return vec![Fault::new(Pointer::root(), "too_costly", message)];
        }
        // Collecting is eager and makes a fault of every item, so it is kept for small values.
        if parts > MAX_COLLECTED {
            return self
                .validator
                .validate(value)
                .err()
                .into_iter()
                .flat_map(|error| faults::of(&error))
                .take(1)
                .collect();
        }
        if self.validator.is_valid(value) {
            return Vec::new();
        }
        let mut faults: Vec<Fault> = self
            .validator
            .iter_errors(value)
            .take(MAX_FAULTS)
            .flat_map(|error| faults::of(&error))
            .collect();
        faults.truncate(MAX_FAULTS);
        faults
    }
}

/// Says to a model what is wrong with its arguments, one fault a line.
pub fn describe_faults(tool: &str, faults: &[Fault]) -> String {
    let mut lines = vec![format!("the arguments of `{tool}` do not fit its schema:")];
    lines.extend(faults.iter().map(|fault| format!("- {fault}")));
    lines.push("Call it again with arguments that fit.".to_owned());
    lines.join("\n")
}

fn depth_within(value: &Value, levels: usize) -> bool {
    let Some(below) = levels.checked_sub(1) else { return false };
    match value {
        Value::Array(items) => items.iter().all(|item| depth_within(item, below)),
        Value::Object(members) => members.values().all(|member| depth_within(member, below)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

fn depth(value: &Value) -> usize {
    let below = match value {
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Object(members) => members.values().map(depth).max(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    };
    1 + below.unwrap_or_default()
}

fn size(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(size).sum::<usize>(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 1,
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

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use serde_json::json;

    use super::*;

    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Input {
        /// How many.
        count: u32,
        inner: Vec<Inner>,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Inner {
        name: String,
    }

    fn nested(levels: usize, leaf: Value) -> Value {
        (1..levels).fold(leaf, |value, _| json!([value]))
    }

    #[test]
    fn derived_schema_is_plain() {
        assert_eq!(
            schema_of::<Input>(),
            json!({
                "type": "object",
                "properties": {
                    "count": { "description": "How many.", "type": "integer", "minimum": 0 },
                    "inner": { "type": "array", "items": {
                        "type": "object",
                        "properties": { "name": { "type": "string" } },
                        "required": ["name"],
                    } },
                },
                "required": ["count", "inner"],
                "additionalProperties": false,
            })
        );
    }

    #[test]
    fn every_fault_has_its_place() {
        let schema = Schema::compile(&schema_of::<Input>()).unwrap();
        assert_eq!(schema.faults(&json!({ "count": 1, "inner": [{ "name": "a" }] })), []);
        let faults = schema.faults(&json!({ "count": "1", "inner": [{ "name": 2 }, {}], "x": 0 }));
        let mut places: Vec<_> =
            faults.iter().map(|fault| (fault.pointer.as_str(), fault.code.as_str())).collect();
        places.sort_unstable();
        assert_eq!(
            places,
            [
                ("/count", "wrong_type"),
                ("/inner/0/name", "wrong_type"),
                ("/inner/1/name", "missing"),
                ("/x", "unknown_key"),
            ]
        );
        let text = describe_faults("counter", &faults);
        assert!(text.starts_with("the arguments of `counter` do not fit its schema:\n- "));
        assert!(text.contains("/inner/0/name: "), "{text}");
    }

    #[test]
    fn alternative_that_was_meant_tells_its_faults() {
        let schema = Schema::compile(&json!({ "anyOf": [
            { "type": "string" },
            { "type": "object", "required": ["name"], "properties": { "name": { "maxLength": 2 } } },
        ] }))
        .unwrap();
        let told = |value: Value| -> Vec<_> {
            let faults = schema.faults(&value).into_iter();
            faults.map(|fault| (fault.pointer.as_str().to_owned(), fault.code)).collect()
        };
        let fault = |place: &str, code: &str| (place.to_owned(), code.to_owned());
        assert_eq!(told(json!({})), [fault("/name", "missing")]);
        assert_eq!(told(json!({ "name": "long" })), [fault("/name", "max_length")]);
        assert_eq!(told(json!(3)), [fault("", "no_alternative_fits")]);
    }

    #[test]
    fn faults_are_few_and_short_and_do_not_repeat_values() {
        let schema = json!({ "type": "array", "items": { "type": "integer" } });
        let schema = Schema::compile(&schema).unwrap();
        let secret = "s3cret".repeat(1_000);
        let faults = schema.faults(&Value::Array(vec![json!(secret); 1_000]));
        assert_eq!(faults.len(), MAX_FAULTS);
        for fault in faults {
            assert!(fault.message.chars().count() <= faults::MAX_MESSAGE_CHARS + 1);
            assert!(!fault.message.contains("s3cret"), "{}", fault.message);
        }
    }

    #[test]
    fn schemas_that_are_hostile_or_wrong_are_refused() {
        for (schema, what) in [
            (json!({ "$ref": "https://example.com/schema.json" }), "remote reference"),
            (json!({ "$ref": "file:///etc/passwd" }), "file reference"),
            (json!({ "$ref": "#/$defs/absent" }), "dangling reference"),
            (json!({ "type": "intger" }), "unknown type"),
            (json!({ "type": 3 }), "type of wrong type"),
            (json!({ "pattern": "(?=a)" }), "look-around"),
            (json!({ "pattern": "(a{1000}){1000}" }), "pattern too large"),
            (json!([]), "not a schema"),
            (nested(MAX_DEPTH + 1, json!(1)), "too deep"),
            (json!({ "description": "x".repeat(MAX_SCHEMA_BYTES) }), "too large"),
        ] {
            assert!(Schema::compile(&schema).is_err(), "{what}");
        }
    }

    #[test]
    fn references_that_multiply_are_refused() {
        let levels = 26;
        let doubled = |i: usize| {
            let next = json!({ "$ref": format!("#/$defs/d{}", i + 1) });
            (format!("d{i}"), json!({ "allOf": [next, next] }))
        };
        let mut defs: serde_json::Map<_, _> = (0..levels).map(doubled).collect();
        defs.insert(format!("d{levels}"), json!({ "type": "integer" }));
        let schema = json!({ "$defs": defs, "$ref": "#/$defs/d0" });
        assert!(matches!(Schema::compile(&schema), Err(InvalidSchema::TooHeavy { .. })));
    }

    #[test]
    fn recursive_schemas_check_as_deep_as_the_work_is_bounded() {
        let tree = |branches: usize| {
            let branches = vec![json!({ "properties": { "next": { "$ref": "#" } } }); branches];
            Schema::compile(&json!({ "anyOf": branches })).unwrap()
        };
        let chain = |levels| (1..levels).fold(json!({}), |next, _| json!({ "next": next }));
        for (branches, deepest) in [(1, MAX_DEPTH), (2, 17), (8, 5)] {
            let schema = tree(branches);
            assert_eq!(schema.faults(&chain(deepest)), [], "{branches}");
            assert_eq!(schema.faults(&chain(deepest + 1))[0].code, "too_deep", "{branches}");
        }
    }

    #[test]
    fn values_that_cost_too_much_are_refused_unchecked_and_large_ones_are_not() {
        let code = |schema: &Value, value: &Value| {
            let faults = Schema::compile(schema).unwrap().faults(value);
            faults.into_iter().next().map(|fault| fault.code)
        };
        let many = |part: Value| Value::Array(vec![part; 100_000]);
        let listed: Vec<_> = (0..9_000).map(|n| json!([n])).collect();
        let unlike = json!({ "not": { "enum": listed } });
        let costly = Some("too_costly".to_owned());
        assert_eq!(code(&json!({ "items": unlike }), &many(json!([1.5]))), costly);
        let by_reference = json!({ "items": { "$ref": "#/$defs/x" }, "$defs": { "x": unlike } });
        assert_eq!(code(&by_reference, &many(json!([1.5]))), costly);
        let patterns: serde_json::Map<_, _> =
            (0..300).map(|n| (format!("a|{n}"), json!({ "type": "integer" }))).collect();
        let named = json!({ "items": { "patternProperties": patterns } });
        assert_eq!(code(&named, &many(json!({ "a": 1 }))), costly);
        let twice =
            json!({ "anyOf": [{ "items": { "$ref": "#" } }, { "items": { "$ref": "#" } }] });
        let deep = (0..15).fold(many(json!(1)), |value, _| json!([value]));
        assert_eq!(code(&twice, &deep), costly);

        let wide: serde_json::Map<_, _> =
            (0..200).map(|n| (format!("m{n}"), json!({ "type": "integer" }))).collect();
        let wide = json!({ "items": { "properties": wide, "additionalProperties": false } });
        assert_eq!(code(&wide, &many(json!({ "m1": 1, "m2": 2, "m3": 3 }))), None);
        let words: Vec<_> = (0..100).map(|n| format!("word {n}")).collect();
        assert_eq!(code(&json!({ "items": { "enum": words } }), &many(json!("word 99"))), None);
    }

    #[test]
    fn references_that_lead_to_themselves_are_refused() {
        for schema in [
            json!({ "$ref": "#" }),
            json!({ "allOf": [{ "$ref": "#" }] }),
            json!({ "not": { "$ref": "#" } }),
            json!({ "$ref": "#/$defs/a", "$defs": {
                "a": { "anyOf": [{ "$ref": "#/$defs/b" }] },
                "b": { "if": { "$ref": "#/$defs/a" } },
            } }),
            json!({ "properties": { "x": { "$ref": "#/$defs/a" } }, "then": { "$ref": "#/$defs/a" },
                    "$defs": { "a": { "allOf": [{ "$ref": "#" }] } } }),
            json!({ "properties": { "x": { "$dynamicRef": "#x", "$dynamicAnchor": "x" } } }),
            json!({ "properties": { "x": { "$id": "urn:x", "$ref": "#" } } }),
        ] {
            assert!(
                matches!(Schema::compile(&schema), Err(InvalidSchema::Malformed { .. })),
                "{schema}"
            );
        }
        let named = json!({ "properties": { "$ref": { "type": "integer" }, "$defs": {} } });
        assert!(Schema::compile(&named).is_ok());
    }

    #[test]
    fn large_values_are_told_their_first_fault() {
        let schema = Schema::compile(&json!({ "items": { "type": "integer" } })).unwrap();
        let large = Value::Array(vec![json!("x"); MAX_COLLECTED]);
        assert_eq!(schema.faults(&large).len(), 1);
    }
}
