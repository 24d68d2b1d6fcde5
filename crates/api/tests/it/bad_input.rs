//! Input that nobody should send: each is refused with its documented error and changes nothing.

use gathering_api::Options;
use gathering_domain::{Duration, Role};
use gathering_testkit::Place;
use serde_json::{Value, json};

use crate::support::{Asked, Bench, Connection, agent, echo};

const AGENTS: &str = "/api/v1/agents";
const PIPELINES: &str = "/api/v1/pipelines";

fn post(path: &str, body: impl Into<Vec<u8>>) -> Asked {
    Asked::new("POST", path).body("application/json", body)
}

fn nested(levels: usize) -> String {
    format!("{}1{}", "[".repeat(levels), "]".repeat(levels))
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_refused_and_change_nothing() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Owner).await;
    let good = agent("helper").to_string();
    let mut not_utf8 = good.clone().into_bytes();
    not_utf8[12] = 0xff;
    let too_large = json!({ "name": "helper", "instructions": "x".repeat(1024 * 1024) });
    let deep = format!(r#"{{"name":{}}}"#, nested(64));
    for (what, asked, status, code) in [
        ("nothing", post(AGENTS, ""), 400, "invalid_json"),
        ("half", post(AGENTS, &good.as_bytes()[..20]), 400, "invalid_json"),
        ("more", post(AGENTS, format!("{good}{good}")), 400, "invalid_json"),
        ("words", post(AGENTS, "hello"), 400, "invalid_json"),
        ("NaN", post(AGENTS, r#"{"name":NaN}"#), 400, "invalid_json"),
        ("a null byte", post(AGENTS, "{\"name\":\"a\0b\"}"), 400, "invalid_json"),
        ("not UTF-8", post(AGENTS, not_utf8), 400, "not_utf8"),
        ("UTF-16", post(AGENTS, [0xff, 0xfe, 0x7b, 0x00]), 400, "not_utf8"),
        ("deep", post(AGENTS, deep), 400, "too_deep"),
        ("very deep", post(AGENTS, "[".repeat(500_000)), 400, "too_deep"),
        ("large", post(AGENTS, too_large.to_string()), 413, "too_large"),
        ("no object", post(AGENTS, "[1]"), 422, "invalid"),
        (
            "a form",
            Asked::new("POST", AGENTS).body("application/x-www-form-urlencoded", "name=a"),
            415,
            "unsupported_media_type",
        ),
        (
            "text",
            Asked::new("POST", AGENTS).body("text/plain", good.clone()),
            415,
            "unsupported_media_type",
        ),
        (
            "Latin-1",
            Asked::new("POST", AGENTS).body("application/json; charset=iso-8859-1", good.clone()),
            415,
            "unsupported_media_type",
        ),
    ] {
        let answer = bench.ask(asked.token(&token)).await;
        assert_eq!(answer.problem(), (status, code.to_owned()), "{what}");
    }
    let listed = bench.get(AGENTS, &token).await;
    assert_eq!(listed, json!({ "items": [], "next_cursor": null }));
}

#[tokio::test]
async fn what_is_wrong_with_json_is_told_with_its_place() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Owner).await;
    let broken = bench.ask(post("/api/v1/runs", "{\n  \"input\": ]\n}").token(&token)).await;
    let detail = broken.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("line 2 column 12"), "{detail}");

    let body = json!({ "what": { "type": "agent", "agent_id": "agt_1" }, "inptu": 1 });
    let unknown = bench.ask(post("/api/v1/runs", body.to_string()).token(&token)).await;
    assert_eq!(unknown.problem(), (422, "invalid".to_owned()));
    let body = json!({ "what": { "type": "unknown" } });
    let unknown = bench.ask(post("/api/v1/runs", body.to_string()).token(&token)).await;
    let fault = &unknown.json()["errors"][0];
    assert_eq!(
        (&fault["pointer"], &fault["code"]),
        (&json!("/what/type"), &json!("unknown_value"))
    );
    let body = json!({ "what": { "type": "pipeline_named", "name": "a" }, "limits": { "x": 1 } });
    let unknown = bench.ask(post("/api/v1/runs", body.to_string()).token(&token)).await;
    let fault = &unknown.json()["errors"][0];
    assert_eq!((&fault["pointer"], &fault["code"]), (&json!("/limits/x"), &json!("unknown_field")));
    let body = json!({ "what": { "type": "pipeline_named", "name": "a" }, "limits": [null, null] });
    let list = bench.ask(post("/api/v1/runs", body.to_string()).token(&token)).await;
    let fault = &list.json()["errors"][0];
    assert_eq!((&fault["pointer"], &fault["code"]), (&json!("/limits"), &json!("wrong_type")));
}

