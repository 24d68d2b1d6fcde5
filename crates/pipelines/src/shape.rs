//! Checks a document against the schemas, and says what each failure is and where.

use std::{collections::BTreeMap, sync::LazyLock};

use gathering_domain::{Fault, Pointer};
use jsonschema::{ValidationError, Validator, error::ValidationErrorKind};
use serde_json::{Value, json};

use crate::{
    definition::{Definition, NodeKind},
    node_types::{ACTION_KINDS, action_schema, config_schema},
};

/// The largest document or node of which all faults are collected, in members and items.
const MAX_COLLECTED: usize = 10_000;

/// Most characters of a schema's message that a fault repeats; it may quote the value.
const MAX_MESSAGE: usize = 300;

struct Shapes {
    document: Validator,
    node: Validator,
    configs: BTreeMap<&'static str, Validator>,
    actions: BTreeMap<&'static str, Validator>,
}

static SHAPES: LazyLock<Shapes> = LazyLock::new(|| {
    let own = |schema: &Value| {
        let options = jsonschema::options().should_validate_formats(false);
        options.build(schema).expect("our own schemas are schemas")
    };
    let mut document = schemars::schema_for!(Definition).to_value();
    // Nodes are checked one by one, so that each fault says more than that a node is wrong.
    let mut node = document.pointer("/$defs/Node").cloned().unwrap_or_default();
    node["$defs"] = document["$defs"].clone();
    document["properties"]["nodes"]["items"] = json!(true);
    let configs = NodeKind::TYPES.iter().filter(|word| **word != "action");
    Shapes {
        document: own(&document),
        node: own(&node),
        configs: configs.map(|word| (*word, own(&config_schema(word)))).collect(),
        actions: ACTION_KINDS
            .iter()
            .filter_map(|kind| Some((*kind, own(&action_schema(kind)?))))
            .collect(),
    }
});

/// Everything wrong with the document's shape, outside its nodes.
pub(crate) fn check_document(document: &Value, faults: &mut Vec<Fault>) {
    collect(&SHAPES.document, document, &Pointer::root(), faults);
}

/// Everything wrong with the shape of the node at `place`.
pub(crate) fn check_node(node: &Value, place: &Pointer, faults: &mut Vec<Fault>) {
    collect(&SHAPES.node, node, place, faults);
    let empty = json!({});
    let config = node.get("config").filter(|config| config.is_object()).unwrap_or(&empty);
    let place = place.child("config");
    let Some(word) = node.get("type").and_then(Value::as_str) else { return };
    if word != "action" {
        if let Some(shape) = SHAPES.configs.get(word) {
            collect(shape, config, &place, faults);
        }
        return;
    }
    match config.get("kind").and_then(Value::as_str) {
        Some(kind) => match SHAPES.actions.get(kind) {
            Some(shape) => collect(shape, config, &place, faults),
            None => faults.push(Fault::new(
                place.child("kind"),
                "unknown_value",
                format!("there are the actions {}", ACTION_KINDS.join(", ")),
            )),
        },
        None => faults.push(Fault::new(
            place,
            "missing_key",
            format!("`kind` is missing: one of {}", ACTION_KINDS.join(", ")),
        )),
    }
}

/// Adds a fault for everything in `value` that does not fit; of a large value the first, because
/// all errors are made before the first is seen.
fn collect(shape: &Validator, value: &Value, place: &Pointer, faults: &mut Vec<Fault>) {
    if size(value) > MAX_COLLECTED {
        if let Err(error) = shape.validate(value) {
            explain(&error, place, faults);
        }
        return;
    }
    for error in shape.iter_errors(value) {
        explain(&error, place, faults);
        if faults.len() > crate::validation::MAX_FAULTS {
            return;
        }
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(size).sum::<usize>(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 1,
    }
}

fn explain(error: &ValidationError<'_>, place: &Pointer, faults: &mut Vec<Fault>) {
    let pointer = Pointer::from_text(format!("{place}{}", error.instance_path().as_str()));
    let code = match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            for key in unexpected {
                let message = format!("unknown key `{key}`");
                faults.push(Fault::new(pointer.child(key), "unknown_key", message));
            }
            return;
        }
        ValidationErrorKind::Required { property } => {
            let message = format!("{property} is missing").replace('"', "`");
            return faults.push(Fault::new(pointer, "missing_key", message));
        }
        ValidationErrorKind::AnyOf { context } => {
            // An optional value is also allowed to be null; only the other branch says anything.
            let meant = |branch: &&Vec<ValidationError<'static>>| {
                !branch.iter().all(|inner| {
                    matches!(inner.kind(), ValidationErrorKind::Type { .. })
                        && inner.instance_path() == error.instance_path()
                })
            };
            let mut branches = context.iter().filter(meant);
            if let (Some(branch), None) = (branches.next(), branches.next()) {
                for inner in branch {
                    explain(inner, place, faults);
                }
                return;
            }
            "wrong_type"
        }
        ValidationErrorKind::OneOfNotValid { context } => {
            let words = context.iter().flatten().map(|inner| match inner.kind() {
                ValidationErrorKind::Constant { expected_value } => {
                    expected_value.as_str().map(|word| format!("`{word}`"))
                }
                _ => None,
            });
            let Some(words) = words.collect::<Option<Vec<_>>>() else {
                return faults.push(Fault::new(pointer, "invalid_value", cut(&error.to_string())));
            };
            let message = format!("one of {}", words.join(", "));
            return faults.push(Fault::new(pointer, "unknown_value", message));
        }
        ValidationErrorKind::Type { .. } => "wrong_type",
        ValidationErrorKind::Enum { .. } | ValidationErrorKind::Constant { .. } => "unknown_value",
        ValidationErrorKind::Pattern { .. } | ValidationErrorKind::PropertyNames { .. } => {
            "invalid_format"
        }
        ValidationErrorKind::Minimum { .. }
        | ValidationErrorKind::Maximum { .. }
        | ValidationErrorKind::MinItems { .. }
        | ValidationErrorKind::MaxItems { .. }
        | ValidationErrorKind::MinLength { .. }
        | ValidationErrorKind::MaxLength { .. }
        | ValidationErrorKind::MaxProperties { .. } => "out_of_range",
        _ => "invalid_value",
    };
    faults.push(Fault::new(pointer, code, cut(&error.to_string())));
}

fn cut(message: &str) -> String {
    let kept: String = message.chars().take(MAX_MESSAGE).collect();
    if kept.len() < message.len() { kept + "…" } else { kept }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_and_action_has_a_shape() {
        for word in NodeKind::TYPES {
            assert!(SHAPES.configs.contains_key(word) || *word == "action", "{word}");
        }
        assert_eq!(SHAPES.actions.len(), ACTION_KINDS.len());
    }

    #[test]
    fn large_documents_are_told_their_first_fault() {
        let mut faults = Vec::new();
        check_document(&json!({ "name": "a", "nodes": [], "edges": vec![1; 20] }), &mut faults);
        assert_eq!(faults.len(), 20);
        faults.clear();
        let large = json!({ "name": "a", "nodes": [], "edges": vec![1; MAX_COLLECTED] });
        check_document(&large, &mut faults);
        assert_eq!(faults.len(), 1);
    }
}
