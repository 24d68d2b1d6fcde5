//! W1: a run of ten sequential no-op steps, each result durable before the next.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use gathering_domain::RunId;
use gathering_storage::DatabaseOptions;
use gathering_testkit::Place;
use gathering_worker::Performers;
use serde::Serialize;
use tokio::sync::{broadcast::error::RecvError, oneshot};

use crate::{
    Options, figures,
    node::Node,
    steps::{NoOp, STEPS, StepMachines},
};

#[derive(Debug, Serialize)]
struct Row {
    store: String,
    instances: usize,
    concurrent: usize,
    runs: usize,
    steps_per_second: f64,
    run_p50_ms: f64,
    run_p99_ms: f64,
    index_caught_up_after_ms: f64,
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for store in ["sqlite", "postgres"] {
        if !options.uses(store) {
            continue;
        }
        for (instances, concurrent) in [(1, 1), (1, 16), (1, 64), (1, 1000), (2, 64)] {
            if instances == 2 && store == "sqlite" {
                continue;
            }
            rows.push(
                measure(store, instances, concurrent, Duration::from_secs(options.seconds)).await?,
            );
        }
    }
    let lines: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            vec![
                row.store.clone(),
                row.instances.to_string(),
                row.concurrent.to_string(),
                format!("{:.0}", row.steps_per_second),
                format!("{:.2}", row.run_p50_ms),
                format!("{:.2}", row.run_p99_ms),
                format!("{:.0}", row.index_caught_up_after_ms),
            ]
        })
        .collect();
    let names = [
        "store",
        "instances",
        "concurrent",
        "steps/s",
        "run p50 ms",
        "run p99 ms",
        "index caught up after ms",
    ];
    figures::table("W1: runs of 10 sequential durable no-op steps", &names, &lines);
    figures::save("w1", &rows)
}

async fn measure(
    store: &str,
    instances: usize,
    concurrent: usize,
    time: Duration,
) -> anyhow::Result<Row> {
    let place = if store == "sqlite" { Place::sqlite() } else { Place::postgres().await };
    let mut nodes = Vec::new();
    for _ in 0..instances {
        let database = match (place.directory(), place.url()) {
            (Some(directory), _) => DatabaseOptions::sqlite(directory),
            (None, Some(url)) => DatabaseOptions::postgres(url),
            (None, None) => anyhow::bail!("a place without an address"),
        };
        let performers = Performers::default().with("no_op", Arc::new(NoOp));
        nodes
            .push(Arc::new(Node::open(database, Arc::new(StepMachines::new()), performers).await?));
    }
    let begun = Instant::now();
    let until = begun + time;
    let mut clients = tokio::task::JoinSet::new();
    for node in &nodes {
        let waiters = Waiters::watch(node);
        for _ in 0..concurrent / instances {
            clients.spawn(client(Arc::clone(node), waiters.clone(), until));
        }
    }
    let mut samples: Vec<Duration> = Vec::new();
    while let Some(client) = clients.join_next().await {
        samples.extend(client??);
    }
    let took = begun.elapsed();
    let lag = Instant::now();
    nodes[0].caught_up().await?;
    let lag = lag.elapsed();
    samples.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "counts of steps")]
    let steps = (samples.len() * STEPS) as f64;
    let row = Row {
        store: store.to_owned(),
        instances,
        concurrent,
        runs: samples.len(),
        steps_per_second: steps / took.as_secs_f64(),
        run_p50_ms: figures::quantile(&samples, 0.5).as_secs_f64() * 1_000.0,
        run_p99_ms: figures::quantile(&samples, 0.99).as_secs_f64() * 1_000.0,
        index_caught_up_after_ms: lag.as_secs_f64() * 1_000.0,
    };
    for node in nodes {
        if let Ok(node) = Arc::try_unwrap(node) {
            node.close().await;
        }
    }
    Ok(row)
}

async fn client(
    node: Arc<Node>,
    waiters: Waiters,
    until: Instant,
) -> anyhow::Result<Vec<Duration>> {
    let mut samples = Vec::new();
    while Instant::now() < until {
        let begun = Instant::now();
        let run_id = node.start().await?;
        waiters.wait(run_id).await;
        samples.push(begun.elapsed());
    }
    Ok(samples)
}

/// Who waits for the end of which run.
#[derive(Clone, Default)]
struct Waiters(Arc<std::sync::Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    waiting: HashMap<RunId, oneshot::Sender<()>>,
    /// Runs that ended before anybody asked.
    ended: std::collections::HashSet<RunId>,
}

impl Waiters {
    fn watch(node: &Node) -> Self {
        let waiters = Self::default();
        let (told, mut finished) = (waiters.clone(), node.handle.finished());
        #[expect(clippy::disallowed_methods, reason = "ends with the worker whose ends it hears")]
        tokio::spawn(async move {
            loop {
                match finished.recv().await {
                    Ok(run_id) => told.tell(run_id),
                    Err(RecvError::Lagged(missed)) => panic!("missed the end of {missed} runs"),
                    Err(RecvError::Closed) => return,
                }
            }
        });
        waiters
    }

    fn tell(&self, run_id: RunId) {
        let mut waiting = self.0.lock().expect("no holder panics");
        match waiting.waiting.remove(&run_id) {
            Some(waiter) => {
                let _ = waiter.send(());
            }
            None => {
                waiting.ended.insert(run_id);
            }
        }
    }

    async fn wait(&self, run_id: RunId) {
        let (sender, receiver) = oneshot::channel();
        {
            let mut waiting = self.0.lock().expect("no holder panics");
            if waiting.ended.remove(&run_id) {
                return;
            }
            waiting.waiting.insert(run_id, sender);
        }
        let _ = receiver.await;
    }
}
