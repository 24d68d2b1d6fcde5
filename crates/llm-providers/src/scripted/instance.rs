//! The smallest sensible instance of a JSON Schema.

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

/// Makes an instance of `schema`. Where the schema leaves a choice, `about` decides: an enumerated
/// word that occurs in it is taken, and a yes-or-no is yes if its name occurs in it.
pub(super) fn example_of(schema: &Value, about: &str) -> Value {
    let about = about.to_lowercase();
    let maker = Maker { root: schema, about: &about };
    maker.make(schema, "answer", 0)
}

struct Maker<'a> {
    root: &'a Value,
    about: &'a str,
}

impl Maker<'_> {
    fn make(&self, schema: &Value, name: &str, depth: usize) -> Value {
        if depth > DEPTH_LIMIT {
            return Value::Null;
        }
        let merged = self.resolve(schema, depth);
        let Some(members) = merged.as_object() else {
            // `true` allows anything.
            return json!(words(name));
        };
        for fixed in ["const", "default"] {
            if let Some(value) = members.get(fixed) {
                return value.clone();
            }
        }
        if let Some(choices) = members.get("enum").and_then(Value::as_array) {
            return self.choose(choices);
        }
        if let Some(example) = members.get("examples").and_then(|list| list.get(0)) {
            return example.clone();
        }
        match kind_of(members) {
            "object" => self.object(members, depth),
            "array" => self.array(members, name, depth),
            "string" => Value::String(string(members, name)),
            "integer" => number(members, true),
            "number" => number(members, false),
            "boolean" => Value::Bool(self.yes(name)),
            _ => Value::Null,
        }
    }

    /// Follows references and joins what `allOf` and the first alternative say.
    fn resolve(&self, schema: &Value, depth: usize) -> Value {
        let Some(members) = schema.as_object() else { return schema.clone() };
        let mut merged = members.clone();
        if depth > DEPTH_LIMIT {
            return Value::Object(merged);
        }
        let mut parts = Vec::new();
        if let Some(place) = merged.remove("$ref") {
            parts.extend(place.as_str().and_then(|place| self.follow(place)));
        }
        if let Some(Value::Array(all)) = merged.remove("allOf") {
            parts.extend(all);
        }
        for alternatives in ["oneOf", "anyOf"] {
            if let Some(Value::Array(any)) = merged.remove(alternatives) {
                let useful = any.iter().find(|part| part.get("type") != Some(&json!("null")));
                parts.extend(useful.or(any.first()).cloned());
            }
        }
        for part in parts {
            if let Value::Object(part) = self.resolve(&part, depth + 1) {
                join(&mut merged, part);
            }
        }
        Value::Object(merged)
    }

    fn follow(&self, place: &str) -> Option<Value> {
        let pointer = place.strip_prefix('#')?;
        self.root.pointer(pointer).cloned()
    }

    fn choose(&self, choices: &[Value]) -> Value {
        let occurs = |choice: &&Value| {
            choice.as_str().is_some_and(|word| {
                !word.is_empty() && self.about.contains(&word.to_lowercase().replace('_', " "))
            })
        };
        choices.iter().find(occurs).or(choices.first()).cloned().unwrap_or_default()
    }

    fn object(&self, members: &Map<String, Value>, depth: usize) -> Value {
        let mut made = Map::new();
        let properties = members.get("properties").and_then(Value::as_object);
        let required = members.get("required").and_then(Value::as_array);
        let names = required.into_iter().flatten().filter_map(Value::as_str);
        for name in names {
            let schema = properties.and_then(|all| all.get(name)).cloned();
            let schema = schema.unwrap_or(Value::Bool(true));
            made.insert(name.to_owned(), self.make(&schema, name, depth + 1));
        }
        // A schema that demands nothing still means something: show what it knows.
        if made.is_empty() {
            for (name, schema) in properties.into_iter().flatten() {
                made.insert(name.clone(), self.make(schema, name, depth + 1));
            }
        }
        Value::Object(made)
    }

    fn array(&self, members: &Map<String, Value>, name: &str, depth: usize) -> Value {
        let count = |key: &str| members.get(key).and_then(Value::as_u64);
        let most = count("maxItems").unwrap_or(u64::MAX);
        let wanted = count("minItems").unwrap_or(0).max(1).min(most).min(ITEMS_LIMIT);
        let fixed = members.get("prefixItems").and_then(Value::as_array);
        let items = members.get("items").cloned().unwrap_or(Value::Bool(true));
        let singular = name.strip_suffix('s').unwrap_or(name);
        let unique = members.get("uniqueItems") == Some(&Value::Bool(true));
        let mut made = Vec::new();
        for at in 0..usize::try_from(wanted).unwrap_or(0) {
            let schema = fixed.and_then(|all| all.get(at)).unwrap_or(&items);
            let mut item = self.make(schema, singular, depth + 1);
            if unique && at > 0 {
                item = distinct(item, at, schema);
            }
            made.push(item);
        }
        Value::Array(made)
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
fn join(whole: &mut Map<String, Value>, part: Map<String, Value>) {
    for (key, value) in part {
        match (whole.get_mut(&key), value) {
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
                whole.insert(key, value);
            }
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

/// Makes the later elements of a set differ from the first.
fn distinct(item: Value, at: usize, schema: &Value) -> Value {
    if let Some(choice) = schema.get("enum").and_then(|choices| choices.get(at)) {
        return choice.clone();
    }
    match item {
        Value::String(text) => Value::String(format!("{text} {}", at + 1)),
        Value::Number(number) => {
            json!(number.as_i64().unwrap_or(0) + i64::try_from(at).unwrap_or(0))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(schema: &Value, about: &str) -> Value {
        let made = example_of(schema, about);
        let validator = jsonschema::options().should_validate_formats(true).build(schema).unwrap();
        let faults: Vec<_> = validator.iter_errors(&made).map(|e| e.to_string()).collect();
        assert!(faults.is_empty(), "{schema}: {made}: {faults:?}");
        made
    }

    #[test]
    fn instances_hold_to_their_schemas() {
        for schema in [
            json!(true),
            json!({}),
            json!({"type": "string", "minLength": 30}),
            json!({"type": "string", "maxLength": 3}),
            json!({"type": "string", "format": "email"}),
            json!({"type": "string", "format": "date-time"}),
            json!({"type": "string", "format": "uuid"}),
            json!({"type": "integer", "minimum": 3}),
            json!({"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 5}),
            json!({"type": "integer", "maximum": -4}),
            json!({"type": "integer", "multipleOf": 7, "minimum": 8, "maximum": 20}),
            json!({"type": "number", "minimum": 0, "maximum": 1}),
            json!({"type": "number", "exclusiveMaximum": 0}),
            json!({"type": ["string", "null"]}),
            json!({"type": "null"}),
            json!({"const": {"a": [1]}}),
            json!({"enum": [null, "a"]}),
            json!({"type": "array", "items": {"type": "string"}, "minItems": 3, "uniqueItems": true}),
            json!({"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 2, "uniqueItems": true}),
            json!({"type": "array", "maxItems": 0}),
            json!({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "minItems": 2}),
            json!({"required": ["a"], "properties": {"a": {"type": "boolean"}}}),
            json!({"type": "object", "required": ["free"]}),
            json!({"type": "object", "properties": {"optional": {"type": "integer"}}}),
            json!({"anyOf": [{"type": "null"}, {"type": "integer"}]}),
            json!({"oneOf": [{"type": "object", "required": ["k"], "properties": {"k": {"const": "x"}}}]}),
            json!({"allOf": [
                {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}},
                {"required": ["b"], "properties": {"b": {"type": "integer"}}}
            ]}),
            json!({"$ref": "#/$defs/node", "$defs": {"node": {
                "type": "object", "required": ["name", "next"],
                "properties": {"name": {"type": "string"}, "next": {"anyOf": [{"type": "null"}]}}
            }}}),
            json!({"type": "object", "additionalProperties": false, "required": ["list"], "properties": {
                "list": {"type": "array", "items": {"$ref": "#/$defs/item"}}},
                "$defs": {"item": {"type": "object", "required": ["score"],
                    "properties": {"score": {"type": "integer", "minimum": 1, "maximum": 5}}}}}),
        ] {
            holds(&schema, "");
        }
    }

    #[test]
    fn what_the_text_is_about_decides_where_there_is_a_choice() {
        let schema = json!({"type": "object",
        "required": ["urgent", "category", "approved", "score"],
        "properties": {
            "urgent": {"type": "boolean"},
            "category": {"enum": ["billing", "outage", "other"]},
            "approved": {"type": "boolean"},
            "score": {"type": "integer", "minimum": 0, "maximum": 10}
        }});
        assert_eq!(
            holds(&schema, "URGENT: we have an outage"),
            json!({"urgent": true, "category": "outage", "approved": true, "score": 8})
        );
        assert_eq!(
            holds(&schema, "a question about my bill"),
            json!({"urgent": false, "category": "billing", "approved": true, "score": 8})
        );
    }

    #[test]
    fn endless_and_broken_schemas_end() {
        let endless = json!({"$ref": "#/$defs/a", "$defs": {"a": {
            "type": "object", "required": ["a"], "properties": {"a": {"$ref": "#/$defs/a"}}}}});
        assert!(example_of(&endless, "").is_object());
        let own = json!({"$ref": "#"});
        example_of(&own, "");
        for broken in
            [json!(3), json!({"type": 5}), json!({"enum": []}), json!({"$ref": "http://x"})]
        {
            example_of(&broken, "");
        }
        let huge = json!({"type": "array", "minItems": 1_000_000_000});
        assert_eq!(example_of(&huge, "").as_array().unwrap().len(), 64);
    }
}
