//! The smallest sensible instance of a JSON Schema.

use std::{borrow::Cow, cell::Cell};

use serde_json::{Map, Number, Value, json};

/// The deepest nesting that is followed.
const DEPTH_LIMIT: usize = 24;
/// The most elements that are made where a schema asks for more than one.
const ITEMS_LIMIT: u64 = 64;
/// The longest text that is made where a schema asks for a length.
const TEXT_LIMIT: u64 = 4_096;

/// Names under which a yes is the ordinary answer.
const HOPEFUL: [&str; 12] = [
    "accept", "approve", "complete", "confirm", "correct", "done", "enough", "ok", "pass",
    "success", "valid", "ready",
];

/// The most values that one instance has, and parts of schemas that are looked at for it.
const MOST_VALUES: usize = 4_000;
/// The most bytes that are copied for one instance, out of the schema or into the instance.
const MOST_BYTES: usize = 1024 * 1024;

/// A schema whose smallest sensible instance is too large to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the schema asks for more than the {MOST_VALUES} values or {MOST_BYTES} bytes that a scripted \
     example may have"
)]
pub(super) struct TooLarge;

/// Makes an instance of `schema`. Where the schema leaves a choice, `about` decides: an enumerated
/// word that occurs in it is taken, and a yes-or-no is yes if its name occurs in it.
pub(super) fn example_of(schema: &Value, about: &str) -> Result<Value, TooLarge> {
    let about = about.to_lowercase();
    let maker = Maker {
        root: schema,
        about: &about,
        values: Cell::new(MOST_VALUES),
        bytes: Cell::new(MOST_BYTES),
    };
    maker.make(schema, "answer", 0)
}

struct Maker<'a> {
    root: &'a Value,
    about: &'a str,
    /// What may still be made.
    values: Cell<usize>,
    bytes: Cell<usize>,
}