#[tokio::test]
async fn heads_that_are_too_large_or_malformed_are_refused() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Owner).await;
    let long = format!("{AGENTS}?cursor={}", "x".repeat(9_000));
    let answer = bench.ask(Asked::new("GET", &long).token(&token)).await;
    assert_eq!(answer.problem(), (414, "uri_too_long".to_owned()));
    let answer = bench
        .ask(Asked::new("GET", AGENTS).token(&token).header("x-more", &"x".repeat(33_000)))
        .await;
    assert_eq!(answer.problem(), (431, "headers_too_large".to_owned()));
    // Beyond what the parser takes, there is no request that could be answered in our shape.
    let answer = bench
        .ask(Asked::new("GET", AGENTS).token(&token).header("x-more", &"x".repeat(200_000)))
        .await;
    assert_eq!(answer.status, 431);
    let answer = bench.raw(b"GET / HTTP/1.1\r\nhost: a\r\nbad header\r\n\r\n").await;
    assert_eq!(answer.status, 400);
    for (name, value) in [
        ("if-match", "three"),
        ("if-match", "\"-1\""),
        ("if-match", "*"),
        ("if-match", "+1"),
        ("if-match", "\"1"),
        ("if-match", "\"\"1\"\""),
        ("if-match", "99999999999999999999"),
    ] {
        let asked = Asked::new("PATCH", &format!("{AGENTS}/agt_00000000000000000000000000000009"));
        let answer = bench.ask(asked.token(&token).header(name, value).json(&json!({}))).await;
        assert_eq!(answer.problem(), (400, "invalid_header".to_owned()), "{name}: {value}");
    }
    for value in ["x", "-1", "+1", "1e3"] {
        let asked = Asked::new("GET", "/api/v1/events").token(&token);
        let answer = bench.ask(asked.header("last-event-id", value)).await;
        assert_eq!(answer.problem(), (400, "invalid_header".to_owned()), "{value}");
    }
}

#[tokio::test]
async fn paths_and_queries_that_cannot_be_are_refused() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Owner).await;
    let nine = "00000000000000000000000000000009";
    for (path, status, code) in [
        ("/api/v1/agents/agt_1".to_owned(), 400, "invalid_path"),
        (format!("/api/v1/agents/run_{nine}"), 400, "invalid_path"),
        ("/api/v1/agents/..%2f..%2fetc".to_owned(), 400, "invalid_path"),
        ("/api/v1/agents/%ff".to_owned(), 400, "invalid_path"),
        (format!("/api/v1/agents/agt_{nine}"), 404, "not_found"),
        (format!("/api/v1/runs/run_{nine}/nodes"), 404, "not_found"),
        (format!("/api/v1/agents/agt_{nine}/"), 404, "unknown_route"),
        ("/api/v1/nothing".to_owned(), 404, "unknown_route"),
        ("/api/v2/agents".to_owned(), 404, "unknown_route"),
        ("//api/v1/agents".to_owned(), 404, "unknown_route"),
        ("/api/v1/runs?limit=0".to_owned(), 422, "invalid"),
        ("/api/v1/runs?limit=201".to_owned(), 422, "invalid"),
        ("/api/v1/runs?limit=-1".to_owned(), 400, "invalid_query"),
        ("/api/v1/runs?limit=many".to_owned(), 400, "invalid_query"),
        ("/api/v1/runs?limit=1&limit=2".to_owned(), 400, "invalid_query"),
        ("/api/v1/runs?cursor=x".to_owned(), 422, "invalid"),
        ("/api/v1/runs?status=done".to_owned(), 400, "invalid_query"),
        ("/api/v1/runs?stauts=failed".to_owned(), 400, "invalid_query"),
        ("/api/v1/runs?pipeline_id=agt_1".to_owned(), 400, "invalid_query"),
        ("/api/v1/events?after=-1001".to_owned(), 400, "invalid_query"),
        (format!("/api/v1/events?types={}", "a,".repeat(60)), 422, "invalid"),
    ] {
        let answer = bench.ask(Asked::new("GET", &path).token(&token)).await;
        assert_eq!(answer.problem(), (status, code.to_owned()), "{path}");
    }
    let too_long = format!("/api/v1/pipelines/pip_{nine}/runs?wait=21s");
    let answer = bench.ask(post(&too_long, "{}").token(&token)).await;
    assert_eq!(answer.problem(), (400, "invalid_query".to_owned()));
}

