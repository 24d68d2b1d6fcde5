//! Fills a store: one run and some schedules are made through the API, and multiplied in the store.

use anyhow::{Context as _, bail};
use futures::{TryStreamExt as _, stream};
use gathering_domain::{Clock as _, Duration, ProjectId, RunId, ScheduleId, Waiting};
use gathering_engine::{EntryBody, OnCost, Origin};
use gathering_storage::{
    Append, Database, DatabaseOptions, LoadedRun, NewRun, RunChange, Unit, load,
    schedules::{self, Next, PutSchedule, ScheduleRow},
};
use gathering_testkit::Place;
use gathering_worker::Performers;
use serde_json::{Value, json};

use crate::{
    Sizes,
    http::{Client, Target},
    node::{Ambient, Node},
    steps::StepMachines,
};

/// Runs that are written at a time: they share commits.
const AT_ONCE: usize = 2_048;
/// Schedules of one unit of writes.
const OF_A_UNIT: usize = 500;
/// Schedules that one project may have.
const OF_A_PROJECT: usize = 10_000;
/// How far away everything is that is not to be due: half a year.
const FAR: Duration = Duration::from_secs(182 * 86_400);
/// How far apart the runs wake, so that the index of that is as it would be.
const APART_MICROS: u64 = 1_000_000;

/// What is multiplied, and what is made in the same way.
pub(super) struct Patterns {
    /// The pipeline of the waiting runs.
    pub(super) pipeline: String,
    /// What schedules start: a request to the target.
    pub(super) action: Value,
    project: ProjectId,
    run: RunId,
    schedules: Vec<ScheduleId>,
    /// Of the schedules that are not due.
    projects: Vec<ProjectId>,
}

/// Makes what is to be multiplied.
pub(super) async fn patterns(
    client: &mut Client,
    target: &Target,
    schedules: usize,
) -> anyhow::Result<Patterns> {
    let to = |path: &str| {
        let url = format!("http://{}/{path}", target.address);
        json!({ "kind": "http", "method": "PUT", "url": url })
    };
    let action = json!({ "type": "action", "config": to("fired/{{ input.slot }}") });
    let definition = json!({
        "name": "wakes",
        "nodes": [
            { "id": "start", "type": "trigger" },
            { "id": "rest", "type": "delay", "config": { "until": "{{ input.at }}" } },
            { "id": "call", "type": "action", "config": to("woke/{{ input.at }}") },
        ],
        "edges": [{ "from": "start", "to": "rest" }, { "from": "rest", "to": "call" }],
    });
    let pipeline = client.post("/api/v1/pipelines", &definition).await?.success()?;
    let pipeline = text(&pipeline, "id")?;
    let far = (Ambient.now() + FAR).to_rfc3339();
    let path = format!("/api/v1/pipelines/{pipeline}/runs");
    let run = client.post(&path, &json!({ "input": { "at": far } })).await?.success()?;
    let (project, run) = (text(&run, "project_id")?.parse()?, text(&run, "id")?);
    waits(client, &run).await?;
    let month = far.get(5..7).context("an instant has a month")?;
    let timings = [
        json!({ "type": "once", "at": far }),
        json!({ "type": "interval", "every": "30d", "anchor": far }),
        json!({ "type": "cron", "expression": format!("30 9 * {month} MON-FRI"), "zone": "Europe/Paris" }),
    ];
    let mut made = Vec::new();
    for (nth, timing) in timings.into_iter().enumerate() {
        let body = json!({ "name": format!("pattern {nth}"), "timing": timing, "action": action });
        let schedule = client.post("/api/v1/schedules", &body).await?.success()?;
        made.push(text(&schedule, "id")?.parse()?);
    }
    let mut projects = Vec::new();
    for nth in 0..schedules.div_ceil(OF_A_PROJECT) {
        let body = json!({ "name": format!("project {nth}") });
        let made = client.post("/api/v1/projects", &body).await?.success()?;
        projects.push(text(&made, "id")?.parse()?);
    }
    Ok(Patterns { pipeline, action, project, run: run.parse()?, schedules: made, projects })
}

