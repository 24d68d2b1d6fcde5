//! Starting runs.

use std::time::Duration;

use gathering_api::Options;
use gathering_domain::Role;
use gathering_testkit::{Place, each_database};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::support::{Asked, Bench, agent, echo};

each_database! {
    async fn a_run_is_accepted_and_waited_for(place: Place) {
        let bench = Bench::open(place, Options::default()).await;
        let token = bench.token(Role::Member).await;
        let pipeline = bench.post("/api/v1/pipelines", &token, &echo("echo")).await;
        let path = format!("/api/v1/pipelines/{}/runs", pipeline["id"].as_str().unwrap());
        let accepted = bench.ask(Asked::new("POST", &path).token(&token)
            .json(&json!({ "input": { "n": 7 } }))).await;
        let run = accepted.json();
        assert_eq!(accepted.status, 202);
        let id = run["id"].as_str().unwrap();
        assert_eq!(accepted.header("location"), format!("/api/v1/runs/{id}"));
        assert_eq!((&run["status"], &run["title"]), (&json!("queued"), &json!("echo")));
        assert_eq!(run["pipeline_version_id"], pipeline["version_id"]);

        let key = ("idempotency-key", "k");
        let start = |wait: &str| {
            let asked = Asked::new("POST", &format!("{path}?wait={wait}")).token(&token);
            asked.header(key.0, key.1).json(&json!({ "input": { "n": 8 } }))
        };
        // Nobody works on it: the wait is over first.
        let waited = bench.ask(start("10ms")).await;
        let waited_run = waited.json();
        assert_eq!((waited.status.as_u16(), &waited_run["status"]), (202, &json!("queued")));
        let id = waited_run["id"].as_str().unwrap().parse().unwrap();
        let (ended, _) = tokio::join!(bench.ask(start("20s")), async {
            bench.claim().await;
            bench.drive(id).await
        });
        assert_eq!(ended.status, 200);
        let ended = ended.json();
        assert_eq!((&ended["status"], &ended["id"]), (&json!("succeeded"), &waited_run["id"]));
        assert_eq!(ended["output"], json!({ "answer": 8 }));
    }
}

#[tokio::test]
async fn without_a_place_to_wait_the_answer_comes_at_once() {
    let options = Options { waits: 0, ..Options::default() };
    let bench = Bench::open(Place::sqlite(), options).await;
    let token = bench.token(Role::Member).await;
    let asked = Asked::new("POST", "/api/v1/runs?wait=20s").token(&token);
    let what = json!({ "type": "definition", "definition": echo("e") });
    let asked = bench.ask(asked.json(&json!({ "what": what, "input": { "n": 1 } })));
    let answer = tokio::time::timeout(Duration::from_secs(10), asked).await.unwrap();
    assert_eq!((answer.status.as_u16(), &answer.json()["status"]), (202, &json!("queued")));
}

#[tokio::test]
async fn a_run_of_a_definition_that_came_along_is_pinned_to_it() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    let body = json!({
        "what": { "type": "definition", "definition": echo("loose") },
        "input": { "n": 1 },
        "limits": { "timeout": "10m", "cost_micro_usd": 5_000, "attempts": 9 },
    });
    let run = bench.post("/api/v1/runs", &token, &body).await;
    assert_eq!(run["pipeline_id"], Value::Null);
    let path = format!("/api/v1/runs/{}", run["id"].as_str().unwrap());
    let whole = bench.get(&path, &token).await;
    let mut shown = whole.clone();
    for key in ["id", "root_id", "project_id", "pipeline_version_id"] {
        assert!(shown[key].is_string(), "{key}");
        shown[key] = json!("[id]");
    }
    shown["actor"]["user_id"] = json!("[id]");
    assert_json_snapshot!(shown, @r#"
    {
      "actor": {
        "type": "user",
        "user_id": "[id]"
      },
      "agent_id": null,
      "agent_version_id": null,
      "budget": {
        "limit_micro_usd": 5000,
        "on_cost": "fail",
        "spent_micro_usd": 0
      },
      "cancel_requested": false,
      "created_at": "2026-01-01T00:00:00.000Z",
      "ended_at": null,
      "entries": 1,
      "error": null,
      "id": "[id]",
      "input": {
        "n": 1
      },
      "machine": "pipeline",
      "output": null,
      "parent_id": null,
      "pipeline_id": null,
      "pipeline_version_id": "[id]",
      "priority": 0,
      "project_id": "[id]",
      "retry_of": null,
      "root_id": "[id]",
      "started_at": null,
      "status": "queued",
      "title": "loose",
      "trigger": "manual",
      "usage": {
        "cache_read_tokens": 0,
        "cache_write_tokens": 0,
        "cost_micro_usd": 0,
        "input_tokens": 0,
        "model_calls": 0,
        "output_tokens": 0,
        "reasoning_tokens": 0,
        "tool_calls": 0,
        "unpriced_calls": 0
      },
      "waiting": null,
      "wake_at": null
    }
    "#);
    let version = whole["pipeline_version_id"].as_str().unwrap();
    let version = bench.get(&format!("/api/v1/pipeline-versions/{version}"), &token).await;
    assert_eq!(version["definition"]["name"], "loose");
}

