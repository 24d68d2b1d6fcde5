//! Every fault of a definition is found, with its place and code, and all at once.

use std::time::{Duration, Instant};

use gathering_domain::{Fault, Pointer};
use gathering_pipelines::{Catalog, Definition, Format, MAX_FAULTS, validate, validate_text};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::definition::TRIAGE;

struct Project;

impl Catalog for Project {
    fn has_agent(&self, name: &str) -> bool {
        name == "writer"
    }

    fn has_tool(&self, name: &str) -> bool {
        name == "calculate"
    }

    fn has_pipeline(&self, name: &str) -> bool {
        name == "other"
    }

    fn has_channel(&self, name: &str) -> bool {
        name == "ops"
    }

    fn check_agent(&self, agent: &Map<String, Value>) -> Vec<Fault> {
        let unknown = agent.contains_key("colour");
        let place = Pointer::root().child("colour");
        if unknown {
            vec![Fault::new(place, "unknown_key", "unknown key `colour`")]
        } else {
            vec![]
        }
    }
}

fn faults(document: &Value) -> Vec<(String, String)> {
    match validate(document, &Project) {
        Ok(_) => Vec::new(),
        Err(faults) => {
            let mut found: Vec<_> =
                faults.into_iter().map(|f| (f.pointer.as_str().to_owned(), f.code)).collect();
            found.sort();
            found
        }
    }
}

#[test]
fn a_channel_exists() {
    let tell = |channel: &str| {
        json!([{ "id": "n", "type": "action", "input": 1,
            "config": { "kind": "notify", "channel": channel, "title": "{{ input.x }}", "text": "{{ oops" } }])
    };
    let found = faults(&with_nodes(tell("nobody"), json!([])));
    let found: Vec<_> = found.iter().map(|(at, code)| (at.as_str(), code.as_str())).collect();
    assert_eq!(
        found,
        [
            ("/nodes/1/config/channel", "unknown_channel"),
            ("/nodes/1/config/text", "invalid_template"),
            ("/nodes/1/input", "field_not_used"),
        ]
    );
}

/// A trigger `t`, the given nodes, and edges from the trigger to each that has none.
fn with_nodes(nodes: Value, edges: Value) -> Value {
    let mut all = vec![json!({ "id": "t", "type": "trigger" })];
    let mut paths = edges.as_array().unwrap().clone();
    for node in nodes.as_array().unwrap() {
        if !paths.iter().any(|edge| edge["to"] == node["id"]) {
            paths.push(json!({ "from": "t", "to": node["id"] }));
        }
        all.push(node.clone());
    }
    json!({ "name": "p", "nodes": all, "edges": paths })
}

fn one(node: Value) -> Value {
    with_nodes(json!([node]), json!([]))
}