#[tokio::test]
async fn another_method_is_told_which_ones_there_are() {
    let bench = Bench::new().await;
    let answer = bench.ask(Asked::new("DELETE", AGENTS)).await;
    assert_eq!(answer.problem(), (405, "method_not_allowed".to_owned()));
    assert_eq!(answer.header("allow"), "GET,HEAD,POST");
    for method in ["TRACE", "BREW"] {
        let answer = bench.ask(Asked::new(method, "/healthz")).await;
        assert_eq!(answer.problem(), (405, "method_not_allowed".to_owned()));
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let options = Options { body_time: Duration::from_millis(50), ..Options::default() };
    let bench = Bench::open(Place::sqlite(), options).await;
    let mut slow = Connection::open(&bench.address).await;
    let head = b"POST /api/v1/auth/login HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\
        content-type: application/json\r\ncontent-length: 100\r\n\r\n{\"email\":";
    slow.send(head).await;
    assert_eq!(slow.answer().await.problem(), (408, "slow_body".to_owned()));

    let mut cut = Connection::open(&bench.address).await;
    cut.send(head).await;
    cut.close_sending().await;
    assert_eq!(cut.answer().await.problem(), (400, "incomplete_body".to_owned()));
}

#[tokio::test]
async fn a_head_that_does_not_come_is_not_waited_for() {
    let options = Options { head_time: Duration::from_millis(50), ..Options::default() };
    let bench = Bench::open(Place::sqlite(), options).await;
    let mut slow = Connection::open(&bench.address).await;
    slow.send(b"GET /healthz HTTP/1.1\r\nhost:").await;
    assert!(slow.ends().await, "the connection is closed");
}

#[tokio::test]
async fn a_chunked_body_that_never_ends_is_cut_at_its_bound() {
    let options = Options { body_bytes: 1_000, ..Options::default() };
    let bench = Bench::open(Place::sqlite(), options).await;
    let mut endless = Connection::open(&bench.address).await;
    let head = "POST /api/v1/auth/login HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\
        content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = format!("64\r\n{}\r\n", "x".repeat(0x64));
    endless.send(format!("{head}{}", chunk.repeat(20)).as_bytes()).await;
    let answer = endless.answer().await;
    assert_eq!(answer.problem(), (413, "too_large".to_owned()));
    assert_eq!(answer.header("connection"), "close", "the rest of the body is not read");
}

#[tokio::test]
async fn a_body_announced_beyond_its_bound_is_refused_before_it_comes() {
    let options = Options { body_bytes: 1_000, ..Options::default() };
    let bench = Bench::open(Place::sqlite(), options).await;
    let mut patient = Connection::open(&bench.address).await;
    let head = "POST /api/v1/auth/login HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\
        content-type: application/json\r\ncontent-length: 1001\r\n\r\n";
    patient.send(head.as_bytes()).await;
    assert_eq!(patient.answer().await.problem(), (413, "too_large".to_owned()));
}

#[tokio::test]
async fn when_all_places_are_taken_the_next_is_told_to_come_back() {
    let options = Options { requests: 0, ..Options::default() };
    let bench = Bench::open(Place::sqlite(), options).await;
    let full = bench.ask(Asked::new("GET", "/api/v1/auth/me")).await;
    assert_eq!(full.problem(), (503, "overloaded".to_owned()));
    assert_eq!(full.header("retry-after"), "1");
    for path in ["/healthz", "/readyz"] {
        assert_eq!(bench.ask(Asked::new("GET", path)).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn slow_strangers_stop_nobody_who_is_signed_in() {
    let options = Options { requests: 2, anonymous: 4, ..Options::default() };
    let bench = Bench::open(Place::sqlite(), options).await;
    let token = bench.token(Role::Viewer).await;
    let head = b"POST /api/v1/auth/login HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\
        content-type: application/json\r\ncontent-length: 100\r\nexpect: 100-continue\r\n\r\n";
    let mut slow = Vec::new();
    // One address has half of the places for strangers. `100 Continue` says that a body is read.
    for _ in 0..2 {
        let mut one = Connection::open(&bench.address).await;
        one.send(head).await;
        assert_eq!(one.head().await.0, 100);
        slow.push(one);
    }
    let sign_in = Asked::new("POST", "/api/v1/auth/login").json(&json!({}));
    assert_eq!(bench.ask(sign_in).await.problem(), (503, "overloaded".to_owned()));
    bench.ask(Asked::new("GET", "/api/v1/auth/me").token(&token)).await.ok();
    drop(slow);
}

#[tokio::test]
async fn definitions_that_cannot_run_name_every_fault_and_are_not_stored() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Owner).await;
    let with = |nodes: Value, edges: Value| {
        let mut pipeline = echo("bad");
        pipeline["nodes"] = nodes;
        pipeline["edges"] = edges;
        pipeline
    };
    let start = json!({ "id": "start", "type": "trigger" });
    let node = |id: &str| json!({ "id": id, "type": "transform", "config": { "value": 1 } });
    let many: Vec<Value> =
        std::iter::once(start.clone()).chain((0..10_000).map(|n| node(&format!("n{n}")))).collect();
    for (what, pipeline) in [
        (
            "a cycle",
            with(
                json!([start, node("a"), node("b")]),
                json!([{ "from": "start", "to": "a" }, { "from": "a", "to": "b" },
                { "from": "b", "to": "a" }]),
            ),
        ),
        ("an unknown type", with(json!([start, { "id": "a", "type": "magic" }]), json!([]))),
        ("an unknown key", with(json!([start]), json!([])).with("speed", json!(1))),
        ("a dangling edge", with(json!([start]), json!([{ "from": "start", "to": "none" }]))),
        (
            "a bad expression",
            with(
                json!([start, { "id": "a", "type": "transform", "config": { "value": "{{ 1 + }}" } }]),
                json!([{ "from": "start", "to": "a" }]),
            ),
        ),
        ("a wrong type", echo("bad").with("nodes", json!("many"))),
        ("10,000 nodes", with(many.into(), json!([]))),
        ("no object", json!([1, 2])),
    ] {
        let answer = bench.ask(post(PIPELINES, pipeline.to_string()).token(&token)).await;
        assert_eq!(answer.problem(), (422, "invalid".to_owned()), "{what}");
        let body = answer.json();
        let errors = body["errors"].as_array().unwrap();
        assert!((1..=200).contains(&errors.len()), "{what}: {}", errors.len());
        for error in errors {
            let told = ["pointer", "code", "message"].map(|key| error[key].is_string());
            assert_eq!(told, [true; 3], "{what}: {error}");
        }
        let path = "/api/v1/pipelines/validate";
        let found = bench.ask(post(path, pipeline.to_string()).token(&token)).await.ok();
        assert_eq!(found["valid"], false, "{what}");
    }
    let twice = r#"{"name":"a","name":"b","nodes":[]}"#;
    let answer = bench.ask(post(PIPELINES, twice).token(&token)).await;
    assert_eq!(answer.problem(), (422, "invalid".to_owned()));
    let listed = bench.get(PIPELINES, &token).await;
    assert_eq!(listed["items"], json!([]));
}

trait With {
    fn with(self, key: &str, value: Value) -> Value;
}

impl With for Value {
    fn with(mut self, key: &str, value: Value) -> Value {
        self[key] = value;
        self
    }
}
