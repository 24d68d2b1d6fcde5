//! `/api/v1/users`, and what people change of themselves.

use gathering_domain::Role;
use gathering_testkit::{Place, each_database};
use serde_json::{Value, json};

use crate::support::{Asked, Bench, PASSWORD};

const OTHER: &str = "another horse battery";

/// The path of the user who holds the token.
async fn path_of(bench: &Bench, token: &str) -> String {
    let me = bench.get("/api/v1/auth/me", token).await;
    format!("/api/v1/users/{}", me["user"]["id"].as_str().unwrap())
}

fn change(path: &str, token: &str, version: u64, body: &Value) -> Asked {
    let asked = Asked::new("PATCH", path).token(token);
    asked.header("if-match", &format!("\"{version}\"")).json(body)
}

each_database! {
    async fn an_owner_changes_a_role_and_the_sessions_of_its_user_end(place: Place) {
        let bench = Bench::open(place, gathering_api::Options::default()).await;
        let (owner, member) = (bench.token(Role::Owner).await, bench.token(Role::Member).await);
        let path = path_of(&bench, &member).await;
        let listed = bench.get("/api/v1/users", &owner).await;
        assert_eq!(listed["items"].as_array().unwrap().len(), 2);
        let shown = bench.ask(Asked::new("GET", &path).token(&owner)).await;
        assert_eq!(shown.header("etag"), "\"1\"");

        let demote = json!({ "role": "viewer", "name": "Grace" });
        let stale = bench.ask(change(&path, &owner, 7, &demote)).await;
        assert_eq!(stale.problem(), (412, "precondition_failed".to_owned()));
        let blind = bench.ask(Asked::new("PATCH", &path).token(&owner).json(&demote)).await;
        assert_eq!(blind.problem(), (428, "precondition_required".to_owned()));
        let changed = bench.ask(change(&path, &owner, 1, &demote)).await;
        assert_eq!(changed.header("etag"), "\"2\"");
        let changed = changed.ok();
        assert_eq!((&changed["role"], &changed["name"]), (&json!("viewer"), &json!("Grace")));
        let ended = bench.ask(Asked::new("GET", "/api/v1/auth/me").token(&member)).await;
        assert_eq!(ended.problem(), (401, "unauthenticated".to_owned()));
    }

    async fn a_forgotten_password_is_mended_by_a_link(place: Place) {
        let bench = Bench::open(place, gathering_api::Options::default()).await;
        let (owner, member) = (bench.token(Role::Owner).await, bench.token(Role::Member).await);
        let path = format!("{}/password-link", path_of(&bench, &member).await);
        let made = bench.ask(Asked::new("POST", &path).token(&owner)).await;
        assert_eq!(made.status, 201);
        let link = made.json();
        let token = link["token"].as_str().unwrap();
        assert!(token.starts_with("gtp_"), "{token}");
        assert_eq!(link["url"], format!("/#reset={token}"));
        let reset = json!({ "token": token, "password": OTHER });
        let reset = Asked::new("POST", "/api/v1/auth/reset").json(&reset);
        let signed_in = bench.ask(reset.clone()).await.ok();
        assert_eq!(signed_in["user"]["email"], "member@example.com");
        let again = bench.ask(reset).await;
        assert_eq!(again.problem(), (401, "wrong_password_link".to_owned()));
        for (password, status) in [(PASSWORD, 401), (OTHER, 200)] {
            let login = json!({ "email": "member@example.com", "password": password });
            let login = bench.ask(Asked::new("POST", "/api/v1/auth/login").json(&login)).await;
            assert_eq!(login.status, status);
        }
        let ended = bench.ask(Asked::new("GET", "/api/v1/auth/me").token(&member)).await;
        assert_eq!(ended.status, 401);
    }
}

#[tokio::test]
async fn an_operator_sees_people_and_changes_none() {
    let bench = Bench::new().await;
    let operator = bench.token(Role::Operator).await;
    let path = path_of(&bench, &operator).await;
    assert_eq!(bench.get(&path, &operator).await["role"], "operator");
    let promote = bench.ask(change(&path, &operator, 1, &json!({ "role": "owner" }))).await;
    assert_eq!(promote.problem(), (403, "forbidden".to_owned()));
    let delete = bench.ask(Asked::new("DELETE", &path).token(&operator)).await;
    assert_eq!(delete.problem(), (405, "method_not_allowed".to_owned()));
}

#[tokio::test]
async fn people_change_their_own_name_and_nothing_else_of_themselves() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Viewer).await;
    let change = |body: Value| Asked::new("PATCH", "/api/v1/auth/me").token(&token).json(&body);
    let me = bench.ask(change(json!({ "name": "Grace" }))).await.ok();
    assert_eq!((&me["user"]["name"], &me["user"]["version"]), (&json!("Grace"), &json!(2)));
    let promote = bench.ask(change(json!({ "name": "Grace", "role": "owner" }))).await;
    assert_eq!(promote.problem(), (422, "invalid".to_owned()));
    let nameless = bench.ask(change(json!({ "name": "" }))).await;
    assert_eq!(nameless.json()["errors"][0]["pointer"], "/name");
}