/// Waits until the run rests.
async fn waits(client: &mut Client, run: &str) -> anyhow::Result<()> {
    loop {
        let found = client.get(&format!("/api/v1/runs/{run}")).await?.success()?;
        match found["status"].as_str() {
            Some("waiting") => return Ok(()),
            Some("queued" | "running") => {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            _ => bail!("the run that was to wait does not: {found}"),
        }
    }
}

pub(super) fn text(value: &Value, name: &str) -> anyhow::Result<String> {
    let found = value[name].as_str().with_context(|| format!("no `{name}` in {value}"))?;
    Ok(found.to_owned())
}

/// Writes as many as are wanted, as they would be if each had been made by itself.
pub(super) async fn multiply(
    place: &Place,
    patterns: &Patterns,
    sizes: &Sizes,
) -> anyhow::Result<()> {
    let options = match (place.directory(), place.url()) {
        (Some(directory), _) => DatabaseOptions::sqlite(directory),
        (None, Some(url)) => DatabaseOptions::postgres(url),
        (None, None) => bail!("a place without an address"),
    };
    let node = Node::open(options, std::sync::Arc::new(StepMachines::new()), Performers::default())
        .await?;
    let run = load(&node.database, patterns.run).await?.context("the run is gone")?;
    let runs = stream::iter((1..=sizes.runs).map(Ok::<_, anyhow::Error>));
    runs.try_for_each_concurrent(AT_ONCE, |nth| waiting(&node, &run, nth)).await?;
    fill_schedules(&node.database, patterns, sizes.schedules).await?;
    node.caught_up().await?;
    node.close().await;
    Ok(())
}

/// Another run that waits like this one, a little longer.
async fn waiting(node: &Node, like: &LoadedRun, nth: usize) -> anyhow::Result<()> {
    let (run_id, now) = (RunId::next(&Ambient), Ambient.now());
    let (row, instance) = (&like.row, node.writer.instance());
    let mut started = like.entries.first().context("a journal begins")?.clone();
    let EntryBody::RunStarted(body) = &mut started.body else { bail!("a journal without a start") };
    body.origin = Origin::root(run_id);
    let run = NewRun {
        id: run_id,
        project_id: row.project_id,
        actor: row.actor,
        machine: row.machine.clone(),
        title: row.title.clone(),
        trigger: row.trigger.clone(),
        definition_id: row.definition_id,
        definition_version_id: row.definition_version_id,
        still_at: None,
        owner: Some(instance),
        priority: row.priority,
        limits: row.limits.clone(),
        deadline: None,
        origin: Origin::root(run_id),
        first_run_id: run_id,
        budget: None,
        on_cost: OnCost::Fail,
        idempotency: None,
        fire: None,
        starter: None,
        delivery: None,
        counted: None,
    };
    node.writer.append(Append::create(instance, now, run, vec![started])).await?;
    let mut rests = Append::new(instance, run_id, row.project_id, now);
    rests.entries = like.entries.get(1..).unwrap_or_default().to_vec();
    let wakes = row.runnable_at.context("the run waits for a time")?;
    let wakes = wakes + Duration::from_micros(u64::try_from(nth)? * APART_MICROS);
    rests.change =
        RunChange::Parked { waiting: Waiting::Timer, wake_at: Some(wakes), pokes_seen: 0 };
    let rested = node.writer.append(rests).await?;
    if rested.owned {
        bail!("a run that was to wait does not");
    }
    Ok(())
}

async fn fill_schedules(
    database: &Database,
    patterns: &Patterns,
    count: usize,
) -> anyhow::Result<()> {
    let mut like = Vec::new();
    for id in &patterns.schedules {
        let found = schedules::find(patterns.project, *id).first(database).await?;
        like.push(found.context("a schedule is gone")?);
    }
    let all: Vec<usize> = (0..count).collect();
    for some in all.chunks(OF_A_UNIT) {
        let unit = some.iter().try_fold(Unit::new(), |unit, nth| {
            let project =
                patterns.projects.get(nth / OF_A_PROJECT).context("a project is missing")?;
            let like = &like[nth % like.len()];
            anyhow::Ok(unit.with(schedules::insert(&another(like, *project, *nth)).into()))
        })?;
        database.apply(unit).await?;
    }
    Ok(())
}

fn another(like: &ScheduleRow, project_id: ProjectId, nth: usize) -> PutSchedule {
    let like = like.clone();
    PutSchedule {
        id: ScheduleId::next(&Ambient),
        project_id,
        name: format!("schedule {nth}"),
        actor: like.actor,
        api_key_id: like.api_key_id,
        timing: like.timing,
        policy: like.policy,
        action: like.action,
        next: Next { slot: like.next_slot, due: like.due_at },
        heeds_ends: false,
        now: Ambient.now(),
    }
}
