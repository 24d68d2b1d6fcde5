//! What holds for all routes: ids of requests, headers, versions, pages, idempotency keys.

use gathering_domain::Role;
use gathering_testkit::{Place, each_database};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::support::{Asked, Bench, agent, echo};

#[tokio::test]
async fn every_answer_names_its_request() {
    let bench = Bench::new().await;
    let answer = bench.ask(Asked::new("GET", "/healthz").header("x-request-id", "mine-1.2")).await;
    assert_eq!(answer.header("x-request-id"), "mine-1.2");
    for insane in ["a b", "a\"b", "", &"x".repeat(65)] {
        let answer = bench.ask(Asked::new("GET", "/nothing").header("x-request-id", insane)).await;
        assert!(answer.header("x-request-id").starts_with("req_"), "{insane}");
        assert_eq!(answer.problem(), (404, "unknown_route".to_owned()));
    }
}

#[tokio::test]
async fn a_problem_has_one_shape() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Owner).await;
    let asked = Asked::new("GET", "/api/v1/agents/agt_00000000000000000000000000000009");
    let answer = bench.ask(asked.token(&token).header("x-request-id", "mine")).await;
    assert_json_snapshot!(answer.json(), @r#"
    {
      "code": "not_found",
      "detail": "there is no agent `agt_00000000000000000000000000000009`",
      "request_id": "mine",
      "status": 404,
      "title": "Not found",
      "type": "/api/errors/not_found"
    }
    "#);
    let body = json!({ "model": "scripted/demo" });
    let asked = Asked::new("POST", "/api/v1/providers").token(&token);
    let answer = bench.ask(asked.header("x-request-id", "mine").json(&body)).await;
    assert_json_snapshot!(answer.json(), @r#"
    {
      "code": "invalid",
      "detail": "the body cannot be used, at line 1 column 8",
      "errors": [
        {
          "code": "unknown_field",
          "message": "unknown field `model`, expected one of `name`, `kind`, `base_url`, `key_secret`, `default_model`, `options`",
          "pointer": "/model"
        }
      ],
      "request_id": "mine",
      "status": 422,
      "title": "What was given cannot be used",
      "type": "/api/errors/invalid"
    }
    "#);
}

#[tokio::test]
async fn every_answer_is_protected() {
    let bench = Bench::new().await;
    for path in ["/", "/style.css", "/healthz", "/api/docs/", "/api/openapi.json", "/nothing"] {
        let answer = bench.ask(Asked::new("GET", path)).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
    }
}

each_database! {
    async fn a_stale_change_is_refused_and_an_unversioned_one_is_not_tried(place: Place) {
        let bench = Bench::open(place, gathering_api::Options::default()).await;
        let token = bench.token(Role::Member).await;
        let made = bench.ask(Asked::new("POST", "/api/v1/agents").token(&token)
            .json(&agent("helper"))).await;
        assert_eq!((made.status.as_u16(), made.header("etag")), (201, "\"1\""));
        let path = made.header("location").to_owned();
        assert_eq!(path, format!("/api/v1/agents/{}", made.json()["id"].as_str().unwrap()));

        let change = |version: Option<&str>, body: Value| {
            let asked = Asked::new("PATCH", &path).token(&token);
            match version {
                Some(version) => asked.header("if-match", version).json(&body),
                None => asked.json(&body),
            }
        };
        let persona = json!({ "persona": "Kind." });
        let unversioned = bench.ask(change(None, persona.clone())).await;
        assert_eq!(unversioned.problem(), (428, "precondition_required".to_owned()));
        let changed = bench.ask(change(Some("\"1\""), persona)).await;
        assert_eq!((changed.status.as_u16(), changed.header("etag")), (200, "\"2\""));
        let definition = changed.json()["definition"].clone();
        assert_eq!(definition["persona"], "Kind.");
        assert_eq!(definition["instructions"], "Help.");
        let stale = bench.ask(change(Some("\"1\""), json!({ "persona": "Stern." }))).await;
        assert_eq!(stale.problem(), (412, "precondition_failed".to_owned()));
        let removed = bench.ask(change(Some("\"2\""), json!({ "persona": null }))).await.ok();
        assert_eq!(removed["definition"], made.json()["definition"]);
        assert_eq!(bench.ask(Asked::new("GET", &path).token(&token)).await.header("etag"), "\"3\"");
    }

    async fn pages_join_to_the_whole_list(place: Place) {
        let bench = Bench::open(place, gathering_api::Options::default()).await;
        let token = bench.token(Role::Member).await;
        let mut made = Vec::new();
        for n in 0..5 {
            let agent = bench.post("/api/v1/agents", &token, &agent(&format!("a{n}"))).await;
            made.push(agent["id"].clone());
        }
        let mut read = Vec::new();
        let mut path = "/api/v1/agents?limit=2".to_owned();
        let mut pages = 0;
        loop {
            let page = bench.get(&path, &token).await;
            read.extend(page["items"].as_array().unwrap().iter().map(|agent| agent["id"].clone()));
            pages += 1;
            match page["next_cursor"].as_str() {
                Some(cursor) => path = format!("/api/v1/agents?limit=2&cursor={cursor}"),
                None => break,
            }
        }
        assert_eq!((pages, read), (3, made));
    }

    async fn a_repeated_start_answers_the_first_run(place: Place) {
        let bench = Bench::open(place, gathering_api::Options::default()).await;
        let token = bench.token(Role::Member).await;
        let pipeline = bench.post("/api/v1/pipelines", &token, &echo("echo")).await;
        let path = format!("/api/v1/pipelines/{}/runs", pipeline["id"].as_str().unwrap());
        let start = |key: &str, n: u32| {
            let asked = Asked::new("POST", &path).token(&token).header("idempotency-key", key);
            asked.json(&json!({ "input": { "n": n } }))
        };
        let first = bench.ask(start("k-1", 1)).await;
        assert_eq!(first.status, 202);
        let again = bench.ask(start("k-1", 1)).await;
        assert_eq!((again.status.as_u16(), again.json()), (202, first.json()));
        let other = bench.ask(start("k-1", 2)).await;
        assert_eq!(other.problem(), (409, "idempotency_mismatch".to_owned()));
        assert_eq!(bench.ask(start("a key", 2)).await.problem(), (422, "invalid".to_owned()));
        bench.ask(start("k-2", 2)).await.ok();
        let runs = bench.get("/api/v1/runs", &token).await;
        assert_eq!(runs["items"].as_array().unwrap().len(), 2);
    }

    async fn a_repeated_creation_answers_what_the_first_made_as_it_was(place: Place) {
        let bench = Bench::open(place, gathering_api::Options::default()).await;
        let token = bench.token(Role::Owner).await;
        let helper = bench.post("/api/v1/agents", &token, &agent("helper")).await;
        let threads = format!("/api/v1/agents/{}/threads", helper["id"].as_str().unwrap());
        let provider = |name: &str| json!({ "name": name, "kind": "openai", "options": {} });
        for (path, body, other, list) in [
            ("/api/v1/agents", agent("one"), agent("two"), "/api/v1/agents"),
            ("/api/v1/pipelines", echo("one"), echo("two"), "/api/v1/pipelines"),
            ("/api/v1/providers", provider("one"), provider("two"), "/api/v1/providers"),
            (&threads, json!({ "title": "one" }), json!({ "title": "two" }), "/api/v1/threads"),
        ] {
            let count = async || bench.get(list, &token).await["items"].as_array().unwrap().len();
            let before = count().await;
            let make = |body: &Value| {
                let asked = Asked::new("POST", path).token(&token);
                asked.header("idempotency-key", "same").json(body)
            };
            let first = bench.ask(make(&body)).await;
            assert_eq!(first.status, 201, "{path}: {}", first.text());
            let location = first.header("location").to_owned();
            bench.pass(gathering_domain::Duration::from_secs(60));
            let again = bench.ask(make(&body)).await;
            assert_eq!((again.status.as_u16(), again.json()), (201, first.json()), "{path}");
            for header in ["location", "etag"] {
                assert_eq!(again.header(header), first.header(header), "{path}");
            }
            let mismatch = (409, "idempotency_mismatch".to_owned());
            assert_eq!(bench.ask(make(&other)).await.problem(), mismatch, "{path}");
            assert_eq!(count().await, before + 1, "{path}");
            let bad = Asked::new("POST", path).token(&token).header("idempotency-key", "a key");
            assert_eq!(bench.ask(bad.json(&other)).await.problem().1, "invalid", "{path}");
            let twice = make(&other).header("idempotency-key", "more");
            assert_eq!(bench.ask(twice).await.problem().1, "invalid_header", "{path}");

            // What became of the thing since is not what the first request was told.
            let gone = Asked::new("DELETE", &location).token(&token);
            if bench.ask(gone).await.status == 204 {
                let again = bench.ask(make(&body)).await;
                assert_eq!((again.status.as_u16(), again.json()), (201, first.json()), "{path}");
                assert_eq!(count().await, before, "{path}");
            }
        }
    }

    async fn nobody_meets_what_is_another_s_by_their_key(place: Place) {
        let bench = Bench::open(place, gathering_api::Options::default()).await;
        let [owner, member] = [bench.token(Role::Owner).await, bench.token(Role::Member).await];
        let helper = bench.post("/api/v1/agents", &owner, &agent("helper")).await;
        let path = format!("/api/v1/agents/{}/threads", helper["id"].as_str().unwrap());
        let open = |token: &str| {
            let asked = Asked::new("POST", &path).token(token).header("idempotency-key", "k");
            asked.json(&json!({ "title": "mine" }))
        };
        bench.ask(open(&owner)).await.ok();
        let other = bench.ask(open(&member)).await;
        assert_eq!(other.problem(), (409, "idempotency_mismatch".to_owned()));
    }

    async fn of_requests_with_one_key_at_once_one_makes_and_all_are_answered_alike(place: Place) {
        let bench = Bench::open(place, gathering_api::Options::default()).await;
        let token = bench.token(Role::Owner).await;
        let make = || {
            let asked = Asked::new("POST", "/api/v1/agents").token(&token);
            bench.ask(asked.header("idempotency-key", "k").json(&agent("helper")))
        };
        let answers = futures::future::join_all((0..8).map(|_| make())).await;
        let first = answers[0].json();
        for answer in &answers {
            assert_eq!((answer.status.as_u16(), answer.json()), (201, first.clone()));
        }
        let listed = bench.get("/api/v1/agents", &token).await;
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    }
}

/// What makes nothing that a list would show twice: a one-time link is used once, a sign-in makes a session
/// that is its own answer, the newest link for a password takes the place of the others, a request to a
/// hook is known by the id of its delivery, and the rest only look.
const MAKES_NOTHING_TWICE: [&str; 11] = [
    "/api/v1/audit/verify",
    "/api/v1/auth/accept",
    "/api/v1/auth/reset",
    "/api/v1/auth/setup",
    "/api/v1/users/{user_id}/password-link",
    "/api/v1/auth/login",
    "/api/v1/auth/logout",
    "/api/v1/agents/{agent_id}/preview",
    "/api/v1/pipelines/validate",
    "/api/v1/schedules/preview",
    "/hooks/{token}",
];

/// What asks for a state that it can only come to once: repeated, it is refused or changes nothing.
const IS_DONE_ONCE: [&str; 13] = [
    "/api/v1/auth/password",
    "/api/v1/approvals/{approval_id}/decide",
    "/api/v1/providers/{name}/test",
    "/api/v1/runs/{run_id}/budget",
    "/api/v1/runs/{run_id}/cancel",
    "/api/v1/runs/{run_id}/settle",
    "/api/v1/runs/{run_id}/signal",
    "/api/v1/hooks/{hook_id}/pause",
    "/api/v1/hooks/{hook_id}/resume",
    "/api/v1/schedules/{schedule_id}/pause",
    "/api/v1/schedules/{schedule_id}/resume",
    "/api/v1/triggers/{trigger_id}/pause",
    "/api/v1/triggers/{trigger_id}/resume",
];

/// What sends something to somebody each time it is asked to, for that is what is asked.
const SENDS_EACH_TIME: [&str; 3] = [
    "/api/v1/channels/{channel_id}/test",
    "/api/v1/webhooks/{webhook_id}/test",
    "/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver",
];

/// What answers with something that is told once and never stored: it cannot be told again for a key.
const TELLS_ONCE: [&str; 3] =
    ["/api/v1/api-keys", "/api/v1/hooks/{hook_id}/rotate", "/api/v1/webhooks/{webhook_id}/rotate"];

#[test]
fn every_request_that_makes_something_takes_an_idempotency_key() {
    let description = serde_json::to_value(gathering_api::openapi()).unwrap();
    for (path, item) in description["paths"].as_object().unwrap() {
        let Some(post) = item.get("post") else { continue };
        let parameters = post["parameters"].as_array().map_or(&[][..], Vec::as_slice);
        let takes = parameters.iter().any(|parameter| parameter["name"] == "Idempotency-Key");
        let needs_none = [&MAKES_NOTHING_TWICE[..], &IS_DONE_ONCE, &SENDS_EACH_TIME, &TELLS_ONCE]
            .concat()
            .contains(&path.as_str());
        assert_ne!(takes, needs_none, "{path}");
        let refuses = post["responses"].to_string().contains("`idempotency_mismatch`");
        let calls = path == "/api/v1/tools/{name}/invoke";
        assert_eq!(refuses, takes && !calls, "{path}");
    }
}

#[tokio::test]
async fn a_panic_is_an_answer_that_tells_nothing() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Owner).await;
    let body = json!({ "name": "bad", "kind": "panicking" });
    let asked = Asked::new("POST", "/api/v1/providers").token(&token).json(&body);
    let answer = bench.ask(asked).await;
    assert_eq!(answer.problem(), (500, "internal".to_owned()));
    assert!(!answer.text().contains("broke off"), "{}", answer.text());
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(bench.ask(Asked::new("GET", "/readyz")).await.status, 200);
}
