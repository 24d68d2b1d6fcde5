//! `/api/v1/tools`.

use gathering_domain::Role;
use serde_json::json;

use crate::support::{Asked, Bench};

#[tokio::test]
async fn a_tool_is_looked_at_and_called() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    let listed = bench.get("/api/v1/tools", &token).await;
    let names: Vec<_> = listed["items"].as_array().unwrap().iter().map(|t| &t["name"]).collect();
    assert!(names.len() > 3 && names.is_sorted_by_key(|name| name.as_str()), "{names:?}");
    let tool = bench.get("/api/v1/tools/echo", &token).await;
    assert_eq!((&tool["effect"], &tool["policy"]), (&json!("pure"), &json!("auto")));
    assert_eq!(tool["input_schema"]["properties"]["text"]["type"], "string");

    let invoke = |name: &str, arguments| {
        let asked = Asked::new("POST", &format!("/api/v1/tools/{name}/invoke")).token(&token);
        asked.json(&json!({ "arguments": arguments }))
    };
    let called = bench.ask(invoke("echo", json!({ "text": "hi" }))).await.ok();
    assert_eq!((&called["ok"], &called["output"]["value"]["text"]), (&json!(true), &json!("hi")));
    assert_eq!(called["output"]["value"]["actor"]["type"], "user");
    let slow = bench.ask(invoke("slow", json!({}))).await.ok();
    assert_eq!((&slow["ok"], &slow["output"]), (&json!(false), &json!(null)));
    assert!(slow["failure"]["code"].is_string(), "{slow}");
    let broken = bench.ask(invoke("broken", json!({}))).await.ok();
    assert_eq!(broken["ok"], false);
    let wrong = bench.ask(invoke("echo", json!({ "text": 1, "x": 2 }))).await;
    assert_eq!(wrong.problem(), (422, "invalid".to_owned()));
    assert_eq!(wrong.json()["errors"].as_array().unwrap().len(), 2, "{}", wrong.text());
    assert_eq!(bench.ask(invoke("none", json!({}))).await.problem().1, "not_found");
}

#[tokio::test]
async fn the_same_key_is_the_same_effect_to_the_target() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    let mut effects = Vec::new();
    for key in [Some("k"), Some("k"), Some("other"), None] {
        let mut asked = Asked::new("POST", "/api/v1/tools/echo/invoke").token(&token);
        if let Some(key) = key {
            asked = asked.header("idempotency-key", key);
        }
        let called = bench.ask(asked.json(&json!({ "arguments": { "text": "a" } }))).await.ok();
        effects.push(called["output"]["value"]["effect"].clone());
    }
    assert_eq!(effects[0], effects[1]);
    assert_ne!(effects[0], effects[2]);
    assert_ne!(effects[0], effects[3]);
}
