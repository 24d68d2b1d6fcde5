//! How much work a schema can cause.
//!
//! References multiply it, recursion does so at every level, and each part of a value is held against
//! everything that the schema says of its place.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{InvalidSchema, MAX_DEPTH, size};

/// The most subschemas after every reference is replaced by its target once.
const MAX_WEIGHT: u64 = 10_000;
/// The most visits of subschemas that one path of a recursive schema may cause.
const MAX_VISITS: u64 = 1_000_000;

/// What a schema can cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Work {
    /// The deepest value that it may check: a schema that refers to itself `n` times visits a value `d`
    /// deep up to `n^d` times.
    pub(super) depth: usize,
    /// The most subschemas and listed values that one part of a value is held against.
    fan: u64,
    recursions: u64,
}

/// Weighs a schema.
pub(super) fn weigh(schema: &Value) -> Result<Work, InvalidSchema> {
    let mut scale =
        Scale { root: schema, weighed: HashMap::new(), open: vec![("#", 0)], visits: 0 };
    let Weight { subschemas, recursions, here, below } = scale.schema(schema, 0)?;
    let fan = here.max(below);
    if recursions < 2 {
        return Ok(Work { depth: MAX_DEPTH, fan, recursions });
    }
    let levels = (MAX_VISITS / subschemas.max(1)).checked_ilog(recursions).unwrap_or(0);
    let depth = usize::try_from(levels).unwrap_or(MAX_DEPTH).clamp(1, MAX_DEPTH);
    Ok(Work { depth, fan, recursions })
}

impl Work {
    /// The most steps that it takes to check a value of `parts` parts that is `levels` deep.
    pub(super) fn steps(self, parts: usize, levels: usize) -> u64 {
        let levels = u32::try_from(levels).unwrap_or(u32::MAX);
        let again = if self.recursions < 2 { 1 } else { self.recursions.saturating_pow(levels) };
        whole(parts).saturating_mul(self.fan).saturating_mul(again)
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Weight {
    subschemas: u64,
    recursions: u64,
    /// Subschemas and listed values that the part of a value itself is held against.
    here: u64,
    /// The most that any part below it is held against.
    below: u64,
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
        let mut weight = Weight { subschemas: 1, here: 1, ..Weight::default() };
        let Value::Object(members) = schema else { return Ok(weight) };
        for (keyword, value) in members {
            let part = match keyword.as_str() {
                "$ref" => self.reference(value, level)?,
                "const" | "enum" => Weight { here: whole(size(value)), ..Weight::default() },
                "$defs" | "definitions" | "default" | "examples" => continue,
                "$anchor" | "$dynamicAnchor" | "$dynamicRef" | "$recursiveRef" => {
                    return Err(malformed(keyword, "only `$ref` within the schema is supported"));
                }
                "$id" if self.visits > 1 => {
                    return Err(malformed(keyword, "`$id` is supported at the root only"));
                }
                // A member has one name and may fit many patterns; an item has one place.
                "properties" => self.one_of(members_of(value), level + 1)?,
                "prefixItems" => self.one_of(items_of(value), level + 1)?,
                "patternProperties" => self.all(members_of(value), level + 1)?.of_parts(),
                "dependentSchemas" | "dependencies" => self.all(members_of(value), level)?,
                "allOf" | "anyOf" | "oneOf" | "not" | "if" | "then" | "else" => {
                    self.below(value, level)?
                }
                _ => self.below(value, level + 1)?.of_parts(),
            };
            weight.add(part)?;
        }
        Ok(weight)
    }

    /// Schemas of which one at most applies to a part of the value.
    fn one_of(
        &mut self,
        schemas: impl Iterator<Item = &'a Value>,
        level: usize,
    ) -> Result<Weight, InvalidSchema> {
        let (mut weight, mut most) = (Weight::default(), 0);
        for schema in schemas {
            let one = self.schema(schema, level)?.of_parts();
            most = most.max(one.below);
            weight.add(one)?;
        }
        Ok(Weight { below: most, ..weight })
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
            return Ok(Weight { subschemas: 1, recursions: 1, here: 1, below: 0 });
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
    /// The same, of what applies to the parts of a value rather than to itself.
    fn of_parts(self) -> Self {
        Self { here: 0, below: self.here.max(self.below), ..self }
    }

    fn add(&mut self, part: Self) -> Result<(), InvalidSchema> {
        self.subschemas = self.subschemas.saturating_add(part.subschemas);
        self.recursions = self.recursions.saturating_add(part.recursions);
        self.here = self.here.saturating_add(part.here);
        self.below = self.below.saturating_add(part.below);
        if self.subschemas > MAX_WEIGHT {
            return Err(InvalidSchema::TooHeavy { most: MAX_WEIGHT });
        }
        Ok(())
    }
}

fn members_of(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_object().into_iter().flat_map(Map::values)
}

fn items_of(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn whole(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn malformed(place: &str, message: &str) -> InvalidSchema {
    InvalidSchema::Malformed {
        place: place.chars().take(200).collect(),
        message: message.to_owned(),
    }
}
