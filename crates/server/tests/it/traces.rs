//! Traces, as a receiver of OTLP reads them, and a server whose receiver is of no use.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use gathering_testkit::Place;
use reqwest::Method;
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::{Instant, timeout},
};

use crate::server::{Api, Home, PATIENCE, Server};

const ASKS: &str = "
name: asks
agents: [{ name: a, model: scripted/demo, instructions: Be a walrus. }]
nodes:
  - { id: start, type: trigger }
  - { id: think, type: agent, config: { agent: a, task: Say something. } }
  - { id: clock, type: tool, config: { tool: time_now } }
edges: [{ from: start, to: think }, { from: think, to: clock }]
";
/// A trace that a client is in.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

/// A receiver in a process of its own.
struct Receiver {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    url: String,
}

/// A span with its attributes as an object.
#[derive(Debug, Clone)]
struct Span {
    span: Value,
    attributes: Value,
}

/// The Python that has the definitions of OTLP: `cargo xtask setup` makes it.
fn python() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let python = target.join("otlp-receiver/bin/python3");
    assert!(
        python.is_file(),
        "there is no receiver of OTLP at {}: run `cargo xtask setup`",
        python.display()
    );
    python
}

impl Receiver {
    async fn start(mode: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/traces/receiver.py");
        #[expect(clippy::disallowed_methods, reason = "the receiver is a process")]
        let mut command = Command::new(python());
        command.arg(script).arg(mode).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut receiver = Self { child, lines, url: String::new() };
        receiver.url = format!("http://127.0.0.1:{}", receiver.next().await["port"]);
        receiver
    }

    /// All that it was sent, once it is sent nothing more.
    async fn all(mut self) -> Vec<Value> {
        self.child.start_kill().unwrap();
        let mut all = Vec::new();
        while let Some(line) = self.lines.next_line().await.unwrap() {
            all.push(serde_json::from_str(&line).unwrap());
        }
        all
    }

    /// What it tells next: of a request that it was sent, with nothing wrong in it.
    async fn next(&mut self) -> Value {
        let told = self.told().await;
        assert!(told["faults"].as_array().is_none_or(Vec::is_empty), "{told:#}");
        told
    }

    async fn told(&mut self) -> Value {
        let line = timeout(PATIENCE, self.lines.next_line()).await.expect("it tells in time");
        serde_json::from_str(&line.unwrap().expect("the receiver lives")).unwrap()
    }
}

/// Ids are bytes, and so base64, in the JSON of protobuf.
fn hex_of(id: &Value) -> String {
    use base64::Engine as _;

    let bytes = base64::engine::general_purpose::STANDARD.decode(id.as_str().unwrap_or_default());
    hex::encode(bytes.unwrap())
}

fn attributes(of: &Value) -> Value {
    let pairs = of["attributes"].as_array().into_iter().flatten().map(|pair| {
        let value = pair["value"].as_object().unwrap().values().next().unwrap().clone();
        (pair["key"].as_str().unwrap().to_owned(), value)
    });
    Value::Object(pairs.collect())
}

fn spans(request: &Value) -> Vec<Span> {
    let resources = request["request"]["resourceSpans"].as_array().unwrap().iter();
    let scopes = resources.flat_map(|resource| resource["scopeSpans"].as_array().unwrap());
    let spans = scopes.flat_map(|scope| scope["spans"].as_array().unwrap());
    spans.map(|span| Span { span: span.clone(), attributes: attributes(span) }).collect()
}

impl Span {
    fn id(&self) -> String {
        hex_of(&self.span["spanId"])
    }

    fn parent(&self) -> String {
        hex_of(&self.span["parentSpanId"])
    }

    fn trace(&self) -> String {
        hex_of(&self.span["traceId"])
    }
}

