//! A flood of sign-ins: what others feel of it.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::ensure;
use serde::Serialize;
use serde_json::json;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    Options, Store, figures,
    http::Client,
    process::{EMAIL, Server, UNLIMITED},
};

/// Clients that sign in at the same time, each from an address of its own.
const SIGN_INS: u8 = 200;
/// How long a client waits that was told to come back: not as long as it was told.
const IMPATIENT: Duration = Duration::from_millis(100);
/// How often the others ask.
const EVERY: Duration = Duration::from_millis(10);
/// Runs that are listed.
const RUNS: usize = 50;

#[derive(Debug, Serialize)]
struct Row {
    store: Store,
    rates: &'static str,
    runs_p50_before: Duration,
    runs_p99_before: Duration,
    runs_p50: Duration,
    runs_p99: Duration,
    health_p99: Duration,
    health_max: Duration,
    checked_per_second: u64,
    refused_per_second: u64,
}

impl figures::Row for Row {
    fn cells(&self) -> Vec<(&'static str, String)> {
        vec![
            ("store", self.store.name().to_owned()),
            ("rates", self.rates.to_owned()),
            ("runs p50 ms, idle", figures::millis(self.runs_p50_before)),
            ("runs p99 ms, idle", figures::millis(self.runs_p99_before)),
            ("runs p50 ms, flood", figures::millis(self.runs_p50)),
            ("runs p99 ms, flood", figures::millis(self.runs_p99)),
            ("healthz p99 ms", figures::millis(self.health_p99)),
            ("healthz max ms", figures::millis(self.health_max)),
            ("passwords checked/s", self.checked_per_second.to_string()),
            ("refused/s", self.refused_per_second.to_string()),
        ]
    }
}

#[derive(Debug, Default)]
struct Answers {
    checked: AtomicU64,
    refused: AtomicU64,
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let time = Duration::from_secs(options.seconds);
    let mut rows = Vec::new();
    for store in options.stores() {
        rows.push(measure(store, "off", UNLIMITED, time).await?);
        rows.push(measure(store, "usual", &[], time).await?);
    }
    let title = "200 sign-ins at the same time, and what others feel of it";
    figures::report("flood", title, &rows)
}

async fn measure(
    store: Store,
    rates: &'static str,
    variables: &[(&str, &str)],
    time: Duration,
) -> anyhow::Result<Row> {
    let place = store.place().await;
    let folder = gathering_testkit::temp_dir();
    let data_dir = place.directory().unwrap_or_else(|| folder.path().to_owned());
    let server = Server::start_with(&data_dir, place.url(), variables).await?;
    let mut client = server.sign_in().await?;
    let nodes = json!([{ "id": "start", "type": "trigger" }]);
    let definition = json!({ "name": "nothing", "nodes": nodes, "edges": [] });
    let body = json!({ "what": { "type": "definition", "definition": definition } });
    for _ in 0..RUNS {
        client.post("/api/v1/runs", &body).await?.success()?;
    }
    let before = ask(&mut client, "/api/v1/runs", time).await?;

    let (stop, answers) = (CancellationToken::new(), Arc::new(Answers::default()));
    let mut flood = JoinSet::new();
    for n in 1..=SIGN_INS {
        let own = Ipv4Addr::new(127, 0, 1, n);
        flood.spawn(sign_in(own, server.address, Arc::clone(&answers), stop.clone()));
    }
    let mut health = Client::connect(server.address, None).await?;
    let (runs, health) =
        tokio::join!(ask(&mut client, "/api/v1/runs", time), ask(&mut health, "/healthz", time));
    let (runs, health) = (runs?, health?);
    stop.cancel();
    while let Some(ended) = flood.join_next().await {
        ended??;
    }
    server.kill()?;
    let per_second = |count: &AtomicU64| count.load(Ordering::Relaxed) / time.as_secs().max(1);
    Ok(Row {
        store,
        rates,
        runs_p50_before: figures::quantile(&before, 0.5),
        runs_p99_before: figures::quantile(&before, 0.99),
        runs_p50: figures::quantile(&runs, 0.5),
        runs_p99: figures::quantile(&runs, 0.99),
        health_p99: figures::quantile(&health, 0.99),
        health_max: figures::quantile(&health, 1.0),
        checked_per_second: per_second(&answers.checked),
        refused_per_second: per_second(&answers.refused),
    })
}

/// Asks again and again, and expects it to go well each time; how long it took, sorted.
async fn ask(client: &mut Client, path: &str, time: Duration) -> anyhow::Result<Vec<Duration>> {
    let (begun, mut took) = (Instant::now(), Vec::new());
    while begun.elapsed() < time {
        let asked = Instant::now();
        client.get(path).await?.success()?;
        took.push(asked.elapsed());
        tokio::time::sleep(EVERY).await;
    }
    took.sort_unstable();
    Ok(took)
}

/// Signs in with a wrong password until it is stopped.
async fn sign_in(
    own: Ipv4Addr,
    address: SocketAddr,
    answers: Arc<Answers>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let body = json!({ "email": EMAIL, "password": "wrong horse battery" });
    let mut client = Client::connect_from(own, address).await?;
    loop {
        let tried = client.post("/api/v1/auth/login", &body);
        let Some(answer) = stop.run_until_cancelled(tried).await else { return Ok(()) };
        let status = answer?.status;
        let count = if status == 401 { &answers.checked } else { &answers.refused };
        count.fetch_add(1, Ordering::Relaxed);
        if status != 401 {
            ensure!([429, 503].contains(&status), "a sign-in was answered {status}");
            if stop.run_until_cancelled(tokio::time::sleep(IMPATIENT)).await.is_none() {
                return Ok(());
            }
        }
    }
}
