//! W3: the server fails amid many runs; from then until they all go on, and whether anything was lost.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::{sync::mpsc, time::timeout};

use crate::{
    Options, Store, figures,
    http::{Client, Target},
    process::Server,
};

/// Runs that are under way when the server fails.
const RUNS: usize = 200;
/// Steps of each, one after the other.
const STEPS: usize = 10;
/// How long the target takes to answer one.
const STEP_TIME: Duration = Duration::from_millis(100);
/// Steps that each run has begun, on average, when the server fails.
const FAIL_AFTER: usize = 4;
/// How long to wait for the next step, or for the ends, before the benchmark gives up.
const GIVE_UP: Duration = Duration::from_secs(30);

/// What happens to the server that has the runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Failure {
    /// It is killed and started again; times count from the start.
    Restart,
    /// It is killed, and another instance is there; times count from the kill.
    Killed,
    /// It stands still, and another instance is there; times count from then.
    Paused,
}

#[derive(Debug, Serialize)]
struct Row {
    store: Store,
    failure: Failure,
    runs_lost: usize,
    settled_steps_repeated: usize,
    steps_in_flight_repeated: usize,
    first_step_after: Duration,
    all_going_on_after: Duration,
    last_step_after: Duration,
}

impl figures::Row for Row {
    fn cells(&self) -> Vec<(&'static str, String)> {
        let failure = match self.failure {
            Failure::Restart => "killed, restarted",
            Failure::Killed => "killed, second instance",
            Failure::Paused => "paused, second instance",
        };
        vec![
            ("store", self.store.name().to_owned()),
            ("failure", failure.to_owned()),
            ("runs lost", self.runs_lost.to_string()),
            ("settled steps repeated", self.settled_steps_repeated.to_string()),
            ("steps in flight repeated", self.steps_in_flight_repeated.to_string()),
            ("first step after ms", figures::millis(self.first_step_after)),
            ("all going on after ms", figures::millis(self.all_going_on_after)),
            ("last step after ms", figures::millis(self.last_step_after)),
        ]
    }
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for store in options.stores() {
        rows.push(measure(store, Failure::Restart).await?);
        if store == Store::Postgres {
            rows.push(measure(store, Failure::Killed).await?);
            rows.push(measure(store, Failure::Paused).await?);
        }
    }
    let title = format!("the server fails amid {RUNS} runs of {STEPS} steps of {STEP_TIME:?}");
    figures::report("w3", &title, &rows)
}

async fn measure(store: Store, failure: Failure) -> anyhow::Result<Row> {
    let place = store.place().await;
    let folders = [gathering_testkit::temp_dir(), gathering_testkit::temp_dir()];
    let data_dir = place.directory().unwrap_or_else(|| folders[0].path().to_owned());
    let server = Server::start(&data_dir, place.url()).await?;
    let second = match failure {
        Failure::Restart => None,
        Failure::Killed | Failure::Paused => {
            // Instances on one database share the key of its secrets.
            let key = Path::new("secrets.key");
            std::fs::copy(data_dir.join(key), folders[1].path().join(key))?;
            Some(Server::start(folders[1].path(), place.url()).await?)
        }
    };
    let (told, mut hits) = mpsc::unbounded_channel();
    let target = Target::start(told, STEP_TIME).await?;
    start_runs(&mut server.sign_in().await?, &target).await?;

    let mut before = Seen::default();
    while before.hits < RUNS * FAIL_AFTER {
        before.take(next(&mut hits).await?)?;
    }
    let (failed_at, _paused, alive) = match (failure, second) {
        (Failure::Paused, Some(second)) => {
            server.pause()?;
            (Instant::now(), Some(server), second)
        }
        (_, Some(second)) => {
            server.kill()?;
            (Instant::now(), None, second)
        }
        (_, None) => {
            server.kill()?;
            let restarted_at = Instant::now();
            (restarted_at, None, Server::start(&data_dir, place.url()).await?)
        }
    };
    let mut after = Seen::default();
    while !before.complete_with(&after) {
        let hit = next(&mut hits).await?;
        // What had been sent before the failure may arrive late.
        if hit.1 < failed_at { before.take(hit)? } else { after.take(hit)? }
    }
    let since = |at: Option<Instant>| {
        at.map_or(Duration::ZERO, |at| at.saturating_duration_since(failed_at))
    };
    let going_on = after.first_of_run.values().max().copied();
    let row = Row {
        store,
        failure,
        runs_lost: RUNS - succeeded(&mut alive.sign_in().await?).await?,
        settled_steps_repeated: before.repeated(&after, true),
        steps_in_flight_repeated: before.repeated(&after, false),
        first_step_after: since(after.first_of_run.values().min().copied()),
        all_going_on_after: since(going_on),
        last_step_after: since(after.last),
    };
    alive.kill()?;
    Ok(row)
}

