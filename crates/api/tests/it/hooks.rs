//! `/api/v1/hooks` and `/hooks/{token}`.

use gathering_api::{Options, RateLimits};
use gathering_app::signatures::{self, SigningKey};
use gathering_domain::{Clock as _, Role};
use gathering_testkit::Place;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::support::{Asked, Bench, echo};

const HOOKS: &str = "/api/v1/hooks";

/// A hook of an echo, changed by the members of a patch.
async fn made(bench: &Bench, token: &str, change: Value) -> Value {
    let pipeline = bench.post("/api/v1/pipelines", token, &echo("echo")).await;
    let mut body = json!({
        "name": "orders",
        "starts": { "type": "pipeline", "pipeline_id": pipeline["id"] },
        "input": "{{ request.body }}",
    });
    for (name, value) in change.as_object().unwrap() {
        body[name] = value.clone();
    }
    bench.post(HOOKS, token, &body).await
}

fn call(made: &Value, body: &Value) -> Asked {
    Asked::new("POST", made["path"].as_str().unwrap()).json(body)
}

#[tokio::test]
async fn a_hook_is_made_shown_changed_and_removed() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Operator).await;
    let secret = SigningKey::from_bytes([3; 32]).to_text().expose_secret().to_owned();
    let verification = json!({ "type": "standard_webhooks", "secret": secret });
    let mut shown = made(&bench, &token, json!({ "verification": verification })).await;
    let path = format!("{HOOKS}/{}", shown["id"].as_str().unwrap());
    for (name, stands) in [("id", "[id]"), ("token", "[token]"), ("path", "[path]")] {
        shown[name] = json!(stands);
    }
    shown["starts"]["pipeline_id"] = json!("[pipeline]");
    shown["acts_for"]["user_id"] = json!("[user]");
    let wanted = json!({
        "id": "[id]",
        "token": "[token]",
        "path": "[path]",
        "name": "orders",
        "starts": { "type": "pipeline", "pipeline_id": "[pipeline]" },
        "filter": null,
        "input": "{{ request.body }}",
        "verification": { "type": "standard_webhooks" },
        "delivery_id": null,
        "headers": [],
        "answer": { "type": "accepted" },
        "enabled": true,
        "acts_for": { "type": "user", "user_id": "[user]" },
        "counts": { "started": 0, "repeated": 0, "ignored": 0, "refused": 0, "failed": 0 },
        "last_at": null,
        "version": 1,
        "created_at": "2026-01-01T00:00:00.000Z",
        "updated_at": "2026-01-01T00:00:00.000Z",
    });
    assert_eq!(shown, wanted);
    // The secret and the address are told never, and never again.
    let seen = bench.get(&path, &token).await;
    assert!(seen.get("token").is_none() && !seen.to_string().contains(&secret), "{seen}");

    let patch = |version: &str, body: Value| {
        Asked::new("PATCH", &path).token(&token).header("if-match", version).json(&body)
    };
    let stale = bench.ask(patch("7", json!({ "name": "x" }))).await;
    assert_eq!(stale.problem(), (412, "precondition_failed".to_owned()));
    let renamed = bench.ask(patch("1", json!({ "name": "renamed" }))).await.ok();
    assert_eq!(renamed["verification"], json!({ "type": "standard_webhooks" }));
    let of_another_type = json!({ "verification": { "type": "hmac_sha256", "header": "X-Sign" } });
    let secretless = bench.ask(patch("2", of_another_type)).await;
    assert_eq!(secretless.json()["errors"][0]["pointer"], "/verification/secret");
    let open = bench.ask(patch("2", json!({ "verification": { "type": "none" } }))).await.ok();
    assert_eq!((&open["verification"]["type"], &open["version"]), (&json!("none"), &json!(3)));

    let paused = bench.post(&format!("{path}/pause"), &token, &json!({})).await;
    assert_eq!(paused["enabled"], false);
    let rotated = bench.post(&format!("{path}/rotate"), &token, &json!({})).await;
    let refused = bench.ask(call(&rotated, &json!({}))).await;
    assert_eq!(refused.problem(), (409, "hook_paused".to_owned()));
    bench.post(&format!("{path}/resume"), &token, &json!({})).await;
    assert_eq!(bench.ask(call(&rotated, &json!({ "n": 1 }))).await.status.as_u16(), 202);
    bench.ask(Asked::new("DELETE", &path).token(&token)).await.ok();
    let gone = bench.ask(call(&rotated, &json!({}))).await;
    assert_eq!(gone.problem(), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn a_signed_request_has_one_run_and_any_other_none() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Operator).await;
    let key = SigningKey::from_bytes([3; 32]);
    let secret = key.to_text().expose_secret().to_owned();
    let verification = json!({ "type": "standard_webhooks", "secret": secret });
    let made = made(&bench, &token, json!({ "verification": verification })).await;
    let (now, body) = (bench.clock.now(), json!({ "n": 1 }));
    let bytes = call(&made, &body).bytes();
    let at = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let signature = signatures::sign(&[key], "msg_1", now, &bytes[at..]);
    let signed = || {
        call(&made, &body)
            .header("webhook-id", "msg_1")
            .header("webhook-timestamp", &signatures::timestamp(now))
            .header("webhook-signature", &signature)
    };
    let refused = bench.ask(call(&made, &body)).await;
    assert_eq!(refused.problem(), (401, "wrong_signature".to_owned()));
    let first = bench.ask(signed()).await;
    assert_eq!(first.status.as_u16(), 202);
    let first = first.ok();
    assert_eq!(first["status"], "accepted");
    assert_eq!(bench.ask(signed()).await.ok(), first);
    let path = format!("{HOOKS}/{}/deliveries", made["id"].as_str().unwrap());
    let came = bench.get(&path, &token).await;
    let came = came["items"].as_array().unwrap();
    let outcomes: Vec<_> = came.iter().map(|one| one["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["repeated", "started", "refused"]);
    assert_eq!((&came[1]["run_id"], &came[1]["delivery"]), (&first["run_id"], &json!("msg_1")));
    assert_eq!(came[2]["why"]["code"], "wrong_signature");
    assert_eq!(came[0]["address"], "127.0.0.1");
}

#[tokio::test]
async fn a_request_is_seen_as_what_it_is_and_its_run_answers_for_it() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Operator).await;
    let change = json!({
        "input": { "n": "{{ request.body.n | int }}" },
        "filter": "request.query.kind == 'paid'",
        "answer": { "type": "wait", "at_most": "20s" },
    });
    let made = made(&bench, &token, change).await;
    let to = |query: &str| format!("{}?{query}", made["path"].as_str().unwrap());
    let form = |query: &str| {
        Asked::new("POST", &to(query)).body("application/x-www-form-urlencoded", "n=7&x=y")
    };
    let ignored = bench.ask(form("kind=open")).await;
    assert_eq!(ignored.status.as_u16(), 200);
    assert_eq!(ignored.ok(), json!({ "status": "ignored", "run_id": null }));
    let worked = async {
        loop {
            if let Some(run) = bench.claim().await.first().copied() {
                return bench.drive(run).await;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    let (answer, _) = tokio::join!(bench.ask(form("kind=paid")), worked);
    assert_eq!(answer.status.as_u16(), 200);
    assert!(answer.header("gathering-run").starts_with("run_"));
    assert_eq!(answer.ok(), json!({ "answer": 7 }));
    let unseen = bench.ask(Asked::new("POST", &to("")).json(&json!({}))).await;
    assert_eq!(unseen.problem(), (422, "hook_failed".to_owned()));
    let broken = Asked::new("POST", &to("kind=paid")).body("application/json", "{");
    assert_eq!(bench.ask(broken).await.problem(), (400, "invalid_json".to_owned()));
    let large = Asked::new("POST", &to("kind=paid")).body("text/plain", vec![b'x'; 1_048_577]);
    assert_eq!(bench.ask(large).await.problem(), (413, "too_large".to_owned()));
}

#[tokio::test]
async fn requests_to_hooks_have_a_rate_of_their_own() {
    let hook = Some("1/m burst 2".parse().unwrap());
    let rates = RateLimits { hook, ..RateLimits::default() };
    let bench = Bench::open(Place::sqlite(), Options { rates, ..Options::default() }).await;
    let asked = || Asked::new("POST", "/hooks/gth_nobodys");
    for wanted in [404, 404, 429] {
        let answer = bench.ask(asked().header("origin", "https://example.com")).await;
        assert_eq!(answer.status.as_u16(), wanted);
        assert_eq!(answer.header("access-control-allow-origin"), "");
        assert_eq!(answer.header("set-cookie"), "");
    }
}

#[tokio::test]
async fn a_request_beyond_the_projects_quota_is_told_when_to_come_back() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Operator).await;
    let made = made(&bench, &token, json!({})).await;
    let none = json!({ "quotas": { "runs_per_day": 0 } });
    let project = format!("/api/v1/projects/{}", bench.owner.project());
    let set = Asked::new("PATCH", &project).token(&token).json(&none).header("if-match", "\"1\"");
    bench.ask(set).await.ok();
    let refused = bench.ask(call(&made, &json!({ "n": 1 }))).await;
    assert_eq!(refused.problem(), (429, "quota_reached".to_owned()));
    let seconds: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=24 * 3600).contains(&seconds), "{seconds}");
    let path = format!("{HOOKS}/{}/deliveries", made["id"].as_str().unwrap());
    let came = bench.get(&path, &token).await;
    let last = &came["items"][0];
    assert_eq!(
        (&last["outcome"], &last["why"]["code"]),
        (&json!("failed"), &json!("quota_reached"))
    );
}
