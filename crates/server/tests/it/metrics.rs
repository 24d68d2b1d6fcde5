//! `/metrics` of a served instance: who sees it, and that what happens is counted.

use gathering_testkit::Place;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::server::{Api, Home};

const ASKS: &str = "
name: asks
agents: [{ name: a, model: scripted/demo, instructions: x }]
nodes:
  - { id: start, type: trigger }
  - { id: ask, type: agent, config: { agent: a, task: How are you? } }
  - { id: rest, type: delay, config: { for: 1ms } }
edges: [{ from: start, to: ask }, { from: ask, to: rest }]
";

/// The value of a series.
fn value(text: &str, series: &str) -> f64 {
    let found = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    found.unwrap_or_else(|| panic!("{series} is not in {text}")).parse().unwrap()
}

async fn scrape(api: &Api, token: Option<&str>) -> (StatusCode, String) {
    let mut api = api.clone();
    api.token = token.map(str::to_owned);
    let answer = api.request(Method::GET, "/metrics").send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

#[tokio::test]
async fn what_happens_in_a_server_is_counted() {
    let token = "a-token-for-prometheus";
    let home = Home::new(Place::sqlite()).env("GATHERING_METRICS_TOKEN", token);
    let server = home.serve().await;
    let owner = server.set_up().await;
    assert_eq!(scrape(&owner, None).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(scrape(&owner, owner.token.as_deref()).await.0, StatusCode::UNAUTHORIZED);
    let pipeline = owner.create_pipeline(ASKS).await;
    let run = owner.start_run(&pipeline, "one", &json!({})).await;
    let run_id = run["id"].as_str().unwrap();
    owner.wait_for(run_id, "succeeded").await;
    let (status, text) = scrape(&owner, Some(token)).await;
    assert_eq!(status, StatusCode::OK);
    for (series, least) in [
        ("gathering_runs_started_total", 1.0),
        ("gathering_runs_ended_total{status=\"succeeded\"}", 1.0),
        ("gathering_run_waits_total{for=\"timer\"}", 1.0),
        (
            "gathering_effect_duration_seconds_count{performer=\"model\",kind=\"pure\",outcome=\"succeeded\"}",
            1.0,
        ),
        (
            "gathering_model_call_duration_seconds_count{provider=\"scripted\",outcome=\"answered\"}",
            1.0,
        ),
        (
            "gathering_http_request_duration_seconds_count{route=\"/api/v1/pipelines/{pipeline_id}/runs\",method=\"POST\",status=\"2xx\"}",
            1.0,
        ),
        ("gathering_http_problems_total{route=\"/metrics\",code=\"unauthenticated\"}", 2.0),
        ("gathering_log_flush_duration_seconds_count{outcome=\"written\"}", 2.0),
        ("gathering_store_up", 1.0),
        ("gathering_store_size_bytes", 4096.0),
        ("gathering_runs_places", 1000.0),
        ("process_resident_memory_bytes", 1_000_000.0),
    ] {
        assert!(value(&text, series) >= least, "{series}: {text}");
    }
    assert!(!text.contains(run_id) && !text.contains("How are you"), "{text}");
    server.signal(rustix::process::Signal::TERM);
    assert!(server.ended().await.success());
}

#[tokio::test]
async fn figures_have_a_listener_of_their_own_only_if_somebody_wants_one() {
    let folder = gathering_testkit::temp_dir();
    let home = Home::new(Place::sqlite())
        .env("GATHERING_METRICS_LISTEN", "127.0.0.1:0")
        .logging_to(folder.path().join("log"));
    let server = home.serve().await;
    let stranger = server.stranger();
    // Not beside the API: there is no token.
    assert_eq!(scrape(&stranger, None).await.0, StatusCode::NOT_FOUND);
    let log = home.logged(100);
    let line = log.lines().find(|line| line.contains("metrics are served")).unwrap();
    let address = line.split("address=").nth(1).unwrap().trim();
    let text = reqwest::get(format!("http://{address}/metrics")).await.unwrap().text().await;
    assert!(value(&text.unwrap(), "gathering_store_up") >= 1.0);
    let other = reqwest::get(format!("http://{address}/healthz")).await.unwrap();
    assert_eq!(other.status(), StatusCode::NOT_FOUND);
    server.signal(rustix::process::Signal::TERM);
    assert!(server.ended().await.success());
}