#[test]
fn each_fault_of_a_node_has_its_place_and_code() {
    let transform =
        |value: Value| json!({ "id": "x", "type": "transform", "config": { "value": value } });
    let http = |config: Value| {
        let mut node = json!({ "id": "x", "type": "action", "config": { "kind": "http", "method": "GET", "url": "https://a.b" } });
        node["config"].as_object_mut().unwrap().extend(config.as_object().unwrap().clone());
        node
    };
    let deciders = |of: Value| json!({ "id": "x", "type": "approval", "config": { "title": "x", "deciders": of } });
    let asked = |reconcile: Value| {
        http(json!({ "method": "POST", "idempotency_header": "x-id", "reconcile": reconcile }))
    };
    for (node, pointer, code) in [
        (json!({ "id": "x", "type": "circle" }), "/nodes/1/type", "unknown_value"),
        (
            json!({ "id": "x", "type": "action", "config": { "kind": "fax" } }),
            "/nodes/1/config/kind",
            "unknown_value",
        ),
        (json!({ "id": "x", "type": "action" }), "/nodes/1/config", "missing_key"),
        (json!({ "id": "x", "type": "parallel", "name": "" }), "/nodes/1/name", "out_of_range"),
        (json!({ "id": "x", "type": "parallel", "retries": 3 }), "/nodes/1/retries", "unknown_key"),
        (
            json!({ "id": "x", "type": "parallel", "config": { "limits": 3 } }),
            "/nodes/1/config/limits",
            "unknown_key",
        ),
        (
            json!({ "id": "x", "type": "parallel", "config": { "limit": 0 } }),
            "/nodes/1/config/limit",
            "out_of_range",
        ),
        (
            json!({ "id": "x", "type": "parallel", "config": { "limit": "2" } }),
            "/nodes/1/config/limit",
            "wrong_type",
        ),
        (json!({ "id": "x", "type": "condition" }), "/nodes/1/config", "missing_key"),
        (
            json!({ "id": "x", "type": "condition", "config": { "when": "1 +" } }),
            "/nodes/1/config/when",
            "invalid_expression",
        ),
        (
            json!({ "id": "x", "type": "condition", "config": { "when": "unknown > 1" } }),
            "/nodes/1/config/when",
            "invalid_expression",
        ),
        (
            transform(json!({ "a": [1, "{{ 1 + }}"] })),
            "/nodes/1/config/value/a/1",
            "invalid_template",
        ),
        (transform(json!("{{ nodes.nobody.output }}")), "/nodes/1/config/value", "unknown_node"),
        (transform(json!("{{ nodes.x.output }}")), "/nodes/1/config/value", "node_not_upstream"),
        (transform(json!("{{ vars.tone }}")), "/nodes/1/config/value", "unknown_variable"),
        (transform(json!("{{ item }}")), "/nodes/1/config/value", "item_outside_map"),
        (transform(json!("{{ secret('A') }}")), "/nodes/1/config/value", "secret_not_allowed"),
        (
            json!({ "id": "x", "type": "delay", "config": { "for": "5 minutes" } }),
            "/nodes/1/config/for",
            "invalid_duration",
        ),
        (
            json!({ "id": "x", "type": "delay", "config": { "for": "9999d" } }),
            "/nodes/1/config/for",
            "invalid_duration",
        ),
        (
            json!({ "id": "x", "type": "delay", "config": { "until": "tomorrow" } }),
            "/nodes/1/config/until",
            "invalid_time",
        ),
        (json!({ "id": "x", "type": "delay" }), "/nodes/1/config", "exactly_one"),
        (
            json!({ "id": "x", "type": "delay", "config": { "for": "1s", "until": "2026-01-01T00:00:00Z" } }),
            "/nodes/1/config",
            "exactly_one",
        ),
        (
            json!({ "id": "x", "type": "delay", "config": { "for": "1s" }, "retry": { "attempts": 2 } }),
            "/nodes/1/retry",
            "field_not_used",
        ),
        (
            json!({ "id": "x", "type": "agent", "config": { "agent": "nobody", "task": "x" } }),
            "/nodes/1/config/agent",
            "unknown_agent",
        ),
        (
            json!({ "id": "x", "type": "agent", "config": { "agent": "writer", "task": "x" }, "timeout": "5" }),
            "/nodes/1/timeout",
            "invalid_format",
        ),
        (
            json!({ "id": "x", "type": "agent", "config": { "agent": "writer", "task": "x" }, "timeout": "0s" }),
            "/nodes/1/timeout",
            "out_of_range",
        ),
        (
            json!({ "id": "x", "type": "action", "config": { "kind": "http", "method": "GET", "url": "https://a.b/" }, "timeout": "61m" }),
            "/nodes/1/timeout",
            "out_of_range",
        ),
        (
            json!({ "id": "x", "type": "agent", "config": { "agent": "writer", "task": "x" }, "cost": -1 }),
            "/nodes/1/cost",
            "out_of_range",
        ),
        (
            json!({ "id": "x", "type": "agent", "config": { "agent": "writer", "task": "x" }, "retry": { "attempts": 0 } }),
            "/nodes/1/retry/attempts",
            "out_of_range",
        ),
        (
            json!({ "id": "x", "type": "agent", "config": { "agent": "writer", "task": "x" }, "retry": { "attempts": 2, "first_delay": "2m" } }),
            "/nodes/1/retry/first_delay",
            "out_of_range",
        ),
        (
            json!({ "id": "x", "type": "agent", "config": { "agent": "writer", "task": "x", "output_schema": { "type": "thing" } } }),
            "/nodes/1/config/output_schema",
            "invalid_schema",
        ),
        (
            // Passes as a schema, but no answer could ever be checked against it.
            json!({ "id": "x", "type": "approval", "config": { "title": "x", "form": { "$anchor": "a" } } }),
            "/nodes/1/config/form",
            "invalid_schema",
        ),
        (
            json!({ "id": "x", "type": "agent", "config": { "agent": "writer", "task": "x", "output_schema": { "$ref": "https://a.b/c" } } }),
            "/nodes/1/config/output_schema",
            "invalid_schema",
        ),
        (
            json!({ "id": "x", "type": "tool", "config": { "tool": "calculate", "hosts": ["a.example", "http://a"] } }),
            "/nodes/1/config/hosts/1",
            "invalid_host",
        ),
        (
            json!({ "id": "x", "type": "tool", "config": { "tool": "nothing" } }),
            "/nodes/1/config/tool",
            "unknown_tool",
        ),
        (
            json!({ "id": "x", "type": "pipeline", "config": { "pipeline": "p" } }),
            "/nodes/1/config/pipeline",
            "unknown_pipeline",
        ),
        (
            json!({ "id": "x", "type": "switch", "config": { "cases": [] } }),
            "/nodes/1/config/cases",
            "out_of_range",
        ),
        (
            json!({ "id": "x", "type": "switch", "config": { "cases": [{ "name": "default", "when": "true" }] } }),
            "/nodes/1/config/cases/0/name",
            "duplicate_label",
        ),
        (
            json!({ "id": "x", "type": "map", "config": { "over": "input.a", "tool": "calculate", "agent": "writer", "task": "x" } }),
            "/nodes/1/config",
            "exactly_one",
        ),
        (
            json!({ "id": "x", "type": "map", "config": { "over": "input.a", "agent": "writer" } }),
            "/nodes/1/config",
            "missing_key",
        ),
        (
            json!({ "id": "x", "type": "map", "config": { "over": "item.a", "tool": "calculate" } }),
            "/nodes/1/config/over",
            "item_outside_map",
        ),
        (
            json!({ "id": "x", "type": "map", "config": { "over": "input.a", "tool": "calculate", "task": "x" } }),
            "/nodes/1/config/task",
            "field_not_used",
        ),
        (
            json!({ "id": "x", "type": "approval", "config": { "title": "x", "deadline": "soon" } }),
            "/nodes/1/config/deadline",
            "invalid_format",
        ),
        (
            json!({ "id": "x", "type": "approval", "config": { "title": "x", "form": 7 } }),
            "/nodes/1/config/form",
            "wrong_type",
        ),
        (
            http(
                json!({ "reconcile": { "url": "https://a.b/{effect_id}" }, "idempotency_header": "x-id" }),
            ),
            "/nodes/1/config/reconcile",
            "field_not_used",
        ),
        (
            http(json!({ "method": "POST", "reconcile": { "url": "https://a.b/{effect_id}" } })),
            "/nodes/1/config/reconcile",
            "effect_id_not_sent",
        ),
        (
            asked(json!({ "url": "https://a.b/orders", "headers": { "x": "y" } })),
            "/nodes/1/config/reconcile/url",
            "effect_id_not_asked",
        ),
        (asked(json!({ "url": "{effect_id}" })), "/nodes/1/config/reconcile/url", "invalid_url"),
        (asked(json!({})), "/nodes/1/config/reconcile", "missing_key"),
        (
            asked(json!({ "url": "https://a.b/{effect_id}", "method": "POST" })),
            "/nodes/1/config/reconcile/method",
            "unknown_key",
        ),
        (
            asked(json!({ "url": "https://a.b/{{ effect_id }}/{effect_id}" })),
            "/nodes/1/config/reconcile/url",
            "invalid_template",
        ),
        (
            asked(json!({ "url": "https://a.b/{effect_id}", "happened": "item.status ==" })),
            "/nodes/1/config/reconcile/happened",
            "invalid_expression",
        ),
        (
            asked(
                json!({ "url": "https://a.b/{effect_id}", "happened": "item.body.n == input.n" }),
            ),
            "/nodes/1/config/reconcile/happened",
            "name_not_allowed",
        ),
        (
            asked(json!({ "url": "https://a.b/{effect_id}/{{ nodes.nobody.output }}" })),
            "/nodes/1/config/reconcile/url",
            "unknown_node",
        ),
        (deciders(json!([])), "/nodes/1/config/deciders", "out_of_range"),
        (deciders(json!(vec!["owner"; 21])), "/nodes/1/config/deciders", "out_of_range"),
        (deciders(json!("owner")), "/nodes/1/config/deciders", "wrong_type"),
        (deciders(json!(["member", "boss"])), "/nodes/1/config/deciders/1", "unknown_role"),
        (deciders(json!(["viewer"])), "/nodes/1/config/deciders/0", "role_may_not_decide"),
        (deciders(json!(["ada@"])), "/nodes/1/config/deciders/0", "invalid_email"),
        (deciders(json!(["owner", 7])), "/nodes/1/config/deciders/1", "wrong_type"),
        (http(json!({ "url": "ftp://a.b" })), "/nodes/1/config/url", "invalid_url"),
        (http(json!({ "method": "BREW" })), "/nodes/1/config/method", "unknown_value"),
        (http(json!({ "headers": { "a b": "c" } })), "/nodes/1/config/headers", "invalid_format"),
        (http(json!({ "headers": { "a": 7 } })), "/nodes/1/config/headers/a", "wrong_type"),
        (
            http(json!({ "body": { "x/y": "{{ secret('A B') }}" } })),
            "/nodes/1/config/body/x~1y",
            "invalid_secret_name",
        ),
        (
            json!({ "id": "x", "type": "action", "config": { "kind": "emit_event", "subject": "Not a subject" } }),
            "/nodes/1/config/subject",
            "invalid_subject",
        ),
        (
            json!({ "id": "x", "type": "action", "config": { "kind": "emit_event", "subject": "a.b" }, "timeout": "5s" }),
            "/nodes/1/timeout",
            "field_not_used",
        ),
        (
            json!({ "id": "x", "type": "parallel", "join": "n:2" }),
            "/nodes/1/join",
            "join_out_of_range",
        ),
        (
            json!({ "id": "x", "type": "parallel", "join": "most" }),
            "/nodes/1/join",
            "invalid_format",
        ),
        (
            json!({ "id": "x", "type": "tool", "config": { "tool": "calculate" }, "on_error": "route" }),
            "/nodes/1/on_error",
            "error_edge_mismatch",
        ),
        (
            json!({ "id": "x", "type": "tool", "config": { "tool": "calculate" }, "on_error": "ignore" }),
            "/nodes/1/on_error",
            "unknown_value",
        ),
    ] {
        let found = faults(&one(node.clone()));
        assert_eq!(found, [(pointer.to_owned(), code.to_owned())], "{node}");
    }
}

