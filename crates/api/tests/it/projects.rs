//! `/api/v1/projects`.

use gathering_domain::Role;
use gathering_testkit::{Place, each_database};
use serde_json::{Value, json};

use crate::support::{Asked, Bench, agent};

const PATH: &str = "/api/v1/projects";

fn names(page: &Value) -> Vec<(&str, &str)> {
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| (item["name"].as_str().unwrap(), item["role"].as_str().unwrap())).collect()
}

each_database! {
    async fn a_project_has_members_and_each_acts_in_their_own(place: Place) {
        let bench = Bench::open(place, gathering_api::Options::default()).await;
        let (operator, member) = (bench.token(Role::Operator).await, bench.token(Role::Member).await);
        let made = bench.ask(Asked::new("POST", PATH).token(&operator).json(&json!({ "name": "Research" }))).await;
        let path = made.header("location").to_owned();
        let made = made.ok();
        assert_eq!((&made["role"], &made["version"]), (&json!("operator"), &json!(1)));
        let project = made["id"].as_str().unwrap();
        let inside = |method: &str, token: &str| {
            Asked::new(method, "/api/v1/agents").token(token).header("gathering-project", project)
        };
        let hidden = bench.ask(inside("GET", &member)).await;
        assert_eq!(hidden.problem(), (404, "not_found".to_owned()));

        let me = bench.get("/api/v1/auth/me", &member).await;
        let user = me["user"]["id"].as_str().unwrap();
        let put = |role: &str| {
            Asked::new("PUT", &format!("{path}/members/{user}")).token(&operator).json(&json!({ "role": role }))
        };
        let too_much = bench.ask(put("owner")).await;
        assert_eq!(too_much.problem(), (422, "invalid".to_owned()));
        assert_eq!(bench.ask(put("viewer")).await.ok()["email"], "member@example.com");
        assert_eq!(names(&bench.get(PATH, &member).await), [("default", "member"), ("Research", "viewer")]);
        bench.ask(inside("GET", &member)).await.ok();
        let looks = bench.ask(inside("POST", &member).json(&agent("helper"))).await;
        assert_eq!(looks.problem(), (403, "forbidden".to_owned()));
        // Of several, one must be named.
        let which = bench.ask(Asked::new("GET", "/api/v1/agents").token(&member)).await;
        assert_eq!(which.problem(), (400, "project_required".to_owned()));
        bench.ask(put("member")).await.ok();
        bench.ask(inside("POST", &member).json(&agent("helper"))).await.ok();
        let members = bench.get(&format!("{path}/members"), &operator).await;
        assert_eq!((&members["items"][0]["user_id"], &members["items"][0]["role"]), (&json!(user), &json!("member")));

        let leave = || Asked::new("DELETE", &format!("{path}/members/{user}")).token(&operator);
        assert_eq!(bench.ask(leave()).await.status, 204);
        assert_eq!(bench.ask(leave()).await.problem(), (404, "not_found".to_owned()));
        assert_eq!(bench.ask(inside("GET", &member)).await.status, 404);
    }
}

