//! `/api/v1/audit`, and what is told of refusals.

use gathering_app::audit::{Trust, verify_file};
use gathering_domain::Role;
use serde_json::{Value, json};

use crate::support::{Asked, Bench};

/// The trail's entries of an action, the latest first.
async fn of(bench: &Bench, token: &str, action: &str) -> Vec<Value> {
    let page = bench.get(&format!("/api/v1/audit?limit=200&action={action}"), token).await;
    page["items"].as_array().unwrap().iter().map(|item| item["entry"].clone()).collect()
}

#[tokio::test]
async fn a_change_over_http_is_recorded_with_its_request() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Owner).await;
    let put = Asked::new("PUT", "/api/v1/secrets/PAGER").token(&token);
    let answer = bench.ask(put.json(&json!({ "value": "hunter2-hunter2" }))).await;
    assert_eq!(answer.status, 200);
    let entries = of(&bench, &token, "secret.put").await;
    let [entry] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!(entry["target"], json!({ "type": "secret", "name": "PAGER" }));
    assert_eq!(entry["request_id"], answer.header("x-request-id"));
    assert_eq!(entry["address"], "127.0.0.1");
    assert!(entry["session_id"].is_string() && entry["actor"]["user_id"].is_string(), "{entry}");
    assert!(!entry.to_string().contains("hunter2"));

    let none = "/api/v1/audit?from=2000-01-01T00:00:00Z&to=2000-01-02T00:00:00Z";
    assert_eq!(bench.get(none, &token).await["items"], json!([]));
    for bad in ["action=user.promote", "outcome=good", "from=yesterday", "actor=ada", "x=1"] {
        let asked = Asked::new("GET", &format!("/api/v1/audit?{bad}")).token(&token);
        let (status, code) = bench.ask(asked).await.problem();
        assert!(status == 400 || status == 422, "{bad}: {status} {code}");
    }
}

#[tokio::test]
async fn refusals_of_callers_and_of_tokens_are_recorded_once() {
    let bench = Bench::new().await;
    let owner = bench.token(Role::Owner).await;
    let viewer = bench.token(Role::Viewer).await;
    for _ in 0..3 {
        let refused = bench.ask(Asked::new("GET", "/api/v1/audit").token(&viewer)).await;
        assert_eq!(refused.problem(), (403, "forbidden".to_owned()));
        let forged = bench.ask(Asked::new("GET", "/api/v1/audit").token("gts_forged")).await;
        assert_eq!(forged.status, 401);
        // Whoever shows nothing is not refused anything.
        assert_eq!(bench.ask(Asked::new("GET", "/api/v1/agents")).await.status, 401);
    }
    let entries = of(&bench, &owner, "access.refuse").await;
    let codes: Vec<_> = entries.iter().map(|entry| &entry["detail"]["code"]).collect();
    assert_eq!(codes, ["unauthenticated", "forbidden"], "{entries:?}");
    let refused = &entries[1];
    assert_eq!(refused["target"], json!({ "type": "route", "name": "GET /api/v1/audit" }));
    assert_eq!(refused["detail"]["permission"], "audit_read");
    assert_eq!(
        (&refused["outcome"], &refused["address"]),
        (&json!("refused"), &json!("127.0.0.1"))
    );
    assert!(refused["actor"]["user_id"].is_string(), "{refused}");
    assert_eq!(entries[0]["actor"], Value::Null);
}

#[tokio::test]
async fn whoever_names_a_project_of_others_is_told_nothing_and_the_trail_is() {
    let bench = Bench::new().await;
    let owner = bench.token(Role::Owner).await;
    let member = bench.token(Role::Member).await;
    let made = bench.post("/api/v1/projects", &owner, &json!({ "name": "apart" })).await;
    let apart = made["id"].as_str().unwrap();
    let key = json!({ "name": "ci", "scopes": ["read"] });
    let key = bench.post("/api/v1/api-keys", &member, &key).await;
    let key = key["token"].as_str().unwrap();
    let ask = |path: &str, token: &str| Asked::new("GET", path).token(token);
    let none = "prj_00000000000000000000000000000404";
    for (token, header, path) in [
        (member.as_str(), Some(apart), "/api/v1/agents".to_owned()),
        (&member, None, format!("/api/v1/projects/{apart}")),
        (key, Some(apart), "/api/v1/runs".to_owned()),
        (key, None, format!("/api/v1/projects/{apart}")),
    ] {
        let asked = ask(&path, token);
        let asked = header.iter().fold(asked, |asked, id| asked.header("gathering-project", id));
        assert_eq!(bench.ask(asked).await.problem(), (404, "not_found".to_owned()), "{path}");
    }
    // Whoever acts everywhere is refused nothing: it is not there.
    let asked = ask("/api/v1/agents", &owner).header("gathering-project", none);
    assert_eq!(bench.ask(asked).await.status, 404);

    let entries = of(&bench, &owner, "access.refuse").await;
    let told: Vec<_> = entries.iter().map(|entry| entry["target"]["name"].clone()).collect();
    // The key is the member's: the same person, route and reason count as one.
    let routes = ["GET /api/v1/runs", "GET /api/v1/projects/{project_id}", "GET /api/v1/agents"];
    assert_eq!(told, routes, "{entries:?}");
    for entry in &entries {
        assert_eq!(entry["detail"], json!({ "code": "not_found", "project": apart }));
        assert!(entry["actor"]["user_id"].is_string(), "{entry}");
        assert_eq!(entry["address"], "127.0.0.1");
    }
    assert!(entries[0]["api_key_id"].is_string() && entries[2]["session_id"].is_string());
}

#[tokio::test]
async fn the_trail_is_verified_where_it_is_and_as_a_file() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Operator).await;
    let verify = Asked::new("POST", "/api/v1/audit/verify").token(&token);
    let report = bench.ask(verify).await.ok();
    assert_eq!((&report["sound"], &report["faults"]), (&json!(true), &json!([])), "{report}");
    assert!(report["entries"].as_u64().unwrap() >= 2, "{report}");
    let ask =
        |query: &str| Asked::new("POST", &format!("/api/v1/audit/verify?{query}")).token(&token);
    let export = bench.ask(Asked::new("GET", "/api/v1/audit/export").token(&token)).await;
    assert_eq!(export.header("content-type"), "application/x-ndjson");
    let report = verify_file(export.text().as_bytes(), Trust::default()).unwrap();
    assert!(report.sound && report.unsealed == 0, "{report:?}");
    assert_eq!(of(&bench, &token, "audit.export").await.len(), 1);
    let (key, checkpoint) = (&report.keys[0], report.last_checkpoint.as_ref().unwrap());
    let held = bench.ask(ask(&format!("key={key}&checkpoint={checkpoint}"))).await.ok();
    assert_eq!(held["sound"], json!(true), "{held}");
    let other = "0".repeat(64);
    for (query, kind) in
        [(format!("key={other}"), "key"), (format!("checkpoint=1:{other}"), "unlike")]
    {
        let found = bench.ask(ask(&query)).await.ok();
        assert_eq!(found["faults"][0]["kind"], kind, "{found}");
    }
    for bad in ["key=short", "checkpoint=one", "checkpoint=%2B1:00", "x=1"] {
        assert_eq!(bench.ask(ask(bad)).await.problem().0 / 100, 4, "{bad}");
    }
    let bad = Asked::new("GET", "/api/v1/audit/export?from=soon").token(&token);
    assert_eq!(bench.ask(bad).await.problem().1, "invalid");
}
