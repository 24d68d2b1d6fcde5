//! `/api/v1/system`.

use gathering_domain::Role;
use serde_json::json;

use crate::support::{Bench, echo};

#[tokio::test]
async fn the_server_tells_what_it_is() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Operator).await;
    let info = bench.get("/api/v1/system/info", &token).await;
    assert_eq!(info, json!({ "version": "0.0.0-test", "database": "sqlite", "set_up": true }));
    let instances = bench.get("/api/v1/system/instances", &token).await;
    let instance = &instances["items"][0];
    assert_eq!(instance["id"], bench.instance.to_string());
    assert_eq!((&instance["name"], &instance["alive"]), (&json!("test"), &json!(true)));
    // It did not say more.
    for unsaid in ["version", "address", "room"] {
        assert!(instance[unsaid].is_null(), "{instance}");
    }
    assert_eq!(instance["runs"], 0);
    let start = json!({ "what": { "type": "definition", "definition": echo("echo") }, "input": { "n": 1 } });
    bench.post("/api/v1/runs", &token, &start).await;
    assert_eq!(bench.claim().await.len(), 1);
    let instances = bench.get("/api/v1/system/instances", &token).await;
    assert_eq!(instances["items"][0]["runs"], 1);
    let breakers = bench.get("/api/v1/system/breakers", &token).await;
    assert_eq!(breakers, json!({ "items": [], "next_cursor": null }));
}
