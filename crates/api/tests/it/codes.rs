//! Every code of the API, provoked by a request.

use std::collections::{BTreeMap, BTreeSet};

use gathering_api::{Options, RateLimits, Site};
use gathering_domain::{Clock as _, Duration, Failure, Role};
use gathering_engine::{LedgerState, Outcome};
use gathering_testkit::Place;
use serde_json::{Value, json};

use crate::{
    approvals::request,
    runs::begin,
    support::{Answer, Asked, Bench, Connection, PASSWORD, agent, echo},
};

/// Codes that no route of this version can give.
const UNREACHABLE: [&str; 1] = ["session_required"];

const AGENTS: &str = "/api/v1/agents";
const LOGIN: &str = "/api/v1/auth/login";

/// The codes that answers have had.
struct Seen {
    documented: BTreeMap<&'static str, u16>,
    codes: BTreeSet<String>,
}

impl Seen {
    /// Notes an answer, which must be the problem that the code stands for.
    fn note(&mut self, code: &str, answer: &Answer) {
        let status = self.documented[code];
        assert_eq!(answer.problem(), (status, code.to_owned()));
        self.codes.insert(code.to_owned());
    }
}

#[tokio::test]
async fn every_code_is_the_answer_to_some_request() {
    let documented = gathering_api::error_codes().map(|(code, status, _)| (code, status)).collect();
    let mut seen = Seen { documented, codes: BTreeSet::new() };
    heads_and_bodies(&mut seen).await;
    bodies_that_do_not_come(&mut seen).await;
    too_often(&mut seen).await;
    people(&mut seen).await;
    things(&mut seen).await;
    conversations(&mut seen).await;
    runs(&mut seen).await;
    hooks(&mut seen).await;
    quotas(&mut seen).await;
    states_of_the_server(&mut seen).await;
    let reachable = seen.documented.keys().copied().filter(|code| !UNREACHABLE.contains(code));
    let never: Vec<_> = reachable.filter(|code| !seen.codes.contains(*code)).collect();
    assert_eq!(never, [""; 0]);
}

async fn heads_and_bodies(seen: &mut Seen) {
    let bench = Bench::new().await;
    let token = bench.token(Role::Owner).await;
    let post = |body: &str| Asked::new("POST", AGENTS).body("application/json", body);
    let get = |path: &str| Asked::new("GET", path);
    let latin = Asked::new("POST", AGENTS).body("text/plain", "a");
    let not_utf8 = Asked::new("POST", AGENTS).body("application/json", [0xff, 0x7b]);
    let events = get("/api/v1/events").header("last-event-id", "x");
    let helper = format!("{AGENTS}/agt_00000000000000000000000000000009");
    for (code, asked) in [
        ("invalid_header", events),
        ("invalid_json", post("{")),
        ("invalid_path", get("/api/v1/agents/agt_1")),
        ("invalid_query", get("/api/v1/runs?limit=many")),
        ("not_utf8", not_utf8),
        ("too_deep", post(&"[".repeat(1_000))),
        ("too_large", post(&"x".repeat(2 * 1024 * 1024))),
        ("unsupported_media_type", latin),
        ("invalid", post("[1]")),
        ("not_found", get(&helper)),
        ("unknown_route", get("/api/v1/nothing")),
        ("method_not_allowed", Asked::new("DELETE", AGENTS)),
        ("uri_too_long", get(&format!("{AGENTS}?cursor={}", "x".repeat(9_000)))),
        ("headers_too_large", get(AGENTS).header("x-more", &"x".repeat(33_000))),
        ("upgrade_required", get("/api/v1/ws")),
        ("precondition_required", Asked::new("PATCH", &helper).json(&json!({}))),
    ] {
        seen.note(code, &bench.ask(asked.token(&token)).await);
    }
    let panicking = json!({ "name": "bad", "kind": "panicking" });
    let asked = Asked::new("POST", "/api/v1/providers").token(&token).json(&panicking);
    seen.note("internal", &bench.ask(asked).await);
}