impl Maker<'_> {
    fn make(&self, schema: &Value, name: &str, depth: usize) -> Result<Value, TooLarge> {
        self.spend(name.len())?;
        if depth > DEPTH_LIMIT {
            return Ok(Value::Null);
        }
        let Some(members) = schema.as_object() else {
            // `true` allows anything.
            return Ok(json!(words(name)));
        };
        let members = self.resolve(members, depth)?;
        for fixed in ["const", "default"] {
            if let Some(value) = members.get(fixed) {
                return self.copy(value);
            }
        }
        if let Some(choices) = members.get("enum").and_then(Value::as_array) {
            return self.choose(choices);
        }
        if let Some(example) = members.get("examples").and_then(|list| list.get(0)) {
            return self.copy(example);
        }
        Ok(match kind_of(&members) {
            "object" => self.object(&members, depth)?,
            "array" => self.array(&members, name, depth)?,
            "string" => {
                let text = string(&members, name);
                self.spend(text.len())?;
                Value::String(text)
            }
            "integer" => number(&members, true),
            "number" => number(&members, false),
            "boolean" => Value::Bool(self.yes(name)),
            _ => Value::Null,
        })
    }

    /// Counts a value of so many bytes before it is made.
    fn spend(&self, bytes: usize) -> Result<(), TooLarge> {
        self.values.set(self.values.get().checked_sub(1).ok_or(TooLarge)?);
        self.bytes.set(self.bytes.get().checked_sub(bytes).ok_or(TooLarge)?);
        Ok(())
    }

    fn copy(&self, value: &Value) -> Result<Value, TooLarge> {
        self.spend(bytes_of(value))?;
        Ok(value.clone())
    }

    /// Follows references and joins what `allOf` and the first alternative say.
    fn resolve<'m>(
        &self,
        members: &'m Map<String, Value>,
        depth: usize,
    ) -> Result<Cow<'m, Map<String, Value>>, TooLarge> {
        const JOINED: [&str; 4] = ["$ref", "allOf", "oneOf", "anyOf"];
        if depth > DEPTH_LIMIT || !JOINED.iter().any(|key| members.contains_key(*key)) {
            return Ok(Cow::Borrowed(members));
        }
        let mut parts = Vec::new();
        let place = members.get("$ref").and_then(Value::as_str);
        parts.extend(place.and_then(|place| self.root.pointer(place.strip_prefix('#')?)));
        parts.extend(members.get("allOf").and_then(Value::as_array).into_iter().flatten());
        for alternatives in ["oneOf", "anyOf"] {
            if let Some(any) = members.get(alternatives).and_then(Value::as_array) {
                let useful = any.iter().find(|part| part.get("type") != Some(&json!("null")));
                parts.extend(useful.or(any.first()));
            }
        }
        let mut merged = Map::new();
        for (key, value) in members.iter().filter(|(key, _)| !JOINED.contains(&key.as_str())) {
            merged.insert(key.clone(), self.copy(value)?);
        }
        for part in parts {
            self.spend(0)?;
            let Some(part) = part.as_object() else { continue };
            let part = self.resolve(part, depth + 1)?;
            for (key, value) in part.iter() {
                join(&mut merged, key, self.copy(value)?);
            }
        }
        Ok(Cow::Owned(merged))
    }

    fn choose(&self, choices: &[Value]) -> Result<Value, TooLarge> {
        let occurs = |choice: &&Value| {
            choice.as_str().is_some_and(|word| {
                !word.is_empty() && self.about.contains(&word.to_lowercase().replace('_', " "))
            })
        };
        let choice = choices.iter().find(occurs).or(choices.first());
        choice.map_or(Ok(Value::Null), |choice| self.copy(choice))
    }

    fn object(&self, members: &Map<String, Value>, depth: usize) -> Result<Value, TooLarge> {
        let mut made = Map::new();
        let properties = members.get("properties").and_then(Value::as_object);
        let required = members.get("required").and_then(Value::as_array);
        let names = required.into_iter().flatten().filter_map(Value::as_str);
        for name in names {
            let schema = properties.and_then(|all| all.get(name)).unwrap_or(&Value::Bool(true));
            made.insert(name.to_owned(), self.make(schema, name, depth + 1)?);
        }
        // A schema that demands nothing still means something: show what it knows.
        if made.is_empty() {
            for (name, schema) in properties.into_iter().flatten() {
                made.insert(name.clone(), self.make(schema, name, depth + 1)?);
            }
        }
        Ok(Value::Object(made))
    }

    fn array(
        &self,
        members: &Map<String, Value>,
        name: &str,
        depth: usize,
    ) -> Result<Value, TooLarge> {
        let count = |key: &str| members.get(key).and_then(Value::as_u64);
        let most = count("maxItems").unwrap_or(u64::MAX);
        let wanted = count("minItems").unwrap_or(0).max(1).min(most).min(ITEMS_LIMIT);
        let fixed = members.get("prefixItems").and_then(Value::as_array);
        let items = members.get("items").unwrap_or(&Value::Bool(true));
        let singular = name.strip_suffix('s').unwrap_or(name);
        let unique = members.get("uniqueItems") == Some(&Value::Bool(true));
        let mut made = Vec::new();
        for at in 0..usize::try_from(wanted).unwrap_or(0) {
            let schema = fixed.and_then(|all| all.get(at)).unwrap_or(items);
            let mut item = self.make(schema, singular, depth + 1)?;
            if unique && at > 0 {
                item = self.distinct(item, at, schema)?;
            }
            made.push(item);
        }
        Ok(Value::Array(made))
    }

    /// Makes the later elements of a set differ from the first.
    fn distinct(&self, item: Value, at: usize, schema: &Value) -> Result<Value, TooLarge> {
        if let Some(choice) = schema.get("enum").and_then(|choices| choices.get(at)) {
            return self.copy(choice);
        }
        Ok(match item {
            Value::String(text) => Value::String(format!("{text} {}", at + 1)),
            Value::Number(number) => {
                json!(number.as_i64().unwrap_or(0).saturating_add(i64::try_from(at).unwrap_or(0)))
            }
            other => other,
        })
    }

    fn yes(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        let words = name.strip_prefix("is_").unwrap_or(&name).replace('_', " ");
        HOPEFUL.iter().any(|hopeful| words.contains(hopeful))
            || (words.len() > 2 && self.about.contains(&words))
    }
}

