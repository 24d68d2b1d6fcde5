//! `/api/v1/providers`.

use gathering_domain::Role;
use insta::assert_json_snapshot;
use serde_json::json;

use crate::support::{Asked, Bench};

const PROVIDERS: &str = "/api/v1/providers";

#[tokio::test]
async fn a_provider_is_configured_tested_changed_and_removed() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Operator).await;
    let body = json!({ "name": "cloud", "kind": "openai", "key_secret": "CLOUD_KEY" });
    let early = bench.ask(Asked::new("POST", PROVIDERS).token(&token).json(&body)).await;
    assert_eq!(early.json()["errors"][0]["pointer"], "/key_secret");
    let secret = Asked::new("PUT", "/api/v1/secrets/CLOUD_KEY").token(&token);
    bench.ask(secret.json(&json!({ "value": "sk-12345" }))).await.ok();

    let made = bench.ask(Asked::new("POST", PROVIDERS).token(&token).json(&body)).await;
    assert_eq!((made.status.as_u16(), made.header("location")), (201, "/api/v1/providers/cloud"));
    let mut shown = made.json();
    shown["id"] = json!("[id]");
    assert_json_snapshot!(shown, @r#"
    {
      "base_url": null,
      "created_at": "2026-01-01T00:00:00.000Z",
      "default_model": null,
      "id": "[id]",
      "key_secret": "CLOUD_KEY",
      "kind": "openai",
      "name": "cloud",
      "options": {},
      "updated_at": "2026-01-01T00:00:00.000Z",
      "version": 1
    }
    "#);
    let listed = bench.get(PROVIDERS, &token).await;
    let names: Vec<_> = listed["items"].as_array().unwrap().iter().map(|p| &p["name"]).collect();
    assert_eq!(names, ["scripted", "cloud"]);
    let tested = bench.post("/api/v1/providers/cloud/test", &token, &json!({})).await;
    assert_eq!(tested, json!({ "ok": true, "models": 1, "scripted": false, "failure": null }));
    let models = bench.get("/api/v1/providers/cloud/models", &token).await;
    assert_eq!(models["items"][0]["name"], "openai-Some(8)");

    let patch = |body| {
        let asked = Asked::new("PATCH", "/api/v1/providers/cloud").token(&token);
        asked.header("if-match", "\"1\"").json(&body)
    };
    let unknown = bench.ask(patch(json!({ "modle": "x" }))).await;
    assert_eq!(unknown.json()["errors"][0]["code"], "unknown_field");
    let changed =
        bench.ask(patch(json!({ "default_model": "big", "key_secret": null }))).await.ok();
    assert_eq!((&changed["default_model"], &changed["version"]), (&json!("big"), &json!(2)));
    let failed = bench.post("/api/v1/providers/cloud/test", &token, &json!({})).await;
    assert_eq!((&failed["ok"], failed["failure"]["code"].is_string()), (&json!(false), true));

    bench.ask(Asked::new("DELETE", "/api/v1/providers/cloud").token(&token)).await.ok();
    let gone = bench.ask(Asked::new("GET", "/api/v1/providers/cloud").token(&token)).await;
    assert_eq!(gone.problem(), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn a_provider_that_cannot_list_its_models_is_an_upstream_failure() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Operator).await;
    let body = json!({ "name": "cloud", "kind": "openai" });
    bench.post(PROVIDERS, &token, &body).await;
    let secret = Asked::new("PUT", "/api/v1/secrets/KEY").token(&token);
    bench.ask(secret.json(&json!({ "value": "refused" }))).await.ok();
    let asked = Asked::new("PATCH", "/api/v1/providers/cloud").token(&token);
    let asked = asked.header("if-match", "\"1\"").json(&json!({ "key_secret": "KEY" }));
    bench.ask(asked).await.ok();
    let refused = Asked::new("GET", "/api/v1/providers/cloud/models").token(&token);
    assert_eq!(bench.ask(refused).await.problem(), (502, "upstream_failed".to_owned()));
}

#[tokio::test]
async fn the_kinds_of_providers_are_told() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Viewer).await;
    let kinds = bench.get("/api/v1/provider-kinds", &token).await;
    let openai = json!({ "kind": "openai", "base_url": null, "needs_key": true });
    assert!(kinds["items"].as_array().unwrap().contains(&openai), "{kinds}");
}