async fn bodies_that_do_not_come(seen: &mut Seen) {
    let options = Options { body_time: Duration::from_millis(50), ..Options::default() };
    let bench = Bench::open(Place::sqlite(), options).await;
    let head = b"POST /api/v1/auth/login HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\
        content-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    let mut slow = Connection::open(&bench.address).await;
    slow.send(head).await;
    seen.note("slow_body", &slow.answer().await);
    let mut cut = Connection::open(&bench.address).await;
    cut.send(head).await;
    cut.close_sending().await;
    seen.note("incomplete_body", &cut.answer().await);
}

async fn too_often(seen: &mut Seen) {
    let rates = RateLimits { no_token: Some("1/h".parse().unwrap()), ..RateLimits::default() };
    let bench = Bench::open(Place::sqlite(), Options { rates, ..Options::default() }).await;
    bench.ask(Asked::new("GET", AGENTS)).await;
    seen.note("too_many_requests", &bench.ask(Asked::new("GET", AGENTS)).await);
}

async fn quotas(seen: &mut Seen) {
    let bench = Bench::new().await;
    let token = bench.token(Role::Operator).await;
    let pipeline = bench.post("/api/v1/pipelines", &token, &echo("echo")).await;
    let home = bench.get("/api/v1/projects", &token).await["items"][0].clone();
    let project = format!("/api/v1/projects/{}", home["id"].as_str().unwrap());
    let none = json!({ "quotas": { "runs_per_day": 0 } });
    let set = Asked::new("PATCH", &project).token(&token).json(&none).header("if-match", "\"1\"");
    bench.ask(set).await.ok();
    let runs = format!("/api/v1/pipelines/{}/runs", pipeline["id"].as_str().unwrap());
    let start = Asked::new("POST", &runs).token(&token).json(&json!({ "input": {} }));
    seen.note("quota_reached", &bench.ask(start).await);
}

async fn hooks(seen: &mut Seen) {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    let pipeline = bench.post("/api/v1/pipelines", &token, &echo("echo")).await;
    let starts = json!({ "type": "pipeline", "pipeline_id": pipeline["id"] });
    let hook = json!({ "name": "h", "starts": starts, "filter": "request.body.x",
        "verification": { "type": "hmac_sha256", "header": "x-sign", "secret": "key" } });
    let made = bench.post("/api/v1/hooks", &token, &hook).await;
    let path = made["path"].as_str().unwrap();
    let call = || {
        Asked::new("POST", path).body("text/plain", "The quick brown fox jumps over the lazy dog")
    };
    seen.note("wrong_signature", &bench.ask(call()).await);
    let digits = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8";
    seen.note("hook_failed", &bench.ask(call().header("x-sign", digits)).await);
    let pause = format!("/api/v1/hooks/{}/pause", made["id"].as_str().unwrap());
    bench.post(&pause, &token, &json!({})).await;
    seen.note("hook_paused", &bench.ask(call()).await);
}

async fn people(seen: &mut Seen) {
    let bench = Bench::new().await;
    let link = bench.setup_token().await;
    let setup = |link: &str| {
        let body =
            json!({ "token": link, "email": "a@example.com", "name": "A", "password": PASSWORD });
        Asked::new("POST", "/api/v1/auth/setup").json(&body)
    };
    seen.note("wrong_setup_link", &bench.ask(setup("gts_wrong")).await);
    let viewer = bench.token(Role::Viewer).await;
    seen.note("setup_done", &bench.ask(setup(&link)).await);
    let wrong = json!({ "email": "viewer@example.com", "password": "wrong" });
    seen.note("wrong_credentials", &bench.ask(Asked::new("POST", LOGIN).json(&wrong)).await);
    let planted = json!({ "email": "viewer@example.com", "password": PASSWORD, "cookie": true });
    let planted = Asked::new("POST", LOGIN).json(&planted).header("sec-fetch-site", "cross-site");
    seen.note("csrf_failed", &bench.ask(planted).await);
    let create = Asked::new("POST", AGENTS).json(&agent("helper"));
    seen.note("unauthenticated", &bench.ask(create.clone()).await);
    seen.note("forbidden", &bench.ask(create.token(&viewer)).await);
    let member = bench.token(Role::Member).await;
    let key = json!({ "name": "ci", "scopes": ["read"] });
    let made = bench.post("/api/v1/api-keys", &member, &key).await;
    let sessions =
        Asked::new("GET", "/api/v1/auth/sessions").token(made["token"].as_str().unwrap());
    seen.note("session_required", &bench.ask(sessions).await);
    invited(seen, &bench).await;
}

