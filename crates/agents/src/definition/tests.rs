//! Tests of definitions: what is read, every fault at once, and the hash.

use gathering_domain::EffectKind;
use gathering_tools::{Policy, Question, ToolKind, ToolSpec};
use serde_json::json;

use super::*;

fn toolbox() -> Toolbox {
    let mut toolbox = Toolbox::new();
    let spec = ToolSpec::of::<Question, Question>("ask_person", "Asks.", ToolKind::AskPerson);
    toolbox.add_question(spec).unwrap();
    toolbox
}

fn told(document: &Value) -> Vec<(String, String)> {
    let faults = AgentDefinition::parse(document, Some(&toolbox())).err().unwrap_or_default();
    faults.into_iter().map(|fault| (fault.pointer.as_str().to_owned(), fault.code)).collect()
}

#[test]
fn short_definition_has_defaults() {
    let document = json!({ "name": "sorter", "model": "scripted/demo" });
    let agent = AgentDefinition::parse(&document, None).unwrap();
    assert_eq!(agent.limits, AgentLimits::default());
    assert_eq!((agent.on_limit, agent.busy), (OnLimit::Report, BusyPolicy::Queue));
    assert_eq!(agent.models().len(), 1);
}

#[test]
fn full_definition_is_read_and_written_alike() {
    let document = json!({
        "name": "sorter",
        "persona": "A patient librarian.",
        "instructions": "Sort support tickets.",
        "model": "anthropic/claude-sonnet-4-5",
        "fallbacks": ["openai/gpt-5", "openrouter/meta-llama/llama-4"],
        "tools": ["ask_person", { "name": "web", "hosts": ["docs.example.com"] }],
        "egress": { "hosts": ["*.example.com", "localhost:8080"] },
        "temperature": 0.2,
        "max_output_tokens": 2000,
        "context_tokens": 200_000,
        "limits": { "turns": 5, "tool_calls": 10, "tokens": 50_000, "cost": 0.5, "timeout": "10m" },
        "output_schema": { "type": "object", "required": ["urgent"] },
        "on_limit": "fail",
        "busy": "interrupt",
    });
    let agent = AgentDefinition::parse(&document, None).unwrap();
    assert_eq!(agent.limits.cost, Some(MicroUsd(500_000)));
    assert_eq!(serde_json::to_value(&agent).unwrap(), document);
    let strict = json!({ "name": "a", "model": "scripted/demo",
                         "tools": [{ "name": "ask_person", "policy": "ask" }] });
    let agent = AgentDefinition::parse(&strict, Some(&toolbox())).unwrap();
    assert_eq!(agent.tools[0].policy, Some(Policy::Ask));
}

#[test]
fn every_fault_is_told_at_once() {
    let faults = told(&json!({
        "name": "Sorter",
        "model": "gpt",
        "fallbacks": ["openai/gpt-5", "openai/gpt-5", 7],
        "tools": ["ask_person", "shell", "ask_person", { "name": "web", "policy": "maybe" }, "Bad Name"],
        "temperature": 9,
        "limits": { "turns": 0, "timeout": "soon", "cost": -1, "calls": 3 },
        "output_schema": { "type": "objekt" },
        "on_limit": "explode",
        "personna": "typo",
    }));
    let expected = [
        ("/fallbacks/1", "duplicate"),
        ("/fallbacks/2", "wrong_type"),
        ("/limits/calls", "unknown_key"),
        ("/limits/cost", "minimum"),
        ("/limits/timeout", "invalid_duration"),
        ("/limits/turns", "minimum"),
        ("/model", "invalid_model"),
        ("/name", "invalid_name"),
        ("/on_limit", "unknown_value"),
        ("/output_schema", "invalid_schema"),
        ("/personna", "unknown_key"),
        ("/temperature", "maximum"),
        ("/tools/1", "unknown_tool"),
        ("/tools/2", "duplicate"),
        ("/tools/3/name", "unknown_tool"),
        ("/tools/3/policy", "unknown_value"),
        ("/tools/4", "invalid_name"),
    ];
    let expected = expected.map(|(place, code)| (place.to_owned(), code.to_owned()));
    assert_eq!(faults, expected);
}

#[test]
fn malformed_hosts_are_told_with_their_places() {
    let faults = told(&json!({
        "name": "a", "model": "a/b",
        "egress": { "hosts": ["ok.example", "https://x.example", 7] },
        "tools": [{ "name": "ask_person", "hosts": ["*"] }],
    }));
    let expected = [
        ("/egress/hosts/1", "invalid_host"),
        ("/egress/hosts/2", "wrong_type"),
        ("/tools/0/hosts/0", "invalid_host"),
    ];
    assert_eq!(faults, expected.map(|(place, code)| (place.to_owned(), code.to_owned())));
    let many = vec!["a.example"; 101];
    let faults = told(&json!({ "name": "a", "model": "a/b", "egress": { "hosts": many } }));
    assert_eq!(faults[0].0, "/egress/hosts");
}

#[test]
fn documents_that_are_no_definition_are_refused() {
    let fault = |place: &str, code: &str| vec![(place.to_owned(), code.to_owned())];
    assert_eq!(told(&json!(null)), fault("", "wrong_type"));
    assert_eq!(told(&json!([])), fault("", "wrong_type"));
    assert_eq!(told(&json!({ "name": "a" })), fault("/model", "missing"));
    let nested = (0..200).fold(json!(1), |inner, _| json!([inner]));
    let document = json!({ "name": "a", "model": "a/b", "output_schema": nested });
    assert!(told(&document).contains(&(String::new(), "too_deep".to_owned())));
    let long = json!({ "name": "a", "model": "a/b",
                       "instructions": "x".repeat(MAX_INSTRUCTIONS_CHARS + 1),
                       "persona": "x".repeat(MAX_PERSONA_CHARS + 1),
                       "tools": vec!["ask_person"; MAX_TOOLS + 1],
                       "fallbacks": vec!["a/c"; MAX_FALLBACKS + 1] });
    let faults = told(&long);
    for place in ["/instructions", "/persona", "/tools", "/fallbacks"] {
        assert!(faults.iter().any(|(at, code)| at == place && code.starts_with("max_")), "{place}");
    }
}

#[test]
fn hash_depends_on_meaning_alone() {
    let one = json!({ "name": "a", "model": "a/b", "tools": [], "limits": { "turns": 30 } });
    let two = serde_json::from_str(r#"{ "model": "a/b", "name": "a" }"#).unwrap();
    let three = json!({ "name": "a", "model": "a/c" });
    let hash = |document: &Value| AgentDefinition::parse(document, None).unwrap().content_hash();
    assert_eq!(hash(&one), hash(&two));
    assert_ne!(hash(&one), hash(&three));
    assert!(hash(&one).starts_with("sha256:") && hash(&one).len() == 71);
}

#[test]
fn pinned_effect_kinds_do_not_enter_a_definition() {
    // A definition names tools; what repeating their calls means is the tool's own word.
    let document = json!({ "name": "a", "model": "a/b",
                           "tools": [{ "name": "ask_person", "policy": "ask",
                                       "kind": EffectKind::Pure }] });
    assert_eq!(told(&document), [("/tools/0/kind".to_owned(), "unknown_key".to_owned())]);
}
