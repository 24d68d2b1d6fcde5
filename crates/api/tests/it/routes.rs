//! The description of the routes: each has a name, words and its refusals. Who may use them: `access`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::access::described;

#[test]
fn every_operation_has_a_name_a_tag_and_words() {
    let mut names = BTreeSet::new();
    for (place, operation) in described() {
        let name = operation["operationId"].as_str().unwrap_or_default().to_owned();
        assert!(!name.is_empty() && names.insert(name), "{place}");
        assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{place}");
        let words = operation["summary"].as_str().unwrap_or_default();
        assert!(!words.is_empty(), "{place}");
        for code in ["internal", "overloaded"] {
            assert!(operation["responses"].to_string().contains(&format!("`{code}`")), "{place}");
        }
        let class = operation["x-rate-class"].as_str().unwrap();
        let limited = &operation["responses"]["429"];
        assert_eq!(limited.is_object(), class != "free", "{place}: {class}");
        for header in ["Retry-After", "RateLimit-Limit", "RateLimit-Policy"] {
            assert_eq!(limited["headers"][header].is_object(), class != "free", "{place}");
        }
    }
    assert!(names.len() > 60, "{}", names.len());
}

#[test]
fn every_schema_that_is_named_is_described() {
    let description = serde_json::to_value(gathering_api::openapi()).unwrap();
    let schemas = &description["components"]["schemas"];
    let mut named = BTreeSet::new();
    references(&description, &mut named);
    assert!(named.len() > 30, "{named:?}");
    for name in named {
        let name = name.strip_prefix("#/components/schemas/").unwrap();
        assert!(schemas.get(name).is_some(), "{name}");
        assert!(!name.ends_with("View") && !name.ends_with("Word"), "{name} is an inner name");
    }
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                found.insert(reference.clone());
            }
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}