async fn invited(seen: &mut Seen, bench: &Bench) {
    let by_link = |what: &str| {
        let mut body = json!({ "token": "gti_wrong", "password": PASSWORD });
        if what == "accept" {
            body["name"] = "A".into();
        }
        Asked::new("POST", &format!("/api/v1/auth/{what}")).json(&body)
    };
    seen.note("wrong_invitation", &bench.ask(by_link("accept")).await);
    seen.note("wrong_password_link", &bench.ask(by_link("reset")).await);
    let owner = bench.token(Role::Owner).await;
    let me = bench.get("/api/v1/auth/me", &owner).await;
    let own = format!("/api/v1/users/{}", me["user"]["id"].as_str().unwrap());
    let demote = Asked::new("PATCH", &own).token(&owner).header("if-match", "\"1\"");
    let demoted = bench.ask(demote.json(&json!({ "role": "viewer" }))).await;
    seen.note("last_owner", &demoted);
    let nowhere = json!({ "email": "n@example.com", "role": "member", "projects": [] });
    let link = bench.post("/api/v1/invitations", &owner, &nowhere).await;
    let accept = json!({ "token": link["token"], "name": "N", "password": PASSWORD });
    let nowhere = bench.ask(Asked::new("POST", "/api/v1/auth/accept").json(&accept)).await.ok();
    let token = nowhere["token"].as_str().unwrap();
    seen.note("project_required", &bench.ask(Asked::new("GET", AGENTS).token(token)).await);
}

async fn things(seen: &mut Seen) {
    let bench = Bench::new().await;
    let token = bench.token(Role::Operator).await;
    let create = |name: &str| {
        Asked::new("POST", AGENTS)
            .token(&token)
            .header("idempotency-key", name)
            .json(&agent("helper"))
    };
    let made = bench.ask(create("one")).await;
    let path = made.header("location").to_owned();
    seen.note("name_taken", &bench.ask(create("two")).await);
    let change = Asked::new("PATCH", &path).token(&token).header("if-match", "\"7\"");
    let stale = bench.ask(change.json(&json!({ "persona": "Kind." }))).await;
    seen.note("precondition_failed", &stale);
    let again = Asked::new("POST", AGENTS).token(&token).header("idempotency-key", "one");
    seen.note("idempotency_mismatch", &bench.ask(again.json(&agent("another"))).await);

    let secret = Asked::new("PUT", "/api/v1/secrets/KEY").token(&token);
    bench.ask(secret.json(&json!({ "value": "refused" }))).await.ok();
    let provider = json!({ "name": "cloud", "kind": "openai" });
    bench.post("/api/v1/providers", &token, &provider).await;
    let keyed = Asked::new("PATCH", "/api/v1/providers/cloud").token(&token);
    let keyed = keyed.header("if-match", "\"1\"").json(&json!({ "key_secret": "KEY" }));
    bench.ask(keyed).await.ok();
    let models = Asked::new("GET", "/api/v1/providers/cloud/models").token(&token);
    seen.note("upstream_failed", &bench.ask(models).await);
    let delete = Asked::new("DELETE", "/api/v1/secrets/KEY").token(&token);
    seen.note("in_use", &bench.ask(delete).await);
}

async fn conversations(seen: &mut Seen) {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    let helper = bench.post(AGENTS, &token, &agent("helper")).await;
    let threads = format!("{AGENTS}/{}/threads", helper["id"].as_str().unwrap());
    let thread = bench.post(&threads, &token, &json!({ "title": "Chat" })).await;
    let path = format!("/api/v1/threads/{}/messages", thread["id"].as_str().unwrap());
    let say = |body: Value| Asked::new("POST", &path).token(&token).json(&body);
    bench.ask(say(json!({ "text": "one" }))).await.ok();
    let refused = bench.ask(say(json!({ "text": "two", "busy": "reject" }))).await;
    seen.note("thread_busy", &refused);
    let mut last = bench.ask(say(json!({ "text": "more" }))).await;
    for _ in 0..50 {
        last = bench.ask(say(json!({ "text": "more" }))).await;
    }
    seen.note("limit_reached", &last);
}