#[tokio::test]
async fn a_project_is_renamed_and_closed() {
    let bench = Bench::new().await;
    let operator = bench.token(Role::Operator).await;
    let made = bench.post(PATH, &operator, &json!({ "name": "Research" })).await;
    let path = format!("{PATH}/{}", made["id"].as_str().unwrap());
    let rename = Asked::new("PATCH", &path).token(&operator).header("if-match", "\"1\"");
    let renamed = bench.ask(rename.json(&json!({ "name": "Lab" }))).await;
    assert_eq!((renamed.header("etag"), &renamed.json()["name"]), ("\"2\"", &json!("Lab")));
    let close = || Asked::new("DELETE", &path).token(&operator);
    assert_eq!(bench.ask(close()).await.status, 204);
    assert_eq!(bench.ask(close()).await.problem(), (404, "not_found".to_owned()));
    let closed = bench.get(&path, &operator).await;
    assert!(closed["closed_at"].is_string() && closed["role"].is_null(), "{closed}");
    assert_eq!(names(&bench.get(PATH, &operator).await), [("default", "operator")]);
    let inside = Asked::new("GET", "/api/v1/agents").token(&operator);
    let inside = inside.header("gathering-project", made["id"].as_str().unwrap());
    assert_eq!(bench.ask(inside).await.problem(), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn the_hosts_of_a_project_are_set_kept_and_taken_away() {
    let bench = Bench::new().await;
    let (operator, member) = (bench.token(Role::Operator).await, bench.token(Role::Member).await);
    let home = bench.get(PATH, &member).await["items"][0].clone();
    assert_eq!(home["egress_hosts"], Value::Null);
    let path = format!("{PATH}/{}", home["id"].as_str().unwrap());
    let patch = async |version: u64, token: &str, body: &Value| {
        let asked = Asked::new("PATCH", &path).token(token).json(body);
        bench.ask(asked.header("if-match", &format!("\"{version}\""))).await
    };
    let set = json!({ "egress_hosts": ["*.Example.com", "a.example:8443"] });
    assert_eq!(patch(1, &member, &set).await.problem(), (403, "forbidden".to_owned()));
    let hosts = json!(["*.example.com", "a.example:8443"]);
    assert_eq!(patch(1, &operator, &set).await.ok()["egress_hosts"], hosts);
    // Whoever acts there sees what holds for them.
    assert_eq!(bench.get(&path, &member).await["egress_hosts"], hosts);
    let kept = patch(2, &operator, &json!({})).await.ok();
    assert_eq!((&kept["egress_hosts"], &kept["version"]), (&hosts, &json!(2)));
    for (body, pointer, code) in [
        (json!({ "egress_hosts": ["a.example", "http://b"] }), "/egress_hosts/1", "invalid_host"),
        (json!({ "egress_hosts": "a.example" }), "/egress_hosts", "wrong_type"),
        (json!({ "egress_hosts": [1] }), "/egress_hosts/0", "wrong_type"),
    ] {
        let refused = patch(2, &operator, &body).await;
        assert_eq!(refused.problem(), (422, "invalid".to_owned()), "{body}");
        let fault = &refused.json()["errors"][0];
        assert_eq!((&fault["pointer"], &fault["code"]), (&json!(pointer), &json!(code)), "{body}");
    }
    let stale = patch(1, &operator, &json!({ "egress_hosts": null })).await;
    assert_eq!(stale.problem(), (412, "precondition_failed".to_owned()));
    let free = patch(2, &operator, &json!({ "egress_hosts": null })).await.ok();
    assert_eq!((&free["egress_hosts"], &free["version"]), (&Value::Null, &json!(3)));
}

#[tokio::test]
async fn whoever_belongs_nowhere_sees_no_project_and_may_still_ask() {
    let bench = Bench::new().await;
    let (operator, member) = (bench.token(Role::Operator).await, bench.token(Role::Member).await);
    let home = bench.get(PATH, &operator).await["items"][0]["id"].as_str().unwrap().to_owned();
    let me = bench.get("/api/v1/auth/me", &member).await;
    let own = format!("{PATH}/{home}/members/{}", me["user"]["id"].as_str().unwrap());
    bench.ask(Asked::new("DELETE", &own).token(&operator)).await.ok();
    assert_eq!(bench.get(PATH, &member).await["items"], json!([]));
    let hidden = bench.ask(Asked::new("GET", &format!("{PATH}/{home}")).token(&member)).await;
    assert_eq!(hidden.problem(), (404, "not_found".to_owned()));
    let nowhere = bench.ask(Asked::new("GET", "/api/v1/runs").token(&member)).await;
    assert_eq!(nowhere.problem(), (400, "project_required".to_owned()));
}

#[tokio::test]
async fn quotas_are_set_by_who_changes_projects_and_seen_with_their_use() {
    let bench = Bench::new().await;
    let (operator, member) = (bench.token(Role::Operator).await, bench.token(Role::Member).await);
    let home = bench.get(PATH, &member).await["items"][0].clone();
    let none = json!({ "runs_per_day": null, "artifact_bytes": null });
    assert_eq!((&home["quotas"], home.get("used")), (&none, None));
    let path = format!("{PATH}/{}", home["id"].as_str().unwrap());
    let patch = async |version: u64, token: &str, body: &Value| {
        let asked = Asked::new("PATCH", &path).token(token).json(body);
        bench.ask(asked.header("if-match", &format!("\"{version}\""))).await
    };
    let set = json!({ "quotas": { "runs_per_day": 0 } });
    assert_eq!(patch(1, &member, &set).await.problem(), (403, "forbidden".to_owned()));
    let changed = patch(1, &operator, &set).await.ok();
    assert_eq!(changed["quotas"], json!({ "runs_per_day": 0, "artifact_bytes": null }));
    let seen = bench.get(&path, &member).await;
    assert_eq!(seen["used"], json!({ "runs_today": 0, "artifact_bytes": 0 }));
    let more = patch(2, &operator, &json!({ "quotas": { "artifact_bytes": 7 } })).await.ok();
    assert_eq!(more["quotas"], json!({ "runs_per_day": 0, "artifact_bytes": 7 }));
    for (quotas, pointer, code) in [
        (json!(null), "/quotas", "wrong_type"),
        (json!({ "runs_per_day": -1 }), "/quotas/runs_per_day", "invalid_value"),
        (json!({ "runs_per_day": 1_000_000_001 }), "/quotas/runs_per_day", "too_large"),
    ] {
        let refused = patch(3, &operator, &json!({ "quotas": quotas })).await;
        assert_eq!(refused.problem(), (422, "invalid".to_owned()), "{quotas}");
        let fault = &refused.json()["errors"][0];
        assert_eq!((&fault["pointer"], &fault["code"]), (&json!(pointer), &json!(code)));
    }
    let free = json!({ "quotas": { "runs_per_day": null, "artifact_bytes": null } });
    assert_eq!(patch(3, &operator, &free).await.ok()["quotas"], none);
}