#[tokio::test]
async fn whatever_can_run_is_started_in_one_place() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    let helper = bench.post("/api/v1/agents", &token, &agent("helper")).await;
    let pipeline = bench.post("/api/v1/pipelines", &token, &echo("echo")).await;
    for (what, input, machine) in [
        (json!({ "type": "pipeline", "pipeline_id": pipeline["id"] }), json!({}), "pipeline"),
        (json!({ "type": "pipeline_named", "name": "echo" }), json!({ "n": 1 }), "pipeline"),
        (
            json!({ "type": "agent", "agent_id": helper["id"] }),
            json!({ "task": "Do." }),
            "agent_turn",
        ),
    ] {
        let body = json!({ "what": what, "input": input });
        let run = bench.post("/api/v1/runs", &token, &body).await;
        assert_eq!(run["machine"], machine, "{what}");
    }
    for (what, input, status, code) in [
        (json!({ "type": "pipeline_named", "name": "none" }), json!({}), 404, "not_found"),
        (json!({ "type": "pipeline_named", "name": "echo" }), json!({ "n": "x" }), 422, "invalid"),
        (json!({ "type": "agent", "agent_id": helper["id"] }), json!("Do."), 422, "invalid"),
        (json!({ "type": "definition", "definition": {} }), json!({}), 422, "invalid"),
    ] {
        let body = json!({ "what": what, "input": input });
        let asked = Asked::new("POST", "/api/v1/runs").token(&token).json(&body);
        assert_eq!(bench.ask(asked).await.problem(), (status, code.to_owned()), "{what}");
    }
    let what = json!({ "type": "pipeline_named", "name": "echo" });
    for (extra, pointer) in [
        (json!({ "model": "no-slash" }), "/model"),
        (json!({ "limits": { "cost_micro_usd": -1 } }), "/limits/cost_micro_usd"),
        (json!({ "limits": { "timeout": "soon" } }), "/limits/timeout"),
        (json!({ "priority": 101 }), "/priority"),
        (json!({ "priority": -101 }), "/priority"),
        (json!({ "priority": "high" }), "/priority"),
        (json!({ "priority": 1.5 }), "/priority"),
    ] {
        let mut body = extra.clone();
        body["what"] = what.clone();
        let asked = Asked::new("POST", "/api/v1/runs").token(&token).json(&body);
        assert_eq!(bench.ask(asked).await.json()["errors"][0]["pointer"], pointer, "{extra}");
    }
}

#[tokio::test]
async fn a_request_says_which_run_goes_first_or_else_the_definition() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    let mut urgent = echo("urgent");
    urgent["priority"] = json!(50);
    let pipeline = bench.post("/api/v1/pipelines", &token, &urgent).await;
    let path = format!("/api/v1/pipelines/{}/runs", pipeline["id"].as_str().unwrap());
    let what = json!({ "type": "pipeline", "pipeline_id": pipeline["id"] });
    let helper = bench.post("/api/v1/agents", &token, &agent("helper")).await;
    let turn = json!({ "what": { "type": "agent", "agent_id": helper["id"] },
                       "input": { "task": "Do." }, "priority": 7 });
    let with = |mut body: Value| {
        body["input"] = json!({ "n": 1 });
        body
    };
    for (path, body, priority) in [
        (path.as_str(), with(json!({})), 50),
        (path.as_str(), with(json!({ "priority": -100 })), -100),
        (path.as_str(), with(json!({ "priority": 0 })), 0),
        ("/api/v1/runs", with(json!({ "what": what })), 50),
        ("/api/v1/runs", with(json!({ "what": what, "priority": 100 })), 100),
        ("/api/v1/runs", turn, 7),
    ] {
        let run = bench.post(path, &token, &body).await;
        assert_eq!(run["priority"], priority, "{body}");
        let run = bench.get(&format!("/api/v1/runs/{}", run["id"].as_str().unwrap()), &token).await;
        assert_eq!(run["priority"], priority, "{body}");
    }
    // The same key with another priority is another request.
    let keyed = |priority: i64| {
        let asked = Asked::new("POST", &path).token(&token).header("idempotency-key", "k");
        asked.json(&with(json!({ "priority": priority })))
    };
    let first = bench.ask(keyed(3)).await.ok();
    assert_eq!(bench.ask(keyed(3)).await.ok()["id"], first["id"]);
    assert_eq!(bench.ask(keyed(4)).await.problem(), (409, "idempotency_mismatch".to_owned()));
}

#[tokio::test]
async fn what_is_out_of_range_is_refused_with_its_place() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    let pipeline = bench.post("/api/v1/pipelines", &token, &echo("echo")).await;
    let path = format!("/api/v1/pipelines/{}/runs", pipeline["id"].as_str().unwrap());
    for (body, pointer) in [
        (json!({ "priority": 1_000 }), "/priority"),
        (json!({ "limits": { "attempts": 0 } }), "/limits/attempts"),
        (json!({ "limits": { "attempts": u64::MAX } }), "/limits/attempts"),
        (json!({ "limits": { "cost_micro_usd": -1 } }), "/limits/cost_micro_usd"),
    ] {
        let refused = bench.ask(Asked::new("POST", &path).token(&token).json(&body)).await;
        assert_eq!(refused.problem(), (422, "invalid".to_owned()), "{body}");
        assert_eq!(refused.json()["errors"][0]["pointer"], pointer);
        assert_eq!(refused.json()["errors"][0]["code"], "out_of_range");
    }
}

#[tokio::test]
async fn an_input_may_be_larger_than_other_bodies() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    let mut free = echo("free");
    free.as_object_mut().unwrap().remove("inputs");
    let start = |bytes: usize| {
        let what = json!({ "type": "definition", "definition": free });
        let body = json!({ "what": what, "input": { "n": "x".repeat(bytes) } });
        Asked::new("POST", "/api/v1/runs").token(&token).json(&body)
    };
    assert_eq!(bench.ask(start(2 * 1024 * 1024)).await.status, 202);
    for bytes in [8 * 1024 * 1024, 10 * 1024 * 1024] {
        assert_eq!(bench.ask(start(bytes)).await.problem(), (413, "too_large".to_owned()));
    }
}