async fn runs(seen: &mut Seen) {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    let act =
        |id: &str, act: &str| Asked::new("POST", &format!("/api/v1/runs/{id}/{act}")).token(&token);
    let [(well, _), (failed, _), (unknown, _), (asking, _)] = [
        begin(&bench, &token, 1).await,
        begin(&bench, &token, 2).await,
        begin(&bench, &token, 3).await,
        begin(&bench, &token, 4).await,
    ];
    let raise = |id: &str, cost: i64| act(id, "budget").json(&json!({ "cost_micro_usd": cost }));
    seen.note("no_budget", &bench.ask(raise(&well.to_string(), 5)).await);
    let mut definition = echo("budgeted");
    definition["limits"] = json!({ "cost": 0.5 });
    let what = json!({ "type": "definition", "definition": definition });
    let budgeted =
        bench.post("/api/v1/runs", &token, &json!({ "what": what, "input": { "n": 1 } })).await;
    let lower = raise(budgeted["id"].as_str().unwrap(), 1_000);
    seen.note("budget_not_raised", &bench.ask(lower).await);

    bench.claim().await;
    let signal = act(&failed.to_string(), "signal").json(&json!({ "name": "paid" }));
    seen.note("not_awaited", &bench.ask(signal).await);
    let retry = |id: &dyn ToString| act(&id.to_string(), "retry");
    seen.note("run_not_ended", &bench.ask(retry(&failed)).await);
    bench.drive(well).await;
    seen.note("run_ended", &bench.ask(act(&well.to_string(), "cancel")).await);
    seen.note("not_retryable", &bench.ask(retry(&well)).await);
    bench.finish(failed, Outcome::failed(Failure::fatal("x", "no luck"))).await;
    bench.ask(retry(&failed)).await.ok();
    seen.note("already_retried", &bench.ask(retry(&failed)).await);
    bench.attempt(unknown, "node:page", LedgerState::Unknown).await;
    bench.finish(unknown, Outcome::failed(Failure::fatal("x", "y"))).await;
    seen.note("unknown_outcomes", &bench.ask(retry(&unknown)).await);

    let id = bench.awaits(asking, "node:ask", request(&["operator"])).await;
    let path = format!("/api/v1/approvals/{id}/decide");
    let decide = |token: &str, answer: &str| {
        let body = json!({ "answer": answer, "data": { "who": "Ada" } });
        Asked::new("POST", &path).token(token).json(&body)
    };
    seen.note("not_a_decider", &bench.ask(decide(&token, "rejected")).await);
    let operator = bench.token(Role::Operator).await;
    bench.ask(decide(&operator, "approved")).await.ok();
    seen.note("already_decided", &bench.ask(decide(&operator, "rejected")).await);
}

async fn states_of_the_server(seen: &mut Seen) {
    let full = Options { requests: 0, ..Options::default() };
    let full = Bench::open(Place::sqlite(), full).await;
    seen.note("overloaded", &full.ask(Asked::new("GET", "/api/v1/auth/me")).await);

    let site = Site { hosts: Some(Vec::new()), ..Site::default() };
    let named = Bench::at(Place::sqlite(), Options::default(), site).await;
    seen.note("wrong_host", &named.ask(Asked::new("GET", "/api/v1/auth/me")).await);

    let bench = Bench::new().await;
    bench.app.drain(true);
    seen.note("not_ready", &bench.ask(Asked::new("GET", "/readyz")).await);

    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    // Whoever is declared dead writes nothing until it has begun anew.
    let database = bench.storage.database();
    gathering_storage::retire(database, bench.instance, bench.clock.now()).await.unwrap();
    let what = json!({ "type": "definition", "definition": echo("echo") });
    let start = Asked::new("POST", "/api/v1/runs").token(&token);
    let start = start.json(&json!({ "what": what, "input": { "n": 1 } }));
    seen.note("busy", &bench.ask(start).await);

    let (bench, proxy) = Bench::behind_a_proxy().await;
    let token = bench.token(Role::Member).await;
    proxy.cut_and_refuse();
    let login = json!({ "email": "member@example.com", "password": PASSWORD });
    let runs = Asked::new("GET", "/api/v1/runs").token(&token);
    for asked in [runs, Asked::new("POST", LOGIN).json(&login)] {
        let answer = bench.ask(asked).await;
        seen.note("store_unavailable", &answer);
        assert_eq!(answer.header("retry-after"), "5");
    }
}
