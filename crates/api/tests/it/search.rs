//! `/api/v1/search` and `/api/v1/usage`.

use gathering_domain::Role;
use serde_json::json;

use crate::support::{Asked, Bench, echo};

#[tokio::test]
async fn what_has_such_a_name_is_found_with_its_id() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    let made = bench.post("/api/v1/pipelines", &token, &echo("support_triage")).await;
    let found = bench.get("/api/v1/search?q=tri", &token).await;
    let one = json!({ "kind": "pipeline", "id": made["id"], "name": "support_triage" });
    assert_eq!(found, json!({ "items": [one], "next_cursor": null }));
    for (query, code) in [
        ("", (400, "invalid_query")),
        ("?q=", (422, "invalid")),
        ("?q=tri&limit=51", (422, "invalid")),
        ("?q=tri&what=1", (400, "invalid_query")),
    ] {
        let asked = Asked::new("GET", &format!("/api/v1/search{query}")).token(&token);
        assert_eq!(bench.ask(asked).await.problem(), (code.0, code.1.to_owned()), "{query}");
    }
}

#[tokio::test]
async fn what_runs_of_a_time_used_is_told() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    let start = json!({ "what": { "type": "definition", "definition": echo("echo") }, "input": { "n": 1 } });
    bench.post("/api/v1/runs", &token, &start).await;
    let usage =
        bench.get("/api/v1/usage?from=2000-01-01T00:00:00Z&to=2999-01-01T00:00:00Z", &token).await;
    assert_eq!(usage["runs"], json!([{ "status": "queued", "count": 1 }]));
    assert_eq!((&usage["cost_micro_usd"], &usage["model_calls"]), (&json!(0), &json!(0)));
    for (query, code) in [
        ("from=2000-01-01T00:00:00Z", (400, "invalid_query")),
        ("from=yesterday&to=2999-01-01T00:00:00Z", (422, "invalid")),
    ] {
        let asked = Asked::new("GET", &format!("/api/v1/usage?{query}")).token(&token);
        assert_eq!(bench.ask(asked).await.problem(), (code.0, code.1.to_owned()), "{query}");
    }
}