async fn start_runs(client: &mut Client, target: &Target) -> anyhow::Result<()> {
    let ids: Vec<String> = (0..STEPS).map(|step| format!("step_{step}")).collect();
    let mut nodes = vec![json!({ "id": "start", "type": "trigger" })];
    nodes.extend(ids.iter().enumerate().map(|(step, id)| {
        let url = format!("http://{}/{{{{ input.n }}}}/{step}", target.address);
        json!({ "id": id, "type": "action", "config": { "kind": "http", "method": "PUT", "url": url } })
    }));
    let sources = std::iter::once("start").chain(ids.iter().map(String::as_str));
    let edges: Vec<Value> =
        sources.zip(&ids).map(|(from, to)| json!({ "from": from, "to": to })).collect();
    let definition = json!({ "name": "many_steps", "nodes": nodes, "edges": edges });
    let pipeline = client.post("/api/v1/pipelines", &definition).await?.success()?;
    let id = pipeline["id"].as_str().context("the pipeline has no id")?;
    for n in 0..RUNS {
        let body = json!({ "input": { "n": n.to_string() } });
        client.post(&format!("/api/v1/pipelines/{id}/runs"), &body).await?.success()?;
    }
    Ok(())
}

/// Waits until as many runs as possible have succeeded, and counts them.
async fn succeeded(client: &mut Client) -> anyhow::Result<usize> {
    let begun = Instant::now();
    loop {
        let path = format!("/api/v1/runs?status=succeeded&limit={RUNS}");
        let page = client.get(&path).await?.success()?;
        let count = page["items"].as_array().context("the list of runs has no items")?.len();
        if count >= RUNS || begun.elapsed() > GIVE_UP {
            return Ok(count);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

type Hit = (String, Instant);

async fn next(hits: &mut mpsc::UnboundedReceiver<Hit>) -> anyhow::Result<Hit> {
    let hit = timeout(GIVE_UP, hits.recv()).await.context("no step for too long")?;
    hit.context("the target has gone")
}

/// Which steps arrived at the target.
#[derive(Default)]
struct Seen {
    hits: usize,
    steps: HashSet<(usize, usize)>,
    first_of_run: HashMap<usize, Instant>,
    last: Option<Instant>,
}

impl Seen {
    fn take(&mut self, (path, at): Hit) -> anyhow::Result<()> {
        let (run, step) =
            path.trim_start_matches('/').split_once('/').context("not a step's path")?;
        let (run, step) = (run.parse()?, step.parse()?);
        self.hits += 1;
        self.steps.insert((run, step));
        self.first_of_run.entry(run).or_insert(at);
        self.last = Some(at);
        Ok(())
    }

    /// Whether every step has arrived, before or after.
    fn complete_with(&self, after: &Self) -> bool {
        let again = self.steps.intersection(&after.steps).count();
        self.steps.len() + after.steps.len() - again == RUNS * STEPS
    }

    /// Steps that arrived again. One is known to have been settled if the step behind it had begun.
    fn repeated(&self, after: &Self, settled: bool) -> usize {
        let again = self.steps.intersection(&after.steps);
        again.filter(|(run, step)| self.steps.contains(&(*run, step + 1)) == settled).count()
    }
}
