//! W9: cold start to ready, resident memory when idle, size of the binary.

use std::time::Duration;

use serde::Serialize;

use crate::{
    Options, Store, figures,
    process::{Server, binary},
};

/// How often a start is measured.
const STARTS: usize = 10;
/// How long a server is left alone before its memory is read.
const IDLE: Duration = Duration::from_secs(5);

#[derive(Debug, Serialize)]
struct Row {
    store: Store,
    ready_p50: Duration,
    ready_max: Duration,
    resident_idle_bytes: u64,
    binary_bytes: u64,
}

impl figures::Row for Row {
    fn cells(&self) -> Vec<(&'static str, String)> {
        vec![
            ("store", self.store.name().to_owned()),
            ("ready p50 ms", figures::millis(self.ready_p50)),
            ("ready max ms", figures::millis(self.ready_max)),
            ("resident idle MiB", figures::mib(self.resident_idle_bytes)),
            ("binary MiB", figures::mib(self.binary_bytes)),
        ]
    }
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for store in options.stores() {
        rows.push(measure(store).await?);
    }
    figures::report("w9", "start on an existing store, memory, size", &rows)
}

async fn measure(store: Store) -> anyhow::Result<Row> {
    let place = store.place().await;
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
        store,
        ready_p50: figures::quantile(&starts, 0.5),
        ready_max: figures::quantile(&starts, 1.0),
        resident_idle_bytes: resident,
        binary_bytes: size,
    })
}
