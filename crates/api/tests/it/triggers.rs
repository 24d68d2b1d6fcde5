//! `/api/v1/triggers`.

use gathering_domain::Role;
use serde_json::{Value, json};

use crate::support::{Asked, Bench, echo};

const TRIGGERS: &str = "/api/v1/triggers";

#[tokio::test]
async fn a_trigger_is_made_shown_changed_paused_and_removed() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Operator).await;
    let pipeline = bench.post("/api/v1/pipelines", &token, &echo("echo")).await;
    let body = json!({
        "name": "Tell of failures",
        "subjects": ["run.failed", "orders.*.paid"],
        "filter": "event.data.seq > 0",
        "starts": { "type": "pipeline", "pipeline_id": pipeline["id"] },
    });
    let asked = || Asked::new("POST", TRIGGERS).token(&token).header("idempotency-key", "k");
    let made = bench.ask(asked().json(&body)).await;
    assert_eq!((made.status.as_u16(), made.header("etag")), (201, "\"1\""));
    let made = made.json();
    assert_eq!(bench.ask(asked().json(&body)).await.json(), made);
    let path = format!("{TRIGGERS}/{}", made["id"].as_str().unwrap());
    assert_eq!(bench.get(&path, &token).await, made);
    let mut shown = made.clone();
    shown["id"] = json!("[id]");
    shown["starts"]["pipeline_id"] = json!("[pipeline]");
    shown["acts_for"]["user_id"] = json!("[user]");
    let wanted = json!({
        "id": "[id]",
        "name": "Tell of failures",
        "subjects": ["run.failed", "orders.*.paid"],
        "filter": "event.data.seq > 0",
        "starts": { "type": "pipeline", "pipeline_id": "[pipeline]" },
        "input": null,
        "own_events": false,
        "per_minute": 600,
        "enabled": true,
        "acts_for": { "type": "user", "user_id": "[user]" },
        "counts": { "started": 0, "dropped": 0, "failed": 0 },
        "last_at": null,
        "version": 1,
        "created_at": "2026-01-01T00:00:00.000Z",
        "updated_at": "2026-01-01T00:00:00.000Z",
    });
    assert_eq!(shown, wanted);
    let listed = bench.get(TRIGGERS, &token).await;
    assert_eq!(listed["items"], json!([made]));
    assert_eq!(bench.get(&format!("{path}/firings"), &token).await["items"], json!([]));

    let patch = |version: &str, body: Value| {
        Asked::new("PATCH", &path).token(&token).header("if-match", version).json(&body)
    };
    for (body, pointer) in [
        (json!({ "subjects": ["a..b"] }), "/subjects/0"),
        (json!({ "subjects": [] }), "/subjects"),
        (json!({ "filter": "request.body" }), "/filter"),
        (json!({ "per_minute": 0 }), "/per_minute"),
        (json!({ "starts": { "type": "agent" } }), "/starts/agent_id"),
    ] {
        let refused = bench.ask(patch("1", body)).await;
        assert_eq!(refused.problem(), (422, "invalid".to_owned()));
        assert_eq!(refused.json()["errors"][0]["pointer"], pointer);
    }
    let changed = bench.ask(patch("1", json!({ "filter": null, "own_events": true }))).await.ok();
    assert_eq!((&changed["filter"], &changed["own_events"]), (&json!(null), &json!(true)));
    let paused = bench.post(&format!("{path}/pause"), &token, &json!({})).await;
    assert_eq!((&paused["enabled"], &paused["version"]), (&json!(false), &json!(3)));
    let resumed = bench.post(&format!("{path}/resume"), &token, &json!({})).await;
    assert_eq!(resumed["enabled"], true);
    bench.ask(Asked::new("DELETE", &path).token(&token)).await.ok();
    let gone = bench.ask(Asked::new("GET", &path).token(&token)).await;
    assert_eq!(gone.problem(), (404, "not_found".to_owned()));
}
