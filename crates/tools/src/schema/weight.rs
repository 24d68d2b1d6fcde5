//! How much work a schema can cause: references multiply it, and recursion does so at every level.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{InvalidSchema, MAX_DEPTH};

/// The most subschemas after every reference is replaced by its target once.
const MAX_WEIGHT: u64 = 10_000;
/// The most visits of subschemas that one path of a recursive schema may cause.
const MAX_VISITS: u64 = 1_000_000;

/// Weighs a schema and answers how deep a value it may check, so that the work stays bounded: a
/// schema that refers to itself `n` times visits a value `d` deep up to `n^d` times.
pub(super) fn value_depth(schema: &Value) -> Result<usize, InvalidSchema> {
    let mut scale =
        Scale { root: schema, weighed: HashMap::new(), open: vec![("#", 0)], visits: 0 };
    let Weight { subschemas, recursions } = scale.schema(schema, 0)?;
    if recursions < 2 {
        return Ok(MAX_DEPTH);
    }
    let levels = (MAX_VISITS / subschemas.max(1)).checked_ilog(recursions).unwrap_or(0);
    Ok(usize::try_from(levels).unwrap_or(MAX_DEPTH).clamp(1, MAX_DEPTH))
}

#[derive(Debug, Clone, Copy, Default)]
struct Weight {
    subschemas: u64,
    recursions: u64,
}

struct Scale<'a> {
    root: &'a Value,
    weighed: HashMap<&'a str, Weight>,
    /// Targets being weighed, each with the level of the value it applies to.
    open: Vec<(&'a str, usize)>,
    visits: u64,
}

impl<'a> Scale<'a> {
    /// `level` counts the steps into the value, not into the schema.
    fn schema(&mut self, schema: &'a Value, level: usize) -> Result<Weight, InvalidSchema> {
        self.visits += 1;
        let mut weight = Weight { subschemas: 1, recursions: 0 };
        let Value::Object(members) = schema else { return Ok(weight) };
        for (keyword, value) in members {
            let part = match keyword.as_str() {
                "$ref" => self.reference(value, level)?,
                "$defs" | "definitions" | "const" | "enum" | "default" | "examples" => continue,
                "$anchor" | "$dynamicAnchor" | "$dynamicRef" | "$recursiveRef" => {
                    return Err(malformed(keyword, "only `$ref` within the schema is supported"));
                }
                "$id" if self.visits > 1 => {
                    return Err(malformed(keyword, "`$id` is supported at the root only"));
                }
                "properties" | "patternProperties" => self.named(value.as_object(), level + 1)?,
                "dependentSchemas" | "dependencies" => self.named(value.as_object(), level)?,
                "allOf" | "anyOf" | "oneOf" | "not" | "if" | "then" | "else" => {
                    self.below(value, level)?
                }
                _ => self.below(value, level + 1)?,
            };
            weight.add(part)?;
        }
        Ok(weight)
    }

    fn named(
        &mut self,
        schemas: Option<&'a Map<String, Value>>,
        level: usize,
    ) -> Result<Weight, InvalidSchema> {
        self.all(schemas.into_iter().flat_map(Map::values), level)
    }

    fn below(&mut self, value: &'a Value, level: usize) -> Result<Weight, InvalidSchema> {
        match value {
            Value::Array(schemas) => self.all(schemas.iter(), level),
            Value::Object(_) => self.schema(value, level),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                Ok(Weight::default())
            }
        }
    }

    fn all(
        &mut self,
        schemas: impl Iterator<Item = &'a Value>,
        level: usize,
    ) -> Result<Weight, InvalidSchema> {
        let mut weight = Weight::default();
        for schema in schemas {
            weight.add(self.schema(schema, level)?)?;
        }
        Ok(weight)
    }

    fn reference(&mut self, target: &'a Value, level: usize) -> Result<Weight, InvalidSchema> {
        let Some(target) = target.as_str() else {
            return Err(malformed("$ref", "a reference is text"));
        };
        if let Some((_, opened_at)) = self.open.iter().find(|(open, _)| *open == target) {
            if *opened_at == level {
                return Err(malformed(target, "the reference leads back to itself"));
            }
            return Ok(Weight { subschemas: 1, recursions: 1 });
        }
        if let Some(weight) = self.weighed.get(target) {
            return Ok(*weight);
        }
        let Some(place) = target.strip_prefix('#') else {
            return Err(malformed(target, "a reference must stay within the schema: `#/…`"));
        };
        let Some(schema) = self.root.pointer(place) else {
            return Err(malformed(target, "the reference leads nowhere"));
        };
        self.open.push((target, level));
        let weight = self.schema(schema, level)?;
        self.open.pop();
        // A target that recurs is weighed again elsewhere: there it may lead back in place.
        if weight.recursions == 0 {
            self.weighed.insert(target, weight);
        }
        Ok(weight)
    }
}

impl Weight {
    fn add(&mut self, part: Self) -> Result<(), InvalidSchema> {
        self.subschemas = self.subschemas.saturating_add(part.subschemas);
        self.recursions = self.recursions.saturating_add(part.recursions);
        if self.subschemas > MAX_WEIGHT {
            return Err(InvalidSchema::TooHeavy { most: MAX_WEIGHT });
        }
        Ok(())
    }
}

fn malformed(place: &str, message: &str) -> InvalidSchema {
    InvalidSchema::Malformed {
        place: place.chars().take(200).collect(),
        message: message.to_owned(),
    }
}
