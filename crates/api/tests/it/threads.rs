//! `/api/v1/threads` and `/api/v1/agents/{agent_id}/threads`.

use gathering_domain::{Role, RunId};
use gathering_engine::Outcome;
use gathering_testkit::{Place, each_database};
use serde_json::{Value, json};

use crate::support::{Asked, Bench, agent};

async fn open(bench: &Bench, token: &str) -> String {
    let helper = bench.post("/api/v1/agents", token, &agent("helper")).await;
    let path = format!("/api/v1/agents/{}/threads", helper["id"].as_str().unwrap());
    let opened =
        bench.ask(Asked::new("POST", &path).token(token).json(&json!({ "title": "Chat" }))).await;
    assert_eq!(opened.status, 201);
    let thread = opened.json();
    let location = opened.header("location").to_owned();
    assert_eq!(bench.get(&location, token).await, thread);
    assert_eq!(bench.get(&path, token).await["items"], json!([thread]));
    assert_eq!(bench.get("/api/v1/threads", token).await["items"], json!([thread]));
    location
}

each_database! {
    async fn a_message_starts_the_turn_that_answers_it(place: Place) {
        let bench = Bench::open(place, gathering_api::Options::default()).await;
        let token = bench.token(Role::Member).await;
        let thread = open(&bench, &token).await;
        let path = format!("{thread}/messages");
        let say = |query: &str| {
            let asked = Asked::new("POST", &format!("{path}{query}")).token(&token);
            asked.header("idempotency-key", "k").json(&json!({ "text": "Hello" }))
        };
        let posted = bench.ask(say("")).await;
        let message = posted.json();
        assert_eq!((posted.status.as_u16(), &message["status"]), (202, &json!("queued")));
        let run: RunId = message["run_id"].as_str().unwrap().parse().unwrap();
        let (answered, ()) = tokio::join!(bench.ask(say("?wait=20s")), async {
            bench.claim().await;
            bench.finish(run, Outcome::succeeded(json!("Hi!"))).await;
        });
        assert_eq!(answered.status, 200);
        let answered = answered.json();
        assert_eq!((&answered["id"], &answered["reply"]), (&message["id"], &json!("Hi!")));
        assert_eq!(bench.get(&path, &token).await["items"], json!([answered]));
        let run = bench.get(&format!("/api/v1/runs/{run}"), &token).await;
        assert_eq!((&run["trigger"], &run["output"]), (&json!("message"), &json!("Hi!")));
    }
}

#[tokio::test]
async fn a_thread_is_seen_by_its_owner_alone() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    let thread = open(&bench, &token).await;
    let other = bench.token(Role::Owner).await;
    for path in [thread.clone(), format!("{thread}/messages")] {
        let asked = bench.ask(Asked::new("GET", &path).token(&other)).await;
        assert_eq!(asked.problem(), (404, "not_found".to_owned()));
    }
    assert_eq!(bench.get("/api/v1/threads", &other).await["items"], json!([]));
}

#[tokio::test]
async fn a_busy_thread_refuses_if_asked_to() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    let path = format!("{}/messages", open(&bench, &token).await);
    let say = |body: Value| Asked::new("POST", &path).token(&token).json(&body);
    bench.ask(say(json!({ "text": "one" }))).await.ok();
    let refused = bench.ask(say(json!({ "text": "two", "busy": "reject" }))).await;
    assert_eq!(refused.problem(), (409, "thread_busy".to_owned()));
    let empty = bench.ask(say(json!({ "text": " " }))).await;
    assert_eq!(empty.json()["errors"][0]["pointer"], "/text");
    let large = bench.ask(say(json!({ "text": "x".repeat(300_000) }))).await;
    assert_eq!(large.problem(), (413, "too_large".to_owned()));
}

#[tokio::test]
async fn only_so_many_messages_wait_in_a_thread() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    let path = format!("{}/messages", open(&bench, &token).await);
    let say = || Asked::new("POST", &path).token(&token).json(&json!({ "text": "more" }));
    for _ in 0..50 {
        assert_eq!(bench.ask(say()).await.status, 202);
    }
    assert_eq!(bench.ask(say()).await.problem(), (409, "limit_reached".to_owned()));
}
