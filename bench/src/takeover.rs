//! Takeover: an instance fails over and over; from then until its runs get on at another one.
//!
//! A takeover is over once each of the runs has begun a step that it had not begun before: then an earlier
//! one, which was under way, is durable by the other instance.

use std::{
    collections::HashMap,
    net::IpAddr,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use clap::ValueEnum;
use futures::future::try_join_all;
use gathering_testkit::postgres::PrivateServer;
use serde::Serialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{sync::mpsc, time::timeout};

use crate::{
    Options, figures,
    hosts::{self, Host},
    http::{Client, Target},
    process::{Server, UNLIMITED},
};

/// Runs that an instance has when it fails.
const RUNS: usize = 5;
/// Steps of each: more than there is time for. The rest is cancelled.
const STEPS: usize = 300;
/// How long the target takes to answer one.
const STEP_TIME: Duration = Duration::from_millis(50);
/// Steps that each run has begun before the other instance is started.
const BEGUN: usize = 2;
/// How long the two know each other before one fails.
const SETTLE: Duration = Duration::from_millis(700);
/// What comes so soon after the failure was on its way before.
const ON_ITS_WAY: Duration = Duration::from_millis(20);
/// How long to wait for the next step before the benchmark gives up.
const GIVE_UP: Duration = Duration::from_mins(1);
/// How many pairs of instances, each with a database of its own, are measured side by side where most of the
/// time is silence.
const LANES: usize = 4;

/// What happens to the instance that has the runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Failure {
    /// It is killed.
    Killed,
    /// It stands still.
    Paused,
    /// The link of its host is cut.
    Vanished,
}

/// What was measured of one kind of failure.
#[derive(Debug, Serialize)]
struct Row {
    failure: Failure,
    takeovers: usize,
    /// Until the first run got on, and until all did.
    first: Spread,
    all: Spread,
}

#[derive(Debug, Serialize)]
struct Spread {
    p50: Duration,
    p99: Duration,
    max: Duration,
}

impl figures::Row for Row {
    fn cells(&self) -> Vec<(&'static str, String)> {
        let failure = match self.failure {
            Failure::Killed => "killed",
            Failure::Paused => "paused",
            Failure::Vanished => "host vanished",
        };
        vec![
            ("failure", failure.to_owned()),
            ("takeovers", self.takeovers.to_string()),
            ("first run p50 ms", figures::millis(self.first.p50)),
            ("first run p99 ms", figures::millis(self.first.p99)),
            ("first run max ms", figures::millis(self.first.max)),
            ("all runs p50 ms", figures::millis(self.all.p50)),
            ("all runs p99 ms", figures::millis(self.all.p99)),
            ("all runs max ms", figures::millis(self.all.max)),
        ]
    }
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    if hosts::is_inside() {
        hosts::make_hub()?;
        return report(&[measure(Failure::Vanished, options.takeovers).await?]);
    }
    let wants = |failure| options.failure.is_empty() || options.failure.contains(&failure);
    let mut rows = Vec::new();
    for failure in [Failure::Killed, Failure::Paused] {
        if wants(failure) {
            rows.push(measure(failure, options.takeovers).await?);
        }
    }
    if !rows.is_empty() {
        report(&rows)?;
    }
    if wants(Failure::Vanished) {
        let takeovers = options.takeovers.to_string();
        let arguments = ["takeover", "--failure", "vanished", "--takeovers", &takeovers];
        hosts::run_inside(&arguments.map(str::to_owned))?;
    }
    Ok(())
}

fn report(rows: &[Row]) -> anyhow::Result<()> {
    let vanished = rows.iter().any(|row| row.failure == Failure::Vanished);
    let id = if vanished { "takeover-vanished" } else { "takeover" };
    let title = format!("an instance with {RUNS} runs fails; until they get on elsewhere");
    figures::report(id, &title, rows)
}