#[test]
fn good_nodes_are_taken() {
    for node in [
        json!({ "id": "x", "type": "agent", "name": "A writer", "config": { "agent": "writer", "task": "{{ input }}" }, "input": { "a": "{{ input.b }}" }, "retry": { "attempts": 2 }, "timeout": "1h", "cost": 0.1, "on_error": "continue" }),
        json!({ "id": "x", "type": "tool", "config": { "tool": "calculate" }, "input": { "expression": "1" } }),
        json!({ "id": "x", "type": "map", "config": { "over": "input.a", "tool": "calculate" }, "input": { "expression": "{{ item }}" } }),
        json!({ "id": "x", "type": "map", "config": { "over": "input.a", "pipeline": "other" } }),
        json!({ "id": "x", "type": "pipeline", "config": { "pipeline": "other" } }),
        json!({ "id": "x", "type": "action", "config": { "kind": "start_pipeline", "pipeline": "other" }, "input": {} }),
        json!({ "id": "x", "type": "action", "config": { "kind": "emit_event", "subject": "a.{{ input.b }}", "data": { "c": 1 } } }),
        json!({ "id": "x", "type": "delay", "config": { "until": "{{ input.when }}" } }),
        json!({ "id": "x", "type": "approval", "config": { "title": "Go?", "detail": { "a": "{{ input }}" }, "form": { "type": "object" } } }),
    ] {
        assert_eq!(faults(&one(node.clone())), [], "{node}");
    }
}

