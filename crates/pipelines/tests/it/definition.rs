//! Definitions in and out, their hash, their schemas, their inputs.

use gathering_pipelines::{
    AnyCatalog, Definition, Dollars, Format, Join, NodeKind, Program, definition_schema,
    node_types, validate, validate_text,
};
use serde_json::json;

use crate::world::pinned;

/// The file that the documentation shows.
pub(crate) const TRIAGE: &str = r#"
name: triage
inputs:
  type: object
  required: [tickets]
  properties: { tickets: { type: array } }
agents:
  - { name: sorter, model: scripted/demo, instructions: "Sort support tickets." }
nodes:
  - { id: start, type: trigger }
  - id: sort
    type: map
    config: { over: "input.tickets", limit: 8, agent: sorter, task: "Sort this: {{ item.text }}",
              output_schema: { type: object, required: [urgent], properties: { urgent: { type: boolean } } } }
  - { id: any_urgent, type: condition, config: { when: "nodes.sort.output | selectattr('urgent') | list | length > 0" } }
  - { id: ask, type: approval, config: { title: "Page the on-call?", deadline: 2h, on_deadline: reject } }
  - { id: page, type: action, config: { kind: http, method: POST, url: "https://example.com/page", idempotency_header: Idempotency-Key,
              headers: { authorization: "Bearer {{ secret('PAGER') }}" }, body: { n: "{{ nodes.sort.output | length }}" } },
      retry: { attempts: 5, first_delay: 1s }, timeout: 30s }
  - { id: rest, type: delay, config: { for: 5s } }
edges:
  - { from: start, to: sort }
  - { from: sort, to: any_urgent }
  - { from: any_urgent, to: ask, when: "true" }
  - { from: any_urgent, to: rest, when: false }
  - { from: ask, to: page, when: approved }
outputs: { sorted: "{{ nodes.sort.output }}" }
limits: { timeout: 4h, cost: 0.50 }
"#;

#[test]
fn documented_file_is_valid() {
    let definition = Definition::from_yaml(TRIAGE).unwrap();
    assert_eq!(definition.name.as_str(), "triage");
    assert_eq!(definition.nodes.len(), 6);
    assert_eq!(definition.limits.cost.map(Dollars::micro_usd).unwrap().0, 500_000);
    let labels: Vec<_> = definition.edges.iter().map(|edge| edge.when.as_deref()).collect();
    assert_eq!(labels, [None, None, Some("true"), Some("false"), Some("approved")]);
    assert_eq!(definition.nodes[0].join, Join::All);
    assert!(matches!(definition.nodes[1].kind, NodeKind::Map(_)));
}

#[test]
fn yaml_and_json_come_back_equal() {
    let definition = Definition::from_yaml(TRIAGE).unwrap();
    assert_eq!(Definition::from_yaml(&definition.to_yaml()).as_ref(), Ok(&definition));
    assert_eq!(Definition::from_json(&definition.to_value().to_string()).as_ref(), Ok(&definition));
}

#[test]
fn hash_depends_on_content_alone() {
    let definition = Definition::from_yaml(TRIAGE).unwrap();
    let hash = definition.content_hash();
    assert_eq!(hash.len(), 64);
    let reordered = TRIAGE.replace(
        "{ id: start, type: trigger }",
        "{ type: trigger, config: {}, id: start, join: all }",
    );
    assert_ne!(reordered, TRIAGE);
    assert_eq!(Definition::from_yaml(&reordered).unwrap().content_hash(), hash);
    assert_eq!(Definition::from_yaml(&definition.to_yaml()).unwrap().content_hash(), hash);
    let changed = TRIAGE.replace("for: 5s", "for: 6s");
    assert_ne!(Definition::from_yaml(&changed).unwrap().content_hash(), hash);
}

