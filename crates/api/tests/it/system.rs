//! `/api/v1/system`.

use gathering_domain::Role;
use serde_json::json;

use crate::support::Bench;

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
    assert!(instance["version"].is_null() && instance["address"].is_null(), "{instance}");
    let breakers = bench.get("/api/v1/system/breakers", &token).await;
    assert_eq!(breakers, json!({ "items": [], "next_cursor": null }));
}
