//! W7: a store full of waiting runs and of schedules: what it costs to have them, and how late their time is.

mod due;
mod seed;

use std::time::Duration;

use serde::Serialize;

use self::due::Due;
use crate::{
    Options, Sizes, Store, figures,
    http::Target,
    process::{self, Server},
};

/// How long a server has after its start before it is called idle.
const SETTLE: Duration = Duration::from_secs(10);

#[derive(Debug, Serialize)]
struct Row {
    store: Store,
    runs: usize,
    schedules: usize,
    seeded_in: Duration,
    ready_after: Duration,
    idle_processor_share: f64,
    idle_store_processor_share: f64,
    resident_idle_bytes: u64,
    due: usize,
    fires_p50: Duration,
    fires_p99: Duration,
    fires_max: Duration,
    timers_p50: Duration,
    timers_p99: Duration,
    timers_max: Duration,
    resident_due_bytes: u64,
}

impl figures::Row for Row {
    fn cells(&self) -> Vec<(&'static str, String)> {
        let percent = |share: f64| format!("{:.2}", share * 100.0);
        vec![
            ("store", self.store.name().to_owned()),
            ("waiting runs", self.runs.to_string()),
            ("schedules", self.schedules.to_string()),
            ("seeded in s", format!("{:.0}", self.seeded_in.as_secs_f64())),
            ("ready ms", figures::millis(self.ready_after)),
            ("idle % of a core", percent(self.idle_processor_share)),
            ("its sessions of PostgreSQL %", percent(self.idle_store_processor_share)),
            ("resident idle MiB", figures::mib(self.resident_idle_bytes)),
            ("due of each", self.due.to_string()),
            ("fire p50 ms", figures::millis(self.fires_p50)),
            ("fire p99 ms", figures::millis(self.fires_p99)),
            ("fire max ms", figures::millis(self.fires_max)),
            ("timer p50 ms", figures::millis(self.timers_p50)),
            ("timer p99 ms", figures::millis(self.timers_p99)),
            ("timer max ms", figures::millis(self.timers_max)),
            ("resident then MiB", figures::mib(self.resident_due_bytes)),
        ]
    }
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for store in options.stores() {
        rows.push(measure(store, &options.sizes).await?);
    }
    let title =
        "waiting runs and schedules: idle, and from the due time until the first step arrives";
    figures::report("w7", title, &rows)
}

async fn measure(store: Store, sizes: &Sizes) -> anyhow::Result<Row> {
    let place = store.place().await;
    let folder = gathering_testkit::temp_dir();
    let data_dir = place.directory().unwrap_or_else(|| folder.path().to_owned());
    let (told, hits) = tokio::sync::mpsc::unbounded_channel();
    let target = Target::start(told, Duration::ZERO).await?;

    let begun = std::time::Instant::now();
    let server = Server::start(&data_dir, place.url()).await?;
    let patterns = seed::patterns(&mut server.sign_in().await?, &target, sizes.schedules).await?;
    server.kill()?;
    seed::multiply(&place, &patterns, sizes).await?;
    let seeded_in = begun.elapsed();

    let server = Server::start(&data_dir, place.url()).await?;
    tokio::time::sleep(SETTLE).await;
    let idle = Duration::from_secs(sizes.idle);
    let sessions = || process::sessions_time(place.url());
    let (before, sessions_before) = (server.processor_time()?, sessions()?);
    tokio::time::sleep(idle).await;
    let used = server.processor_time()?.saturating_sub(before);
    let sessions_used = sessions()?.saturating_sub(sessions_before);
    let resident_idle_bytes = server.resident()?;

    let Due { fires, timers } =
        due::measure(&mut server.sign_in().await?, &patterns, hits, sizes.due).await?;
    let resident_due_bytes = server.resident()?;
    let ready_after = server.ready_after;
    server.kill()?;
    Ok(Row {
        store,
        runs: sizes.runs,
        schedules: sizes.schedules,
        seeded_in,
        ready_after,
        idle_processor_share: used.as_secs_f64() / idle.as_secs_f64(),
        idle_store_processor_share: sessions_used.as_secs_f64() / idle.as_secs_f64(),
        resident_idle_bytes,
        due: sizes.due,
        fires_p50: figures::quantile(&fires, 0.5),
        fires_p99: figures::quantile(&fires, 0.99),
        fires_max: figures::quantile(&fires, 1.0),
        timers_p50: figures::quantile(&timers, 0.5),
        timers_p99: figures::quantile(&timers, 0.99),
        timers_max: figures::quantile(&timers, 1.0),
        resident_due_bytes,
    })
}