async fn start_a_run(api: &Api, pipeline: &str) -> String {
    let path = format!("/api/v1/pipelines/{pipeline}/runs");
    let request = api.request(Method::POST, &path).json(&json!({}));
    let traced = request.header("traceparent", format!("00-{TRACE}-{SPAN}-00"));
    let run: Value = traced.send().await.unwrap().json().await.unwrap();
    run["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_request_its_run_and_what_that_does_are_traced() {
    let receiver = Receiver::start("ok").await;
    let home = Home::new(Place::sqlite())
        .env("GATHERING_TELEMETRY_OTLP_ENDPOINT", receiver.url.as_str())
        .env("GATHERING_TELEMETRY_OTLP_HEADERS", "x-scope=team,authorization=Bearer hush")
        .env("GATHERING_TELEMETRY_SERVICE_NAME", "gathering-test")
        // Only what has the product's own name counts.
        .env("OTEL_SERVICE_NAME", "another")
        .env("OTEL_EXPORTER_OTLP_HEADERS", "x-another=1")
        .env("OTEL_TRACES_SAMPLER", "always_off");
    let server = home.serve().await;
    let owner = server.set_up().await;
    let pipeline = owner.create_pipeline(ASKS).await;
    let run_id = start_a_run(&owner, &pipeline).await;
    owner.wait_for(&run_id, "succeeded").await;
    server.signal(Signal::TERM);
    let (status, log) = server.ended_saying().await;
    assert!(status.success(), "{log}");

    let (mut all, mut text) = (Vec::new(), String::new());
    // Everything is sent by the end of the server at the latest.
    for request in receiver.all().await {
        assert_eq!(request["faults"], json!([]), "{request:#}");
        let headers = &request["headers"];
        assert_eq!(
            (&headers["x-scope"], &headers["authorization"]),
            (&json!("team"), &json!("Bearer hush"))
        );
        assert!(headers.get("x-another").is_none(), "{headers}");
        for resource in request["request"]["resourceSpans"].as_array().unwrap() {
            let service = attributes(&resource["resource"]);
            assert_eq!(service["service.name"], "gathering-test", "{service}");
        }
        text += &request["request"].to_string();
        all.extend(spans(&request));
    }
    let find = |what: &str, fits: &dyn Fn(&Span) -> bool| {
        all.iter()
            .find(|span| fits(span))
            .unwrap_or_else(|| panic!("no {what} in {all:#?}"))
            .clone()
    };
    let request = find("request", &|span| span.parent() == SPAN);
    assert_eq!(request.trace(), TRACE);
    assert_eq!(request.span["name"], "POST /api/v1/pipelines/{pipeline_id}/runs");
    assert_eq!(request.span["kind"], "SPAN_KIND_SERVER");
    assert_eq!(request.attributes["http.response.status_code"], "202");
    assert_eq!(request.attributes["client.address"], "127.0.0.1");
    assert!(request.attributes["user.id"].as_str().unwrap().starts_with("usr_"));

    let is_run = |span: &Span| {
        span.span["name"] == "worker.run" && span.attributes["run.id"] == run_id.as_str()
    };
    // The first part of the work on it leads back to the request.
    let run = find("run", &|span| is_run(span) && span.span["links"].is_array());
    assert_eq!(hex_of(&run.span["links"][0]["traceId"]), TRACE, "{run:?}");
    assert_ne!(run.trace(), TRACE);

    let tool = find("tool call", &|span| span.attributes["gen_ai.tool.name"] == "time_now");
    assert_eq!(tool.span["name"], "execute_tool time_now");
    let effect = find("effect", &|span| span.id() == tool.parent());
    assert_eq!(effect.span["name"], "effect tool");
    assert!(is_run(&find("part of the run", &|span| span.id() == effect.parent())));
    assert_eq!(effect.attributes["node.id"], "clock");

    let call = find("model call", &|span| span.attributes["gen_ai.operation.name"] == "chat");
    assert_eq!(
        (&call.span["name"], &call.span["kind"]),
        (&json!("chat demo"), &json!("SPAN_KIND_CLIENT"))
    );
    assert_eq!(call.attributes["gen_ai.provider.name"], "scripted");
    assert_eq!(call.attributes["gen_ai.request.model"], "demo");
    let tokens = call.attributes["gen_ai.usage.input_tokens"].as_str().unwrap();
    assert!(tokens.parse::<u64>().unwrap() > 0, "{call:?}");
    let thinking = find("turn", &|span| span.id() == call.parent());
    assert_eq!(thinking.attributes["effect.performer"], "model");
    for secret in ["walrus", "Say something", "hush", "gts_"] {
        assert!(!text.contains(secret) && !log.contains(secret), "{secret} was told");
    }
}

/// The value of a figure without labels.
async fn figure(api: &Api, name: &str) -> u64 {
    let text = api.text("/metrics").await;
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.unwrap().parse().unwrap()
}

/// A server whose receiver is there, and its scraper.
async fn traced_to(url: &str) -> (Server, Api) {
    let token = "a-token-for-prometheus";
    let home = Home::new(Place::sqlite())
        .env("GATHERING_METRICS_TOKEN", token)
        .env("GATHERING_TELEMETRY_OTLP_ENDPOINT", url);
    let server = home.serve().await;
    let mut scraper = server.stranger();
    scraper.token = Some(token.to_owned());
    (server, scraper)
}

/// It serves, and ends in time, whatever becomes of its traces.
async fn goes_on(server: Server, scraper: &Api) {
    for _ in 0..50 {
        let (status, _) = scraper.get("/healthz").await;
        assert!(status.is_success());
    }
    let begun = Instant::now();
    server.signal(Signal::TERM);
    assert!(server.ended().await.success());
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

/// A receiver that would take anything could not show that what it took is right.
#[tokio::test]
async fn the_receiver_takes_nothing_that_is_not_otlp() {
    let mut receiver = Receiver::start("ok").await;
    // A second install is refused, which is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().timeout(PATIENCE).build().unwrap();
    // One span with a name and nothing else.
    let span = b"\x0a\x07\x12\x05\x12\x03\x2a\x01x".as_slice();
    for (path, media_type, body, fault) in [
        ("/v1/trace", "application/x-protobuf", span, "there is nothing at /v1/trace"),
        ("/v1/traces", "application/json", span, "`content-type` is ['application/json']"),
        ("/v1/traces", "application/x-protobuf", span, "the trace of span `x` is ''"),
        ("/v1/traces", "application/x-protobuf", span, "the id of span `x` is ''"),
        ("/v1/traces", "application/x-protobuf", span, "span `x` ends before it begins"),
        ("/v1/traces", "application/x-protobuf", span, "the resource has no `service.name`"),
        ("/v1/traces", "application/x-protobuf", b"", "the request has no spans"),
        ("/v1/traces", "application/x-protobuf", b"\x78\x01", "request has an unknown field 15"),
        ("/v1/traces", "application/x-protobuf", b"\xff", "the body cannot be decoded"),
    ] {
        let request = client.post(format!("{}{path}", receiver.url)).body(body);
        let answer = request.header("content-type", media_type).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{fault}");
        let told = receiver.told().await;
        let faults = told["faults"].as_array().unwrap();
        let told = |one: &Value| one.as_str().is_some_and(|one| one.starts_with(fault));
        assert!(faults.iter().any(told), "{fault} is not in {faults:?}");
    }
}

#[tokio::test]
async fn a_receiver_that_answers_errors_costs_spans_and_nothing_else() {
    let mut receiver = Receiver::start("errors").await;
    let (server, scraper) = traced_to(&receiver.url).await;
    scraper.get("/healthz").await;
    receiver.next().await;
    let gave_up =
        async { while figure(&scraper, "gathering_trace_spans_failed_total").await == 0 {} };
    timeout(PATIENCE, gave_up).await.expect("it gives up in time");
    assert_eq!(figure(&scraper, "gathering_trace_spans_sent_total").await, 0);
    goes_on(server, &scraper).await;
}

#[tokio::test]
async fn a_receiver_that_is_not_there_costs_spans_and_nothing_else() {
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (server, scraper) = traced_to(&format!("http://{free}")).await;
    let gave_up =
        async { while figure(&scraper, "gathering_trace_spans_failed_total").await == 0 {} };
    timeout(PATIENCE, gave_up).await.expect("it gives up in time");
    goes_on(server, &scraper).await;
}

#[tokio::test]
async fn a_receiver_that_never_answers_holds_nobody_up() {
    let mut receiver = Receiver::start("slow").await;
    let (server, scraper) = traced_to(&receiver.url).await;
    scraper.get("/healthz").await;
    receiver.next().await;
    goes_on(server, &scraper).await;
}
