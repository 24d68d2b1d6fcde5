//! Sessions and keys over HTTP, on one instance and on two.

use gathering_api::Options;
use gathering_domain::{Duration, Role};
use gathering_testkit::{Place, each_database};
use serde_json::{Value, json};

use crate::support::{Asked, Bench};

const SESSIONS: &str = "/api/v1/auth/sessions";
const KEYS: &str = "/api/v1/api-keys";
const ME: &str = "/api/v1/auth/me";
const SECOND: Duration = Duration::from_secs(1);

fn delete(path: &str, token: &str) -> Asked {
    Asked::new("DELETE", path).token(token)
}

async fn status(bench: &Bench, token: &str) -> u16 {
    bench.ask(Asked::new("GET", ME).token(token)).await.status.as_u16()
}

async fn user_id(bench: &Bench, token: &str) -> String {
    bench.get(ME, token).await["user"]["id"].as_str().unwrap().to_owned()
}

fn key(scopes: &[&str]) -> Value {
    json!({ "name": "nightly build", "scopes": scopes })
}

each_database! {
    async fn sessions_are_listed_and_ended(place: Place) {
        let bench = Bench::open(place, Options::default()).await;
        let [one, two, three] =
            [bench.token(Role::Member).await, bench.token(Role::Member).await, bench.token(Role::Member).await];
        let listed = bench.ask(Asked::new("GET", SESSIONS).token(&two)).await.ok();
        let current: Vec<_> = listed["items"].as_array().unwrap().iter().map(|it| &it["current"]).collect();
        assert_eq!(current, [false, true, false]);
        assert_eq!(listed["items"][0]["address"], "127.0.0.1");
        let first = listed["items"][0]["id"].as_str().unwrap();
        assert_eq!(bench.ask(delete(&format!("{SESSIONS}/{first}"), &two)).await.status, 204);
        assert_eq!((status(&bench, &one).await, status(&bench, &three).await), (401, 200));
        assert_eq!(bench.ask(delete(SESSIONS, &two)).await.status, 204);
        assert_eq!((status(&bench, &two).await, status(&bench, &three).await), (200, 401));

        let owner = bench.token(Role::Owner).await;
        let theirs = format!("/api/v1/users/{}/sessions", user_id(&bench, &two).await);
        let listed = bench.get(&theirs, &owner).await;
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
        let last = format!("{theirs}/{}", listed["items"][0]["id"].as_str().unwrap());
        assert_eq!(bench.ask(delete(&last, &owner)).await.status, 204);
        assert_eq!(bench.ask(delete(&last, &owner)).await.problem().0, 404);
        assert_eq!(status(&bench, &two).await, 401);
        let again = bench.token(Role::Member).await;
        assert_eq!(bench.ask(delete(&theirs, &owner)).await.status, 204);
        assert_eq!(status(&bench, &again).await, 401);
    }

    async fn a_key_lets_a_program_in_for_what_it_is_made_for(place: Place) {
        let bench = Bench::open(place, Options::default()).await;
        let token = bench.token(Role::Member).await;
        let made = bench.post(KEYS, &token, &key(&["run_start", "read"])).await;
        let program = made["token"].as_str().unwrap();
        assert!(program.starts_with("gtk_"));
        let me = bench.get(ME, program).await;
        assert_eq!(me["credential"], json!({ "type": "api_key", "key_id": made["id"] }));
        assert_eq!((&me["scopes"], &me["permissions"]), (&json!(["read", "run_start"]), &json!(["read", "run_start"])));
        assert_eq!(me["project"]["id"], made["project_id"]);
        assert_eq!((&me["role"], &me["server_role"]), (&json!("member"), &json!("member")));
        let create = Asked::new("POST", "/api/v1/agents").token(program);
        let beyond = bench.ask(create.json(&crate::support::agent("helper"))).await;
        assert_eq!(beyond.problem(), (403, "forbidden".to_owned()));
        let needs = Asked::new("GET", SESSIONS).token(program);
        assert_eq!(bench.ask(needs).await.problem(), (403, "session_required".to_owned()));
        let elsewhere = Asked::new("GET", ME).token(program);
        let elsewhere = elsewhere.header("gathering-project", "prj_00000000000000000000000000000009");
        assert_eq!(bench.ask(elsewhere).await.problem(), (404, "not_found".to_owned()));

        let listed = bench.ask(Asked::new("GET", KEYS).token(&token)).await;
        assert!(!listed.text().contains(program), "it is told once");
        assert_eq!(listed.json()["items"][0]["hint"], &program[..12]);
        let mut events = bench.events("/api/v1/events", program, None).await;
        let path = format!("{KEYS}/{}", made["id"].as_str().unwrap());
        assert_eq!(bench.ask(delete(&path, &token)).await.status, 204);
        assert_eq!(events.next().await.unwrap().data["code"], "unauthenticated");
        assert_eq!(status(&bench, program).await, 401);
    }

    async fn a_stream_by_a_key_ends_when_that_expires(place: Place) {
        let bench = Bench::open(place, Options::default()).await;
        let token = bench.token(Role::Member).await;
        let body = json!({ "name": "ci", "scopes": ["read"], "expires_at": "2026-01-02T00:00:00Z" });
        let made = bench.post(KEYS, &token, &body).await;
        let mut events = bench.events("/api/v1/events", made["token"].as_str().unwrap(), None).await;
        bench.pass(Duration::from_secs(24 * 3600));
        // It looks by itself every half minute, and when it is told that rights have changed.
        let id = user_id(&bench, &token).await;
        bench.storage.database().notify("gathering_rights", &id).await.unwrap();
        assert_eq!(events.next().await.unwrap().data["code"], "unauthenticated");
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_made_is_refused_by_name() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    for (body, status, code) in [
        (key(&["user_write"]), 403, "forbidden"),
        (key(&[]), 422, "invalid"),
        (key(&["fly"]), 422, "invalid"),
        (json!({ "name": "ci" }), 422, "invalid"),
        (json!({ "name": "", "scopes": ["read"] }), 422, "invalid"),
        (json!({ "name": "ci", "scopes": ["read"], "expires_at": "tomorrow" }), 422, "invalid"),
        (
            json!({ "name": "ci", "scopes": ["read"], "expires_at": "2025-01-01T00:00:00Z" }),
            422,
            "invalid",
        ),
        (
            json!({ "name": "ci", "scopes": ["read"], "expires_at": "2027-02-01T00:00:00Z" }),
            422,
            "invalid",
        ),
        (json!({ "name": "ci", "scopes": ["read"], "for": "x" }), 422, "invalid"),
    ] {
        let asked = Asked::new("POST", KEYS).token(&token).json(&body);
        assert_eq!(bench.ask(asked).await.problem(), (status, code.to_owned()), "{body}");
    }
}

#[tokio::test]
async fn what_one_instance_revokes_no_other_admits_a_second_later() {
    let one = Bench::open(Place::postgres().await, Options::default()).await;
    let other = one.beside().await;
    let token = one.token(Role::Member).await;
    let made = one.post(KEYS, &token, &key(&["read"])).await;
    let (program, id) = (made["token"].as_str().unwrap(), made["id"].as_str().unwrap());
    let mut events = other.events("/api/v1/events", program, None).await;
    let second = one.token(Role::Member).await;
    for bench in [&one, &other] {
        for token in [program, &second] {
            assert_eq!(status(bench, token).await, 200);
        }
    }
    assert_eq!(one.ask(delete(&format!("{KEYS}/{id}"), &token)).await.status, 204);
    assert_eq!(events.next().await.unwrap().data["code"], "unauthenticated");
    assert_eq!(one.ask(delete(SESSIONS, &token)).await.status, 204);
    for token in [program, &second] {
        assert_eq!(status(&one, token).await, 401);
    }
    other.pass(SECOND);
    for token in [program, &second] {
        assert_eq!(status(&other, token).await, 401);
    }
    assert_eq!(status(&other, &token).await, 200);
}
