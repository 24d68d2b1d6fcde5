//! `/api/v1/auth`.

use gathering_domain::{Duration, Role};
use gathering_testkit::{Place, each_database};
use insta::{allow_duplicates, assert_json_snapshot};
use serde_json::json;

use crate::support::{Asked, Bench, PASSWORD};

fn owner(token: &str) -> Asked {
    let body = json!({
        "token": token, "email": "Ada@Example.com", "name": "Ada", "password": PASSWORD,
    });
    Asked::new("POST", "/api/v1/auth/setup").json(&body)
}

each_database! {
    async fn the_first_owner_sets_up_signs_in_and_out(place: Place) {
        let bench = Bench::open(place, gathering_api::Options::default()).await;
        let link = bench.setup_token().await;
        let made = bench.ask(owner(&link)).await;
        assert_eq!(made.status, 201);
        let token = made.json()["token"].as_str().unwrap().to_owned();
        assert!(token.starts_with("gts_"), "{token}");
        let mut shown = made.json();
        shown["token"] = json!("[token]");
        // One program may run this on both databases.
        allow_duplicates! {
            assert_json_snapshot!(shown, @r#"
            {
              "expires_at": "2026-01-31T00:00:00.000Z",
              "token": "[token]",
              "user": {
                "active": true,
                "created_at": "2026-01-01T00:00:00.000Z",
                "email": "ada@example.com",
                "id": "usr_00000000000000000000000000000003",
                "name": "Ada",
                "role": "owner",
                "version": 1
              }
            }
            "#);
        }
        let again = bench.ask(owner(&link)).await;
        assert_eq!(again.problem(), (409, "setup_done".to_owned()));

        let me = bench.get("/api/v1/auth/me", &token).await;
        assert_eq!((&me["role"], &me["actor"]["type"]), (&json!("owner"), &json!("user")));

        let login = json!({ "email": "ada@example.com", "password": PASSWORD });
        let login = bench.ask(Asked::new("POST", "/api/v1/auth/login").json(&login)).await;
        assert_eq!(login.status, 200);
        let second = login.json()["token"].as_str().unwrap().to_owned();
        let out = bench.ask(Asked::new("POST", "/api/v1/auth/logout").token(&token)).await;
        assert_eq!((out.status.as_u16(), out.body.len()), (204, 0));
        let gone = bench.ask(Asked::new("GET", "/api/v1/auth/me").token(&token)).await;
        assert_eq!(gone.problem(), (401, "unauthenticated".to_owned()));
        assert_eq!(bench.get("/api/v1/auth/me", &second).await["role"], "owner");
    }
}

#[tokio::test]
async fn an_unknown_account_and_a_wrong_password_are_answered_alike() {
    let bench = Bench::new().await;
    bench.token(Role::Member).await;
    let mut answers = Vec::new();
    for (email, password) in [("member@example.com", "wrong"), ("nobody@example.com", PASSWORD)] {
        let body = json!({ "email": email, "password": password });
        let answer = bench.ask(Asked::new("POST", "/api/v1/auth/login").json(&body)).await;
        assert_eq!(answer.problem(), (401, "wrong_credentials".to_owned()));
        let mut body = answer.json();
        body["request_id"].take();
        answers.push(body);
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn a_session_ends_by_itself() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    bench.get("/api/v1/auth/me", &token).await;
    bench.pass(Duration::from_secs(31 * 24 * 3600));
    let late = bench.ask(Asked::new("GET", "/api/v1/auth/me").token(&token)).await;
    assert_eq!(late.problem(), (401, "unauthenticated".to_owned()));
}

#[tokio::test]
async fn set_up_names_what_is_wrong_with_the_owner_and_keeps_the_link() {
    let bench = Bench::new().await;
    let link = bench.setup_token().await;
    let body = json!({ "token": link, "email": "no address", "name": "Ada", "password": "short" });
    let refused = bench.ask(Asked::new("POST", "/api/v1/auth/setup").json(&body)).await;
    assert_eq!(refused.problem(), (422, "invalid".to_owned()));
    let pointers: Vec<_> = refused.json()["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| fault["pointer"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(pointers, ["/email", "/password"]);
    assert_eq!(bench.ask(owner(&link)).await.status, 201);
    assert!(bench.app.identity().setup_link().await.unwrap().is_none());
}

#[tokio::test]
async fn a_link_is_worth_nothing_once_there_is_a_user() {
    let bench = Bench::new().await;
    let link = bench.setup_token().await;
    bench.token(Role::Owner).await;
    assert_eq!(bench.ask(owner(&link)).await.problem(), (409, "setup_done".to_owned()));
}

#[tokio::test]
async fn a_flood_of_sign_ins_is_told_to_come_back() {
    let bench = Bench::new().await;
    let body = json!({ "email": "nobody@example.com", "password": "wrong" });
    let asked = Asked::new("POST", "/api/v1/auth/login").json(&body);
    let flood = (0..100).map(|_| bench.ask(asked.clone()));
    let answers = futures::future::join_all(flood).await;
    let busy: Vec<_> = answers.iter().filter(|answer| answer.status == 503).collect();
    assert!(!busy.is_empty());
    for answer in &busy {
        // Some find no place, others one at the end of a queue that is full.
        let (_, code) = answer.problem();
        assert!(["overloaded", "busy"].contains(&code.as_str()), "{code}");
        assert!(answer.header("retry-after").parse::<u64>().unwrap() > 0);
    }
    let tried = answers.iter().filter(|answer| answer.status == 401).count();
    assert_eq!(tried + busy.len(), 100);
    assert_eq!(bench.ask(Asked::new("GET", "/healthz")).await.status, 200);
}