#[test]
fn each_fault_of_the_graph_has_its_place_and_code() {
    let p = |id: &str| json!({ "id": id, "type": "parallel" });
    let c = |id: &str| json!({ "id": id, "type": "condition", "config": { "when": "true" } });
    for (nodes, edges, expected) in [
        (json!([p("a"), p("a")]), json!([]), vec![("/nodes/2/id", "duplicate_id")]),
        (
            json!([p("a")]),
            json!([{ "from": "a", "to": "nobody" }]),
            vec![("/edges/0/to", "unknown_node")],
        ),
        (
            json!([p("a")]),
            json!([{ "from": "nobody", "to": "a" }, { "from": "t", "to": "a" }]),
            vec![("/edges/0/from", "unknown_node")],
        ),
        (
            json!([p("a")]),
            json!([{ "from": "t", "to": "a" }, { "from": "t", "to": "a" }]),
            vec![("/edges/1", "duplicate_edge")],
        ),
        (
            json!([p("a")]),
            json!([{ "from": "a", "to": "t" }]),
            vec![("/edges/0/to", "edge_into_trigger"), ("/nodes/0", "cycle")],
        ),
        (
            json!([p("a"), p("b")]),
            json!([{ "from": "a", "to": "b" }, { "from": "b", "to": "a" }]),
            vec![
                ("/nodes/1", "cycle"),
                ("/nodes/1", "unreachable_node"),
                ("/nodes/2", "unreachable_node"),
            ],
        ),
        (
            json!([p("a")]),
            json!([{ "from": "a", "to": "a" }, { "from": "t", "to": "a" }]),
            vec![("/nodes/1", "cycle")],
        ),
        (
            json!([p("a"), p("b")]),
            json!([{ "from": "a", "to": "b", "when": "true" }]),
            vec![("/edges/0/when", "unknown_label")],
        ),
        (
            json!([c("a"), p("b")]),
            json!([{ "from": "a", "to": "b", "when": "maybe" }]),
            vec![("/edges/0/when", "unknown_label")],
        ),
        (
            json!([c("a"), p("b")]),
            json!([{ "from": "a", "to": "b", "when": true }, { "from": "a", "to": "b", "when": "error" }]),
            vec![],
        ),
        (
            json!([p("a"), p("b")]),
            json!([{ "from": "a", "to": "b", "when": "error" }]),
            vec![("/edges/0/when", "unknown_label")],
        ),
        (
            json!([{ "id": "t2", "type": "trigger" }]),
            json!([]),
            vec![("/edges/0/to", "edge_into_trigger"), ("/nodes/1/type", "duplicate_trigger")],
        ),
    ] {
        let document = with_nodes(nodes, edges);
        let expected: Vec<_> =
            expected.iter().map(|(p, c)| ((*p).to_owned(), (*c).to_owned())).collect();
        assert_eq!(faults(&document), expected, "{document}");
    }
    let cycle = with_nodes(
        json!([p("a"), p("b"), p("c")]),
        json!([
            { "from": "t", "to": "a" }, { "from": "a", "to": "b" }, { "from": "b", "to": "c" }, { "from": "c", "to": "a" }
        ]),
    );
    let fault = &validate(&cycle, &Project).unwrap_err()[0];
    assert_eq!(fault.message, "nodes wait for each other: a → b → c → a");
}

