//! Tests of examples.

use proptest::prelude::*;

use super::*;

fn holds(schema: &Value, about: &str) -> Value {
    let made = example_of(schema, about).unwrap();
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
    assert!(example_of(&endless, "").unwrap().is_object());
    let own = json!({"$ref": "#"});
    example_of(&own, "").unwrap();
    for broken in [json!(3), json!({"type": 5}), json!({"enum": []}), json!({"$ref": "http://x"})] {
        example_of(&broken, "").unwrap();
    }
    let huge = json!({"type": "array", "minItems": 1_000_000_000});
    assert_eq!(example_of(&huge, "").unwrap().as_array().unwrap().len(), 64);
}

#[test]
fn schemas_that_ask_for_too_much_are_refused_at_once() {
    let nested = (0..8).fold(
        json!({ "type": "integer" }),
        |items, _| json!({ "type": "array", "minItems": 64, "items": items }),
    );
    let mut defs = Map::new();
    for at in 0..20 {
        let next = json!({ "$ref": format!("#/$defs/d{}", at + 1) });
        defs.insert(format!("d{at}"), json!({ "allOf": [next, next] }));
    }
    let doubling = json!({ "$ref": "#/$defs/d0", "$defs": defs });
    let long = json!({ "const": "x".repeat(60_000) });
    let copied = json!({ "type": "array", "minItems": 64, "items": long });
    let words = json!({ "enum": vec![json!("x".repeat(1_000)); 64] });
    let set = json!({ "type": "array", "minItems": 64, "uniqueItems": true, "items": words });
    let sets = json!({ "type": "array", "minItems": 64, "items": set });
    for schema in [nested, doubling, copied, sets] {
        assert_eq!(example_of(&schema, ""), Err(TooLarge));
    }
}

fn any_schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(true)),
        Just(json!({ "type": "string", "minLength": 4_000 })),
        Just(json!({ "const": "x".repeat(2_000) })),
        Just(json!({ "$ref": "#" })),
        Just(json!({ "$ref": "#/items" })),
    ];
    leaf.prop_recursive(10, 60, 3, |inner| {
        let some = prop::collection::vec(inner.clone(), 1..3);
        prop_oneof![
            (inner.clone(), 0..100_u64).prop_map(|(items, least)| json!({
                "type": "array", "minItems": least, "items": items, "uniqueItems": least % 2 == 0,
            })),
            some.clone().prop_map(|all| json!({ "allOf": all })),
            some.clone().prop_map(|any| json!({ "anyOf": any })),
            (inner.clone(), inner).prop_map(|(a, b)| json!({
                "required": ["a", "b"], "properties": { "a": a, "b": b },
            })),
        ]
    })
}

fn values(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(values).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(values).sum::<usize>(),
        _ => 1,
    }
}

proptest! {
    #[test]
    fn an_instance_of_any_schema_is_within_bounds_or_refused(schema in any_schema()) {
        if let Ok(made) = example_of(&schema, "") {
            prop_assert!(values(&made) <= MOST_VALUES && bytes_of(&made) <= 4 * MOST_BYTES);
        }
    }
}
