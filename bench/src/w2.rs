//! W2: from a start that is sent to the API until the run's first step arrives at its target, idle.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use gathering_testkit::Place;
use serde::Serialize;
use serde_json::json;
use tokio::sync::mpsc;

use crate::{Options, figures, http::Target, process::Server};

/// Starts that are measured, after as many that warm up.
const STARTS: usize = 300;
/// How long a first step may take before the benchmark gives up.
const GIVE_UP: Duration = Duration::from_secs(10);

#[derive(Debug, Serialize)]
struct Row {
    store: String,
    answered_p50_ms: f64,
    answered_p99_ms: f64,
    first_step_p50_ms: f64,
    first_step_p99_ms: f64,
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for store in ["sqlite", "postgres"] {
        if options.uses(store) {
            rows.push(measure(store).await?);
        }
    }
    let lines: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            vec![
                row.store.clone(),
                format!("{:.2}", row.answered_p50_ms),
                format!("{:.2}", row.answered_p99_ms),
                format!("{:.2}", row.first_step_p50_ms),
                format!("{:.2}", row.first_step_p99_ms),
            ]
        })
        .collect();
    let names =
        ["store", "answered p50 ms", "answered p99 ms", "first step p50 ms", "first step p99 ms"];
    figures::table(
        "W2: from the request to the answer, and to the first step, through the API, idle",
        &names,
        &lines,
    );
    figures::save("w2", &rows)
}

async fn measure(store: &str) -> anyhow::Result<Row> {
    let place = if store == "sqlite" { Place::sqlite() } else { Place::postgres().await };
    let folder = gathering_testkit::temp_dir();
    let data_dir = place.directory().unwrap_or_else(|| folder.path().to_owned());
    let server = Server::start(&data_dir, place.url()).await?;
    let (told, mut hits) = mpsc::unbounded_channel();
    let target = Target::start(told).await?;
    let mut client = server.sign_in().await?;
    let url = format!("http://{}/{{{{ input.n }}}}", target.address);
    let definition = json!({
        "name": "first_step",
        "nodes": [
            { "id": "start", "type": "trigger" },
            { "id": "call", "type": "action", "config": { "kind": "http", "method": "GET", "url": url } },
        ],
        "edges": [{ "from": "start", "to": "call" }],
    });
    let pipeline = client.post("/api/v1/pipelines", &definition).await?.success()?;
    let id = pipeline["id"].as_str().context("the pipeline has no id")?.to_owned();
    let (mut answered, mut arrived) = (Vec::new(), Vec::new());
    for n in 0..2 * STARTS {
        let begun = Instant::now();
        let body = json!({ "input": { "n": n.to_string() } });
        client.post(&format!("/api/v1/pipelines/{id}/runs"), &body).await?.success()?;
        let answer = begun.elapsed();
        let (_, at) =
            tokio::time::timeout(GIVE_UP, hits.recv()).await?.context("the target has gone")?;
        if n >= STARTS {
            answered.push(answer);
            arrived.push(at.saturating_duration_since(begun));
        }
    }
    answered.sort_unstable();
    arrived.sort_unstable();
    let millis =
        |samples: &[Duration], share| figures::quantile(samples, share).as_secs_f64() * 1_000.0;
    server.kill()?;
    Ok(Row {
        store: store.to_owned(),
        answered_p50_ms: millis(&answered, 0.5),
        answered_p99_ms: millis(&answered, 0.99),
        first_step_p50_ms: millis(&arrived, 0.5),
        first_step_p99_ms: millis(&arrived, 0.99),
    })
}