#[test]
fn each_fault_of_the_document_has_its_place_and_code() {
    let base = one(json!({ "id": "x", "type": "parallel" }));
    for (key, value, pointer, code) in [
        ("name", json!(""), "/name", "out_of_range"),
        ("colour", json!(1), "/colour", "unknown_key"),
        ("inputs", json!({ "type": 7 }), "/inputs", "invalid_schema"),
        ("outputs", json!({ "a": "{{ nodes.nobody }}" }), "/outputs/a", "unknown_node"),
        ("outputs", json!({ "a": "{{ item }}" }), "/outputs/a", "item_outside_map"),
        ("outputs", json!([]), "/outputs", "wrong_type"),
        ("limits", json!({ "timeout": "1 hour" }), "/limits/timeout", "invalid_format"),
        ("limits", json!({ "timeout": "1000d" }), "/limits/timeout", "out_of_range"),
        ("limits", json!({ "cost": "1" }), "/limits/cost", "wrong_type"),
        ("limits", json!({ "time": "1h" }), "/limits/time", "unknown_key"),
        ("limits", json!({ "concurrency": 0 }), "/limits/concurrency", "out_of_range"),
        ("agents", json!([{ "name": "a" }, { "name": "a" }]), "/agents/1/name", "duplicate_agent"),
        ("agents", json!([{ "name": "a", "colour": 1 }]), "/agents/0/colour", "unknown_key"),
        ("nodes", json!([]), "/nodes", "missing_trigger"),
        ("nodes", json!({}), "/nodes", "wrong_type"),
        ("edges", json!([{ "from": "t" }]), "/edges/0", "missing_key"),
        (
            "edges",
            json!([{ "from": "t", "to": "x", "label": "y" }]),
            "/edges/0/label",
            "unknown_key",
        ),
        ("edges", json!([{ "from": "t", "to": "x", "when": 7 }]), "/edges/0/when", "wrong_type"),
    ] {
        let mut document = base.clone();
        document[key] = value;
        if key == "nodes" {
            document["edges"] = json!([]);
        }
        let found = faults(&document);
        assert!(found.contains(&(pointer.to_owned(), code.to_owned())), "{key}: {found:?}");
        assert!(found.len() <= 2, "{key}: {found:?}");
    }
    assert_eq!(faults(&json!([])), [(String::new(), "wrong_type".to_owned())]);
    assert_eq!(faults(&json!({}))[0].1, "missing_key");
}

