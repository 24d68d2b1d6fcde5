//! JSON Schemas of a definition and of each node type, for editors, the API and our own checks.

use gathering_domain::Priority;
use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde_json::{Value, json};

use crate::{definition::Definition, node_types};

pub(crate) fn slug(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$" })
}

pub(crate) fn name(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "minLength": 1, "maxLength": 120 })
}

pub(crate) fn duration(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": "^([0-9]{1,15}(us|ms|s|m|h|d))+$", "maxLength": 64 })
}

pub(crate) fn priority(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "integer", "minimum": Priority::LOWEST, "maximum": Priority::HIGHEST })
}

pub(crate) fn dollars(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "number", "minimum": 0, "maximum": 1_000_000 })
}

pub(crate) fn on_cost(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": ["fail", "wait"] })
}

pub(crate) fn label(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "boolean"], "maxLength": 64 })
}

pub(crate) fn join(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": "^(all|any|n:[1-9][0-9]{0,4})$" })
}

pub(crate) fn node_type(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": crate::definition::NodeKind::TYPES })
}

pub(crate) fn json_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["object", "boolean"], "description": "A JSON Schema." })
}

pub(crate) fn agents(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "maxItems": 100,
        "items": {
            "type": "object",
            "required": ["name"],
            "properties": { "name": { "type": "string", "minLength": 1, "maxLength": 120 } },
        },
    })
}

pub(crate) fn deciders(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "minItems": 1,
        "maxItems": gathering_domain::MAX_DECIDERS,
        "items": { "type": "string", "minLength": 1, "maxLength": 254 },
    })
}

pub(crate) fn headers(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": 100,
        "propertyNames": { "pattern": "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$" },
        "additionalProperties": { "type": "string" },
    })
}

pub(crate) fn header_name(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$" })
}

/// The JSON Schema of a whole definition.
pub fn definition_schema() -> Value {
    let mut schema = schemars::schema_for!(Definition).to_value();
    let by_type: Vec<Value> = node_types()
        .into_iter()
        .map(|node_type| {
            json!({
                "if": { "properties": { "type": { "const": node_type.name } } },
                "then": { "properties": { "config": node_type.config_schema } },
            })
        })
        .collect();
    if let Some(node) = schema.pointer_mut("/$defs/Node").and_then(Value::as_object_mut) {
        node.insert("allOf".to_owned(), Value::Array(by_type));
    }
    schema
}

/// The schema of `T` for use inside another: nothing refers to the document it stands in.
pub(crate) fn inner_schema<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    if let Some(members) = schema.as_object_mut() {
        members.remove("$schema");
        members.remove("title");
    }
    schema
}
