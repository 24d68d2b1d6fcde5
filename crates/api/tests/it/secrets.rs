//! `/api/v1/secrets`.

use gathering_domain::Role;
use serde_json::json;

use crate::support::{Asked, Bench};

#[tokio::test]
async fn a_secret_is_written_and_never_read_back() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Operator).await;
    let put = |body| Asked::new("PUT", "/api/v1/secrets/PAGER").token(&token).json(&body);
    let value = "hunter2-hunter2";
    let stored = bench.ask(put(json!({ "value": value, "hosts": ["api.example.com"] }))).await;
    assert_eq!(stored.status, 200);
    let listed = bench.ask(Asked::new("GET", "/api/v1/secrets").token(&token)).await;
    for answer in [&stored, &listed] {
        assert!(!answer.text().contains(value), "{}", answer.text());
    }
    assert_eq!(listed.json()["items"][0]["name"], "PAGER");
    assert_eq!(listed.json()["items"][0]["hosts"], json!(["api.example.com"]));

    let large = bench.ask(put(json!({ "value": "x".repeat(20_000) }))).await;
    assert_eq!(large.problem(), (413, "too_large".to_owned()));
    let no_name = Asked::new("PUT", "/api/v1/secrets/A-B").token(&token);
    let no_name = bench.ask(no_name.json(&json!({ "value": value }))).await;
    assert_eq!(no_name.json()["errors"][0]["pointer"], "/name");
    assert!(!no_name.text().contains(value));
    let wrong = bench.ask(put(json!({ "value": 7_777_777 }))).await;
    assert_eq!(wrong.problem(), (422, "invalid".to_owned()));
    assert!(!wrong.text().contains("7777777"), "{}", wrong.text());
}

#[tokio::test]
async fn a_secret_that_a_provider_needs_stays() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Operator).await;
    let put = Asked::new("PUT", "/api/v1/secrets/KEY").token(&token);
    bench.ask(put.json(&json!({ "value": "sk" }))).await.ok();
    let provider = json!({ "name": "cloud", "kind": "openai", "key_secret": "KEY" });
    bench.post("/api/v1/providers", &token, &provider).await;
    let delete = || Asked::new("DELETE", "/api/v1/secrets/KEY").token(&token);
    assert_eq!(bench.ask(delete()).await.problem(), (409, "in_use".to_owned()));
    bench.ask(Asked::new("DELETE", "/api/v1/providers/cloud").token(&token)).await.ok();
    assert_eq!(bench.ask(delete()).await.status, 204);
    assert_eq!(bench.ask(delete()).await.problem(), (404, "not_found".to_owned()));
}