fn string(members: &Map<String, Value>, name: &str) -> String {
    let format = members.get("format").and_then(Value::as_str).unwrap_or_default();
    let text = match format {
        "date-time" => "2026-01-01T00:00:00Z".to_owned(),
        "date" => "2026-01-01".to_owned(),
        "time" => "00:00:00Z".to_owned(),
        "duration" => "PT1H".to_owned(),
        "email" => "someone@example.com".to_owned(),
        "hostname" => "example.com".to_owned(),
        "uri" | "uri-reference" | "iri" => "https://example.com/".to_owned(),
        "uuid" => "00000000-0000-4000-8000-000000000000".to_owned(),
        "ipv4" => "192.0.2.1".to_owned(),
        "ipv6" => "2001:db8::1".to_owned(),
        _ => words(name),
    };
    let length = |key: &str| members.get(key).and_then(Value::as_u64);
    let least = length("minLength").unwrap_or(0).min(TEXT_LIMIT);
    let most = length("maxLength").unwrap_or(TEXT_LIMIT);
    let fill = std::iter::repeat('.');
    let have = text.chars().count() as u64;
    let wanted = usize::try_from(have.max(least).min(most)).unwrap_or(0);
    text.chars().chain(fill).take(wanted).collect()
}

fn words(name: &str) -> String {
    format!("scripted {}", name.replace('_', " "))
}

fn kind_of(members: &Map<String, Value>) -> &str {
    let said = match members.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).find(|k| *k != "null"),
        Some(kind) => kind.as_str(),
        None => None,
    };
    said.unwrap_or_else(|| {
        let has = |keys: &[&str]| keys.iter().any(|key| members.contains_key(*key));
        if has(&["properties", "required"]) {
            "object"
        } else if has(&["items", "prefixItems", "minItems"]) {
            "array"
        } else if has(&["minimum", "maximum", "multipleOf"]) {
            "number"
        } else {
            "string"
        }
    })
}

/// Joins what a part says into the whole; properties and demands add up.
fn join(whole: &mut Map<String, Value>, key: &str, value: Value) {
    match (whole.get_mut(key), value) {
        (Some(Value::Object(have)), Value::Object(more)) if key == "properties" => {
            for (name, schema) in more {
                have.entry(name).or_insert(schema);
            }
        }
        (Some(Value::Array(have)), Value::Array(more)) if key == "required" => {
            have.extend(more);
        }
        (Some(_), _) => {}
        (None, value) => {
            whole.insert(key.to_owned(), value);
        }
    }
}

/// A number within its bounds: four fifths of the way if it has both, as a good mark would be.
fn number(members: &Map<String, Value>, whole: bool) -> Value {
    let bound = |key: &str| members.get(key).and_then(Value::as_f64);
    let step = bound("multipleOf").filter(|step| *step > 0.0);
    let unit = step.unwrap_or(if whole { 1.0 } else { 0.0 });
    let nudge = if unit > 0.0 { unit } else { 0.001 };
    let least = bound("minimum").or(bound("exclusiveMinimum").map(|least| least + nudge));
    let most = bound("maximum").or(bound("exclusiveMaximum").map(|most| most - nudge));
    let mut value = match (least, most) {
        (Some(least), Some(most)) => least + (most - least) * 0.8,
        (Some(least), None) => least.max(1.0),
        (None, Some(most)) => most.min(1.0),
        (None, None) => 1.0,
    };
    if unit > 0.0 {
        value = (value / unit).floor() * unit;
        if least.is_some_and(|least| value < least) {
            value += unit;
        }
    }
    #[expect(clippy::cast_possible_truncation, reason = "a whole number by the rounding above")]
    if value.fract() == 0.0 && value.abs() < 9e15 {
        return Value::Number(Number::from(value as i64));
    }
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

/// How many bytes a value has at most, about.
fn bytes_of(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => 8 + text.len(),
        Value::Array(items) => 8 + items.iter().map(bytes_of).sum::<usize>(),
        Value::Object(members) => {
            8 + members.iter().map(|(key, value)| key.len() + bytes_of(value)).sum::<usize>()
        }
    }
}

#[cfg(test)]
mod tests;
