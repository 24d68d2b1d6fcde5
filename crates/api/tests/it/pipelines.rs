//! `/api/v1/pipelines`, `/api/v1/pipeline-versions` and `/api/v1/node-types`.

use gathering_domain::Role;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Asked, Bench, echo};

const PIPELINES: &str = "/api/v1/pipelines";

const FILE: &str = "\
# Answers its input.
name: echo
nodes:
  - id: start
    type: trigger
  - id: answer
    type: transform
    config: { value: '{{ input.n }}' }
edges:
  - { from: start, to: answer }
";

fn file(text: &str) -> Asked {
    Asked::new("POST", PIPELINES).body("application/yaml", text)
}

#[tokio::test]
async fn a_file_is_imported_and_exported_to_the_same_pipeline() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    let made = bench.ask(file(FILE).token(&token)).await.ok();
    let path = format!("{PIPELINES}/{}", made["id"].as_str().unwrap());
    let exported = bench.ask(Asked::new("GET", &format!("{path}/export")).token(&token)).await;
    assert_eq!(exported.header("content-type"), "application/yaml; charset=utf-8");
    assert_snapshot!(exported.text(), @"
    name: echo
    nodes:
    - id: start
      type: trigger
    - id: answer
      type: transform
      config:
        value: '{{ input.n }}'
    edges:
    - from: start
      to: answer
    ");
    let put = Asked::new("PUT", &path).token(&token).header("if-match", "\"1\"");
    let again = bench.ask(put.body("application/yaml", exported.text())).await.ok();
    assert_eq!(again, made, "the same definition makes no new version");
}

#[tokio::test]
async fn a_pipeline_is_changed_listed_and_removed_and_its_versions_stay() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    let made = bench.post(PIPELINES, &token, &echo("echo")).await;
    let path = format!("{PIPELINES}/{}", made["id"].as_str().unwrap());
    let patch = Asked::new("PATCH", &path).token(&token).header("if-match", "\"1\"");
    let changed = bench.ask(patch.json(&json!({ "name": "parrot" }))).await.ok();
    assert_eq!((&changed["name"], &changed["version"]), (&json!("parrot"), &json!(2)));
    let listed = bench.get(PIPELINES, &token).await;
    assert_eq!(listed["items"][0]["name"], "parrot");
    assert_eq!(listed["items"][0].get("definition"), None);
    let versions = bench.get(&format!("{path}/versions"), &token).await;
    assert_eq!(versions["items"].as_array().unwrap().len(), 2);
    bench.ask(Asked::new("DELETE", &path).token(&token)).await.ok();
    let first = versions["items"][1]["id"].as_str().unwrap();
    let first = bench.get(&format!("/api/v1/pipeline-versions/{first}"), &token).await;
    assert_eq!(first["definition"]["name"], "echo");
    let gone = bench.ask(Asked::new("GET", &format!("{path}/versions")).token(&token)).await;
    assert_eq!(gone.problem(), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn limits_of_concurrency_and_priorities_are_checked_and_kept() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    let with = |limits: &Value, priority: &Value| {
        let mut pipeline = echo("echo");
        (pipeline["limits"], pipeline["priority"]) = (limits.clone(), priority.clone());
        pipeline
    };
    let made =
        bench.post(PIPELINES, &token, &with(&json!({ "concurrent_runs": 2 }), &json!(-5))).await;
    let kept = &made["definition"];
    assert_eq!((&kept["limits"]["concurrent_runs"], &kept["priority"]), (&json!(2), &json!(-5)));
    for (limits, priority, pointer, code) in [
        (json!({ "concurrent_runs": 0 }), json!(0), "/limits/concurrent_runs", "out_of_range"),
        (json!({ "concurrent_runs": 10_001 }), json!(0), "/limits/concurrent_runs", "out_of_range"),
        (json!({ "concurrent_runs": "two" }), json!(0), "/limits/concurrent_runs", "wrong_type"),
        (json!({ "concurrent_turns": 2 }), json!(0), "/limits/concurrent_turns", "unknown_key"),
        (json!({}), json!(101), "/priority", "out_of_range"),
        (json!({}), json!(-101), "/priority", "out_of_range"),
        (json!({}), json!("high"), "/priority", "wrong_type"),
    ] {
        let body = with(&limits, &priority);
        let refused = bench.ask(Asked::new("POST", PIPELINES).token(&token).json(&body)).await;
        assert_eq!(refused.status, 422, "{body}");
        let fault = &refused.json()["errors"][0];
        assert_eq!((&fault["pointer"], &fault["code"]), (&json!(pointer), &json!(code)), "{body}");
    }
}

#[tokio::test]
async fn validation_answers_and_stores_nothing() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Viewer).await;
    let validate = |body: &str, media_type: &str| {
        let asked = Asked::new("POST", "/api/v1/pipelines/validate").token(&token);
        asked.body(media_type, body)
    };
    let good = bench.ask(validate(FILE, "text/yaml")).await.ok();
    assert_eq!((&good["valid"], &good["errors"]), (&json!(true), &json!([])));
    assert_eq!(good["definition"]["nodes"][1]["id"], "answer");
    let bad = FILE.replace("to: answer", "to: nobody");
    let bad = bench.ask(validate(&bad, "application/yaml")).await.ok();
    assert_eq!((&bad["valid"], &bad["definition"]), (&json!(false), &Value::Null));
    assert_eq!(bad["errors"][0]["pointer"], "/edges/0/to");
    let text = bench.ask(validate("a: [", "application/yaml")).await.ok();
    assert_eq!(text["valid"], false);
    assert_eq!(bench.get(PIPELINES, &token).await["items"], json!([]));
}

#[tokio::test]
async fn the_types_of_nodes_are_told_with_their_schemas() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Viewer).await;
    let types = bench.get("/api/v1/node-types", &token).await;
    let names: Vec<_> =
        types["items"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect();
    for name in ["trigger", "agent", "tool", "condition", "switch", "map", "approval", "action"] {
        assert!(names.contains(&name), "{name} not in {names:?}");
    }
    assert!(types["items"].as_array().unwrap().iter().all(|t| t["config_schema"].is_object()));
}
