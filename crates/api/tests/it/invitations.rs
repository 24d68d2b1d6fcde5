//! `/api/v1/invitations`, and how they are accepted.

use gathering_domain::Role;
use gathering_testkit::{Place, each_database};
use serde_json::{Value, json};

use crate::support::{Asked, Bench, PASSWORD};

const PATH: &str = "/api/v1/invitations";

fn accept(token: &Value) -> Asked {
    let body = json!({ "token": token, "name": "Grace", "password": PASSWORD });
    Asked::new("POST", "/api/v1/auth/accept").json(&body)
}

each_database! {
    async fn whoever_is_invited_comes_in_once(place: Place) {
        let bench = Bench::open(place, gathering_api::Options::default()).await;
        let owner = bench.token(Role::Owner).await;
        let home = bench.get("/api/v1/projects", &owner).await["items"][0]["id"].clone();
        let invite = json!({
            "email": "Grace@Example.com", "role": "member", "expires_in_seconds": 86_400,
            "projects": [{ "project_id": home, "role": "viewer" }],
        });
        let asked = Asked::new("POST", PATH).token(&owner).header("idempotency-key", "k");
        let made = bench.ask(asked.clone().json(&invite)).await;
        assert_eq!(made.status, 201);
        let made = made.json();
        let token = made["token"].as_str().unwrap();
        assert!(token.starts_with("gti_"), "{token}");
        assert_eq!(made["url"], format!("/#invite={token}"));
        assert_eq!(made["expires_at"], "2026-01-02T00:00:00.000Z");

        let again = bench.ask(asked.json(&invite)).await;
        assert_eq!(again.status, 201);
        let mut without = made.clone();
        (without["token"], without["url"]) = (Value::Null, Value::Null);
        assert_eq!(again.json(), without);
        let listed = bench.ask(Asked::new("GET", PATH).token(&owner)).await;
        assert_eq!(listed.json()["items"][0]["email"], "grace@example.com");
        assert!(!listed.text().contains("gti_"), "{}", listed.text());

        let accepted = bench.ask(accept(&made["token"])).await;
        assert_eq!(accepted.status, 201);
        let session = accepted.json()["token"].as_str().unwrap().to_owned();
        let me = bench.get("/api/v1/auth/me", &session).await;
        assert_eq!((&me["role"], &me["user"]["role"]), (&json!("viewer"), &json!("member")));
        let again = bench.ask(accept(&made["token"])).await;
        assert_eq!(again.problem(), (401, "wrong_invitation".to_owned()));
        let taken = bench.ask(Asked::new("POST", PATH).token(&owner).json(&invite)).await;
        assert_eq!(taken.problem(), (409, "name_taken".to_owned()));
    }
}

#[tokio::test]
async fn an_invitation_is_taken_back() {
    let bench = Bench::new().await;
    let owner = bench.token(Role::Owner).await;
    let invite = json!({ "email": "grace@example.com", "role": "viewer" });
    let made = bench.post(PATH, &owner, &invite).await;
    let path = format!("{PATH}/{}", made["id"].as_str().unwrap());
    let delete = || Asked::new("DELETE", &path).token(&owner);
    assert_eq!(bench.ask(delete()).await.status, 204);
    assert_eq!(bench.ask(delete()).await.problem(), (404, "not_found".to_owned()));
    let late = bench.ask(accept(&made["token"])).await;
    assert_eq!(late.problem(), (401, "wrong_invitation".to_owned()));
}

#[tokio::test]
async fn only_owners_invite() {
    let bench = Bench::new().await;
    let operator = bench.token(Role::Operator).await;
    let invite = json!({ "email": "grace@example.com", "role": "owner" });
    let refused = bench.ask(Asked::new("POST", PATH).token(&operator).json(&invite)).await;
    assert_eq!(refused.problem(), (403, "forbidden".to_owned()));
}

#[tokio::test]
async fn a_weak_password_leaves_the_invitation_open() {
    let bench = Bench::new().await;
    let owner = bench.token(Role::Owner).await;
    let invite = json!({ "email": "grace@example.com", "role": "viewer" });
    let made = bench.post(PATH, &owner, &invite).await;
    let weak = json!({ "token": made["token"], "name": "Grace", "password": "short" });
    let weak = bench.ask(Asked::new("POST", "/api/v1/auth/accept").json(&weak)).await;
    assert_eq!(weak.json()["errors"][0]["pointer"], "/password");
    assert_eq!(bench.ask(accept(&made["token"])).await.status, 201);
}