async fn measure(failure: Failure, takeovers: usize) -> anyhow::Result<Row> {
    // Who takes over from a killed one is busy at once, and shares the machine with nobody.
    let lanes = if failure == Failure::Killed { 1 } else { LANES.min(takeovers) };
    let share = |lane: usize| takeovers / lanes + usize::from(lane < takeovers % lanes);
    let samples = try_join_all((0..lanes).map(|lane| measure_lane(failure, share(lane)))).await?;
    let (mut first, mut all): (Vec<_>, Vec<_>) = samples.into_iter().flatten().unzip();
    Ok(Row {
        failure,
        takeovers: all.len(),
        first: Spread::of(&mut first),
        all: Spread::of(&mut all),
    })
}

impl Spread {
    fn of(samples: &mut [Duration]) -> Self {
        samples.sort_unstable();
        let at = |share| figures::quantile(samples, share);
        Self { p50: at(0.5), p99: at(0.99), max: at(1.0) }
    }
}

/// One database, and one instance after the other on it.
struct Lane {
    failure: Failure,
    database: String,
    allowed: String,
    /// The first one's holds the key of the secrets, which all share.
    folders: Vec<TempDir>,
}

/// An instance, on this host or on one of its own.
enum Instance {
    Here(Server),
    Elsewhere(Host),
}

async fn measure_lane(
    failure: Failure,
    takeovers: usize,
) -> anyhow::Result<Vec<(Duration, Duration)>> {
    let postgres = PrivateServer::start().await?;
    let (mut database, mut own) = (postgres.url(), IpAddr::from([127, 0, 0, 1]));
    if failure == Failure::Vanished {
        postgres.admit(hosts::NETWORK)?;
        postgres.restart().await?;
        own = hosts::HUB;
        database = database.replace("127.0.0.1", &own.to_string());
    }
    let (told, mut hits) = mpsc::unbounded_channel();
    let target = Target::start_on(own, told, STEP_TIME).await?;
    let mut lane = Lane { failure, database, allowed: format!("{own}/32"), folders: Vec::new() };
    let mut present = lane.start().await?;
    let token = present.server().sign_in().await?.into_token()?;
    let pipeline = define(&mut present.client(&token).await?, &target).await?;
    let mut samples = Vec::new();
    for takeover in 0..takeovers {
        let mut client = present.client(&token).await?;
        let runs = begin(&mut client, &pipeline, takeover).await?;
        let mut seen = Seen { takeover, last: HashMap::new() };
        while seen.last.len() < RUNS || seen.last.values().any(|step| *step < BEGUN) {
            seen.take(&next(&mut hits).await?);
        }
        let other = lane.start().await?;
        tokio::time::sleep(SETTLE).await;
        let failed_at = Instant::now();
        present.fail(failure)?;
        samples.push(seen.got_on(&mut hits, failed_at).await?);
        drop(present);
        present = other;
        let mut client = present.client(&token).await?;
        for run in runs {
            client.post(&format!("/api/v1/runs/{run}/cancel"), &json!({})).await?.success()?;
        }
        if lane.folders.len() > 3 {
            lane.folders.remove(1);
        }
    }
    Ok(samples)
}

impl Lane {
    /// Starts another instance, and waits until it is ready.
    async fn start(&mut self) -> anyhow::Result<Instance> {
        let folder = gathering_testkit::temp_dir();
        if let Some(first) = self.folders.first() {
            let key = Path::new("secrets.key");
            std::fs::copy(first.path().join(key), folder.path().join(key))?;
        }
        let mut variables = UNLIMITED.to_vec();
        variables.push(("GATHERING_EGRESS_ALLOW_PRIVATE", &self.allowed));
        // They warn of what is done to them.
        variables.push(("GATHERING_LOG_LEVEL", "error"));
        let instance = match self.failure {
            Failure::Killed | Failure::Paused => {
                let started = Server::start_with(folder.path(), Some(&self.database), &variables);
                Instance::Here(started.await?)
            }
            Failure::Vanished => {
                Instance::Elsewhere(Host::start(folder.path(), &self.database, &variables).await?)
            }
        };
        self.folders.push(folder);
        Ok(instance)
    }
}