#[test]
fn all_faults_come_at_once() {
    let text = TRIAGE
        .replace("deadline: 2h", "deadline: 2x")
        .replace("to: sort }", "to: sorted }")
        .replace("type: delay", "type: pause")
        .replace("item.text", "who.text")
        .replace("nodes.sort.output | length", "nodes.rest.output | length");
    let found = validate_text(&text, Format::Yaml, &Project).unwrap_err();
    let codes: Vec<_> = found.iter().map(|fault| fault.code.as_str()).collect();
    for code in
        ["invalid_format", "unknown_node", "unknown_value", "invalid_template", "node_not_upstream"]
    {
        assert!(codes.contains(&code), "{code}: {found:#?}");
    }
}

#[test]
fn endless_definitions_are_refused_fast() {
    let started = Instant::now();
    let node = |n: usize| json!({ "id": format!("n{n}"), "type": "parallel" });
    let many = json!({ "name": "p", "nodes": (0..10_000).map(node).collect::<Vec<_>>() });
    assert_eq!(faults(&many), [("/nodes".to_owned(), "too_many_nodes".to_owned())]);
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!([deep]);
    }
    assert_eq!(
        faults(&one(json!({ "id": "x", "type": "transform", "config": { "value": deep } })))[0].1,
        "nested_too_deeply"
    );
    let mut broken: Vec<_> = (0..1_000).map(|n| json!({ "id": n, "type": n, "x": n })).collect();
    broken.push(json!({}));
    broken.pop();
    let faults = validate(&json!({ "name": "p", "nodes": broken }), &Project).unwrap_err();
    assert_eq!(faults.len(), MAX_FAULTS);
    // Generous: a debug build on a busy machine takes a fraction of this.
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn largest_definition_is_taken() {
    let mut nodes = vec![json!({ "id": "n0", "type": "trigger" })];
    let mut edges = Vec::new();
    for n in 1..1_000 {
        nodes.push(json!({ "id": format!("n{n}"), "type": "transform", "config": { "value": format!("{{{{ nodes.n{}.output }}}}", n - 1) } }));
        edges.push(json!({ "from": format!("n{}", n - 1), "to": format!("n{n}") }));
    }
    assert_eq!(faults(&json!({ "name": "p", "nodes": nodes, "edges": edges })), []);
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "[a-z0-9:{}\\[\\], \"'&*!|>\n-]{0,200}") {
        for format in [Format::Yaml, Format::Json] {
            let _ = validate_text(&text, format, &Project);
        }
    }

    /// One value of the documented file replaced by another: never a panic, and a definition that
    /// is taken comes back the same from its own text.
    #[test]
    fn any_replaced_value_is_taken_or_refused(at in 0_usize..200, with in 0_usize..8) {
        let mut document = Definition::from_yaml(TRIAGE).unwrap().to_value();
        let values = [json!(null), json!(true), json!(-1), json!(0.5), json!(""), json!("{{ nodes.sort }}"), json!([]), json!({})];
        let mut left = at;
        replace_nth(&mut document, &mut left, &values[with]);
        if let Ok(definition) = validate(&document, &gathering_pipelines::AnyCatalog) {
            prop_assert_eq!(Definition::from_yaml(&definition.to_yaml()), Ok(definition));
        }
    }
}

fn replace_nth(value: &mut Value, left: &mut usize, with: &Value) -> bool {
    if *left == 0 {
        *value = with.clone();
        return true;
    }
    *left -= 1;
    match value {
        Value::Array(items) => items.iter_mut().any(|item| replace_nth(item, left, with)),
        Value::Object(members) => {
            members.values_mut().any(|member| replace_nth(member, left, with))
        }
        _ => false,
    }
}
