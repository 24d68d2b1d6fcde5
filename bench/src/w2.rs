//! W2: from a start that is sent to the API until the run's first step arrives at its target, idle.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::Serialize;
use serde_json::json;
use tokio::sync::mpsc;

use crate::{Options, Store, figures, http::Target, process::Server};

/// Starts that are measured, after as many that warm up.
const STARTS: usize = 300;
/// How long a first step may take before the benchmark gives up.
const GIVE_UP: Duration = Duration::from_secs(10);

#[derive(Debug, Serialize)]
struct Row {
    store: Store,
    answered_p50: Duration,
    answered_p99: Duration,
    first_step_p50: Duration,
    first_step_p99: Duration,
}

impl figures::Row for Row {
    fn cells(&self) -> Vec<(&'static str, String)> {
        vec![
            ("store", self.store.name().to_owned()),
            ("answered p50 ms", figures::millis(self.answered_p50)),
            ("answered p99 ms", figures::millis(self.answered_p99)),
            ("first step p50 ms", figures::millis(self.first_step_p50)),
            ("first step p99 ms", figures::millis(self.first_step_p99)),
        ]
    }
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for store in options.stores() {
        rows.push(measure(store).await?);
    }
    let title = "from the request to the answer, and to the first step, through the API, idle";
    figures::report("w2", title, &rows)
}

async fn measure(store: Store) -> anyhow::Result<Row> {
    let place = store.place().await;
    let folder = gathering_testkit::temp_dir();
    let data_dir = place.directory().unwrap_or_else(|| folder.path().to_owned());
    let server = Server::start(&data_dir, place.url()).await?;
    let (told, mut hits) = mpsc::unbounded_channel();
    let target = Target::start(told, Duration::ZERO).await?;
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
    server.kill()?;
    Ok(Row {
        store,
        answered_p50: figures::quantile(&answered, 0.5),
        answered_p99: figures::quantile(&answered, 0.99),
        first_step_p50: figures::quantile(&arrived, 0.5),
        first_step_p99: figures::quantile(&arrived, 0.99),
    })
}