impl Instance {
    const fn server(&self) -> &Server {
        match self {
            Self::Here(server) | Self::Elsewhere(Host { server, .. }) => server,
        }
    }

    async fn client(&self, token: &str) -> anyhow::Result<Client> {
        Client::connect(self.server().address, Some(token.to_owned())).await
    }

    fn fail(&mut self, failure: Failure) -> anyhow::Result<()> {
        match (self, failure) {
            (Self::Here(server), Failure::Killed) => Ok(server.child().kill()?),
            (Self::Here(server), Failure::Paused) => server.pause(),
            (Self::Elsewhere(host), Failure::Vanished) => host.cut(),
            (Self::Here(_) | Self::Elsewhere(_), _) => bail!("an instance cannot fail like that"),
        }
    }
}

/// Stores a pipeline of steps one after the other.
async fn define(client: &mut Client, target: &Target) -> anyhow::Result<String> {
    let mut nodes = vec![json!({ "id": "start", "type": "trigger" })];
    let mut edges = Vec::new();
    let mut from = "start".to_owned();
    for step in 0..STEPS {
        let id = format!("step_{step}");
        let url = format!("http://{}/{{{{ input.n }}}}/{step}", target.address);
        let config = json!({ "kind": "http", "method": "PUT", "url": url });
        nodes.push(json!({ "id": id, "type": "action", "config": config }));
        edges.push(json!({ "from": from, "to": id }));
        from = id;
    }
    let definition = json!({ "name": "many_steps", "nodes": nodes, "edges": edges });
    let pipeline = client.post("/api/v1/pipelines", &definition).await?.success()?;
    Ok(pipeline["id"].as_str().context("the pipeline has no id")?.to_owned())
}

/// Starts the runs of a takeover, and answers their ids.
async fn begin(
    client: &mut Client,
    pipeline: &str,
    takeover: usize,
) -> anyhow::Result<Vec<String>> {
    let mut ids = Vec::new();
    for nth in 0..RUNS {
        let body = json!({ "input": { "n": format!("{takeover}/{nth}") } });
        let run: Value =
            client.post(&format!("/api/v1/pipelines/{pipeline}/runs"), &body).await?.success()?;
        ids.push(run["id"].as_str().context("the run has no id")?.to_owned());
    }
    Ok(ids)
}

type Hit = (String, Instant);

async fn next(hits: &mut mpsc::UnboundedReceiver<Hit>) -> anyhow::Result<Hit> {
    let hit = timeout(GIVE_UP, hits.recv()).await.context("no step for too long")?;
    hit.context("the target has gone")
}

/// How far the runs of a takeover are: the last step of each that arrived.
struct Seen {
    takeover: usize,
    last: HashMap<usize, usize>,
}

impl Seen {
    /// Takes an arrival in, and answers whose it is, if it is the first of its step.
    fn take(&mut self, (path, _): &Hit) -> Option<usize> {
        let parts: Vec<usize> = path.split('/').filter_map(|part| part.parse().ok()).collect();
        let [takeover, run, step] = parts[..] else { return None };
        if takeover != self.takeover {
            return None;
        }
        let is_new = self.last.get(&run).is_none_or(|last| step > *last);
        if is_new {
            self.last.insert(run, step);
        }
        is_new.then_some(run)
    }

    /// Waits until all runs have got on, and answers how long the first one took, and the last one.
    async fn got_on(
        &mut self,
        hits: &mut mpsc::UnboundedReceiver<Hit>,
        failed_at: Instant,
    ) -> anyhow::Result<(Duration, Duration)> {
        let mut after: HashMap<usize, Duration> = HashMap::new();
        while after.len() < RUNS {
            let hit = next(hits).await?;
            let run = self.take(&hit);
            let since = hit.1.saturating_duration_since(failed_at);
            if let Some(run) = run.filter(|_| since > ON_ITS_WAY) {
                after.entry(run).or_insert(since);
            }
        }
        let (first, last) = (after.values().min(), after.values().max());
        first.copied().zip(last.copied()).context("there are no runs")
    }
}
