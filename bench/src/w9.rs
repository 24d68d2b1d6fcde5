//! W9: cold start to ready, resident memory when idle, size of the binary.

use std::time::Duration;

use gathering_testkit::Place;
use serde::Serialize;

use crate::{
    Options, figures,
    process::{Server, binary},
};

/// How often a start is measured.
const STARTS: usize = 10;
/// How long a server is left alone before its memory is read.
const IDLE: Duration = Duration::from_secs(5);

#[derive(Debug, Serialize)]
struct Row {
    store: String,
    ready_p50_ms: f64,
    ready_max_ms: f64,
    resident_idle_mib: f64,
    binary_mib: f64,
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
                format!("{:.0}", row.ready_p50_ms),
                format!("{:.0}", row.ready_max_ms),
                format!("{:.1}", row.resident_idle_mib),
                format!("{:.1}", row.binary_mib),
            ]
        })
        .collect();
    let names = ["store", "ready p50 ms", "ready max ms", "resident idle MiB", "binary MiB"];
    figures::table("W9: start, memory, size", &names, &lines);
    figures::save("w9", &rows)
}

async fn measure(store: &str) -> anyhow::Result<Row> {
    let place = if store == "sqlite" { Place::sqlite() } else { Place::postgres().await };
    let folder = gathering_testkit::temp_dir();
    let data_dir = place.directory().unwrap_or_else(|| folder.path().to_owned());
    // The first start makes the store; only later ones are measured.
    Server::start(&data_dir, place.url()).await?.kill()?;
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let server = Server::start(&data_dir, place.url()).await?;
        starts.push(server.ready_after);
        server.kill()?;
    }
    starts.sort_unstable();
    let server = Server::start(&data_dir, place.url()).await?;
    tokio::time::sleep(IDLE).await;
    let resident = server.resident()?;
    server.kill()?;
    let size = std::fs::metadata(binary()?)?.len();
    Ok(Row {
        store: store.to_owned(),
        ready_p50_ms: figures::quantile(&starts, 0.5).as_secs_f64() * 1_000.0,
        ready_max_ms: figures::quantile(&starts, 1.0).as_secs_f64() * 1_000.0,
        resident_idle_mib: mib(resident),
        binary_mib: mib(size),
    })
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn mib(bytes: u64) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}
