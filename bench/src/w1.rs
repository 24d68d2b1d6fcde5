//! W1: a run of ten sequential no-op steps, each result durable before the next.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use gathering_domain::RunId;
use gathering_storage::DatabaseOptions;
use gathering_worker::Performers;
use serde::Serialize;
use tokio::sync::{broadcast::error::RecvError, oneshot};

use crate::{
    Options, Store, figures,
    node::Node,
    process,
    steps::{NoOp, STEPS, StepMachines},
};

#[derive(Debug, Serialize)]
struct Row {
    store: Store,
    instances: usize,
    concurrent: usize,
    runs: usize,
    steps_per_second: f64,
    run_p50: Duration,
    run_p99: Duration,
    index_caught_up_after: Duration,
    processor_us_per_step: f64,
}

impl figures::Row for Row {
    fn cells(&self) -> Vec<(&'static str, String)> {
        vec![
            ("store", self.store.name().to_owned()),
            ("instances", self.instances.to_string()),
            ("concurrent", self.concurrent.to_string()),
            ("steps/s", format!("{:.0}", self.steps_per_second)),
            ("run p50 ms", figures::millis(self.run_p50)),
            ("run p99 ms", figures::millis(self.run_p99)),
            ("index caught up after ms", figures::millis(self.index_caught_up_after)),
            ("processor µs/step", format!("{:.1}", self.processor_us_per_step)),
        ]
    }
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for store in options.stores() {
        for (instances, concurrent) in [(1, 1), (1, 16), (1, 64), (1, 1000), (2, 64), (2, 128)] {
            let wanted = options.concurrent.is_empty() || options.concurrent.contains(&concurrent);
            if wanted && (instances == 1 || store == Store::Postgres) {
                let time = Duration::from_secs(options.seconds);
                rows.push(measure(store, instances, concurrent, time).await?);
            }
        }
    }
    figures::report("w1", "runs of 10 sequential durable no-op steps", &rows)
}

async fn measure(
    store: Store,
    instances: usize,
    concurrent: usize,
    time: Duration,
) -> anyhow::Result<Row> {
    let place = store.place().await;
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
    let (begun, cpu) = (Instant::now(), process::processor_time(std::process::id())?);
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
    let cpu = process::processor_time(std::process::id())?.saturating_sub(cpu);
    let lag = Instant::now();
    nodes[0].caught_up().await?;
    let lag = lag.elapsed();
    samples.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "counts of steps")]
    let steps = (samples.len() * STEPS) as f64;
    let row = Row {
        store,
        instances,
        concurrent,
        runs: samples.len(),
        steps_per_second: steps / took.as_secs_f64(),
        run_p50: figures::quantile(&samples, 0.5),
        run_p99: figures::quantile(&samples, 0.99),
        index_caught_up_after: lag,
        processor_us_per_step: cpu.as_secs_f64() * 1e6 / steps,
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