/// Versions are told apart by this hash: it may never change for a definition that did not.
#[test]
fn hash_of_a_small_definition_stays() {
    let text = "name: a\nnodes:\n  - { id: t, type: trigger }\n  - { id: x, type: transform, config: { value: 1 } }\nedges:\n  - { from: t, to: x }\n";
    let definition = Definition::from_yaml(text).unwrap();
    assert_eq!(
        definition.to_value(),
        json!({
            "name": "a",
            "nodes": [{ "id": "t", "type": "trigger" }, { "id": "x", "type": "transform", "config": { "value": 1 } }],
            "edges": [{ "from": "t", "to": "x" }],
        })
    );
    assert_eq!(
        definition.content_hash(),
        "a0980b84bc4fffaafa7f9991ea202c4b3343b785469e3dc2fe9369dc2cdd2d2c"
    );
}

#[test]
fn input_is_checked_against_inputs() {
    let definition = Definition::from_yaml(TRIAGE).unwrap();
    assert_eq!(definition.check_input(&json!({ "tickets": [] })), []);
    let faults = definition.check_input(&json!({ "tickets": 7 }));
    assert_eq!(faults[0].pointer.as_str(), "/tickets");
    assert_eq!(faults[0].code, "wrong_type");
    assert_eq!(definition.check_input(&json!({}))[0].code, "missing");
}

#[test]
fn large_inputs_are_told_one_fault() {
    let definition = json!({
        "name": "a",
        "inputs": { "properties": { "tickets": { "items": { "type": "object" } } } },
        "nodes": [{ "id": "t", "type": "trigger" }],
    });
    let definition: Definition = serde_json::from_value(definition).unwrap();
    assert_eq!(definition.check_input(&json!({ "tickets": vec![1; 15] })).len(), 15);
    assert_eq!(definition.check_input(&json!({ "tickets": vec![1; 100_000] })).len(), 1);
}

#[test]
fn every_node_type_documents_itself() {
    let types = node_types();
    let names: Vec<_> = types.iter().map(|node_type| node_type.name).collect();
    assert_eq!(
        names,
        [
            "trigger",
            "agent",
            "tool",
            "condition",
            "switch",
            "parallel",
            "map",
            "pipeline",
            "delay",
            "approval",
            "transform",
            "action"
        ]
    );
    for node_type in &types {
        assert!(node_type.summary.ends_with('.'), "{}", node_type.name);
        assert!(node_type.config_schema.is_object(), "{}", node_type.name);
    }
}

#[test]
fn schema_of_definitions_takes_what_validation_takes() {
    let schema =
        jsonschema::options().should_validate_formats(false).build(&definition_schema()).unwrap();
    let good = Definition::from_yaml(TRIAGE).unwrap().to_value();
    assert!(
        schema.is_valid(&good),
        "{:?}",
        schema.iter_errors(&good).map(|e| e.to_string()).collect::<Vec<_>>()
    );
    let mut bad = good.clone();
    bad["nodes"][1]["config"]["unknown"] = json!(1);
    assert!(!schema.is_valid(&bad));
    assert!(validate(&bad, &AnyCatalog).is_err());
    let mut action = good;
    action["nodes"][4]["config"]["kind"] = json!("notify");
    assert!(!schema.is_valid(&action));
}

#[test]
fn reads_are_bounded() {
    let text = " ".repeat(1024 * 1024 + 1);
    assert_eq!(
        validate_text(&text, Format::Yaml, &AnyCatalog).unwrap_err()[0].code,
        "document_too_large"
    );
}

#[test]
fn programs_of_another_shape_are_refused() {
    let good = serde_json::to_value(pinned(&[&Definition::from_yaml(TRIAGE).unwrap()])).unwrap();
    for (pointer, value) in [
        ("/main", json!("other")),
        ("/pipelines/triage/definition/nodes/0/type", json!("pause")),
        ("/pipelines/triage/definition/edges/0/to", json!("nobody")),
        ("/pipelines/triage/definition/edges/1/to", json!("sort")),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        assert!(Program::load(&bad).is_err(), "{pointer}");
    }
}
