//! `/api/v1/agents`.

use gathering_domain::Role;
use serde_json::{Value, json};

use crate::support::{Asked, Bench, agent};

#[tokio::test]
async fn an_agent_is_made_looked_at_and_removed_and_its_versions_stay() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    let made = bench.post("/api/v1/agents", &token, &agent("helper")).await;
    let path = format!("/api/v1/agents/{}", made["id"].as_str().unwrap());
    assert_eq!(bench.get(&path, &token).await, made);
    assert_eq!((&made["name"], &made["version"]), (&json!("helper"), &json!(1)));
    assert_eq!(made["created_at"], "2026-01-01T00:00:00.000Z");

    let mut other = agent("helper");
    other["persona"] = json!("Kind.");
    let put = Asked::new("PUT", &path).token(&token).header("if-match", "\"1\"").json(&other);
    assert_eq!(bench.ask(put).await.ok()["version"], 2);
    let versions = bench.get(&format!("{path}/versions"), &token).await;
    let numbers: Vec<_> =
        versions["items"].as_array().unwrap().iter().map(|v| &v["number"]).collect();
    assert_eq!(numbers, [2, 1]);

    let taken = bench.ask(Asked::new("POST", "/api/v1/agents").token(&token).json(&other)).await;
    assert_eq!(taken.problem(), (409, "name_taken".to_owned()));
    let gone = bench.ask(Asked::new("DELETE", &path).token(&token)).await;
    assert_eq!((gone.status.as_u16(), gone.body.len()), (204, 0));
    let asked = bench.ask(Asked::new("GET", &path).token(&token)).await;
    assert_eq!(asked.problem(), (404, "not_found".to_owned()));
    let version = format!("/api/v1/agent-versions/{}", made["version_id"].as_str().unwrap());
    let version = bench.get(&version, &token).await;
    assert_eq!((&version["number"], &version["definition"]), (&json!(1), &made["definition"]));
}

#[tokio::test]
async fn all_faults_of_an_agent_are_told_at_once() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    let bad = json!({ "name": "A B", "model": "scripted/demo", "tools": ["none"], "x": 1 });
    let refused = bench.ask(Asked::new("POST", "/api/v1/agents").token(&token).json(&bad)).await;
    assert_eq!(refused.problem(), (422, "invalid".to_owned()));
    assert!(refused.json()["errors"].as_array().unwrap().len() >= 2, "{}", refused.text());
}

#[tokio::test]
async fn a_preview_shows_what_the_model_would_read() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    let made = bench.post("/api/v1/agents", &token, &agent("helper")).await;
    let path = format!("/api/v1/agents/{}/preview", made["id"].as_str().unwrap());
    let preview = bench.post(&path, &token, &json!({ "text": "What now?" })).await;
    assert!(preview["request"].to_string().contains("What now?"), "{preview}");
    assert_eq!(preview["counted"], false);
    assert!(preview["tokens"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn the_number_of_turns_at_work_is_bounded_and_kept() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    let with = |most: Value| {
        let mut helper = agent("helper");
        helper["limits"] = json!({ "concurrent_turns": most });
        helper
    };
    for (most, code) in
        [(json!(0), "minimum"), (json!(10_001), "maximum"), (json!("two"), "wrong_type")]
    {
        let asked = Asked::new("POST", "/api/v1/agents").token(&token).json(&with(most.clone()));
        let refused = bench.ask(asked).await;
        assert_eq!(refused.status, 422, "{most}");
        let fault = &refused.json()["errors"][0];
        assert_eq!(fault["pointer"], "/limits/concurrent_turns");
        assert_eq!(fault["code"], code, "{most}");
    }
    let made = bench.post("/api/v1/agents", &token, &with(json!(2))).await;
    assert_eq!(made["definition"]["limits"]["concurrent_turns"], 2);
}
