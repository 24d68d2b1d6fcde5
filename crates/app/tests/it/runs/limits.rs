//! Tests of the limits that runs count against.

use std::sync::Arc;

use gathering_agents::NoCosts;
use gathering_app::{pipelines::Source, runs::Runnable};
use gathering_domain::{Clock as _, Failure, Priority, RunStatus};
use gathering_engine::{Ambient, Execution, NewChild, Outcome};
use gathering_storage::RunLimit;
use gathering_testkit::{CountingIds, Place, each_database};
use serde_json::{Value, json};

use super::start::start;
use crate::support::{Bench, agent, asks_agent, echo};

fn limit(key: String, max: u32, until_end: bool) -> RunLimit {
    RunLimit { key, max, until_end }
}

fn with(mut definition: Value, limits: Value) -> Value {
    definition["limits"] = limits;
    definition
}

/// The limits of the children that a run of this definition starts first.
async fn of_children(bench: &Bench, pipeline: Value) -> Vec<Vec<RunLimit>> {
    let loose = start(Runnable::Definition(Source::Json(pipeline)), json!({}));
    let run = bench.app.runs().start(&bench.owner, loose).await.unwrap().run.id;
    let (started, loaded) = (bench.started(run).await, bench.loaded(run).await);
    let definitions = bench.app.definitions();
    let machine = definitions.machine(&started, Arc::new(NoCosts)).await.unwrap();
    let step = {
        let mut execution = Execution::replay(run, machine, loaded.entries).unwrap();
        let ids = CountingIds::default();
        execution.step(Ambient { now: bench.clock.now(), ids: &ids, jitter: 0.5 })
    };
    let mut limits = Vec::new();
    for NewChild { mut spec, .. } in step.children {
        spec.definition = definitions.child(&started, &spec).unwrap();
        let project = bench.owner.project();
        limits.push(bench.app.runs().child_limits(project, &spec).await.unwrap());
    }
    limits
}

each_database! {
    async fn runs_count_against_the_limits_of_what_they_run(place: Place) {
        let bench = Bench::with_limit(place, 9).await;
        let (runs, owner) = (bench.app.runs(), &bench.owner);
        let project = limit(format!("project:{}", owner.project()), 9, false);
        let pipeline = with(echo("echo"), json!({ "concurrent_runs": 2 }));
        let made = bench.app.pipelines().create(owner, Source::Json(pipeline.clone()), None).await.unwrap();
        let of_pipeline = limit(format!("pipeline:{}", made.id), 2, true);
        let run = runs.start(owner, start(Runnable::Pipeline(made.id), json!({}))).await.unwrap().run.id;
        assert_eq!(bench.loaded(run).await.row.limits, [of_pipeline.clone(), project.clone()]);

        let helper = with(agent("helper"), json!({ "concurrent_turns": 3 }));
        let helper = bench.app.agents().create(owner, helper, None).await.unwrap();
        let of_agent = limit(format!("agent:{}", helper.id), 3, false);
        let turn = start(Runnable::Agent(helper.id), json!({ "task": "Do." }));
        let turn = runs.start(owner, turn).await.unwrap().run.id;
        assert_eq!(bench.loaded(turn).await.row.limits, [of_agent, project.clone()]);

        // The same definition without a pipeline counts by itself, each time in the same way.
        let loose = || start(Runnable::Definition(Source::Json(pipeline.clone())), json!({}));
        let mut keys = Vec::new();
        for _ in 0..2 {
            let run = runs.start(owner, loose()).await.unwrap().run.id;
            let limits = bench.loaded(run).await.row.limits;
            assert_eq!((limits.len(), limits[0].max, &limits[1]), (2, 2, &project));
            keys.push(limits[0].key.clone());
        }
        assert_eq!(keys[0], keys[1]);
        assert_ne!(keys[0], of_pipeline.key);

        // A retry has the limits and the place of its run.
        bench.claim().await;
        bench.finish(run, Outcome::failed(Failure::fatal("x", "y"))).await;
        let retry = runs.retry(owner, run, None).await.unwrap().run.id;
        assert_eq!(bench.loaded(retry).await.row.limits, [of_pipeline, project]);
    }

    async fn runs_without_limits_begin_at_once(place: Place) {
        let bench = Bench::with_room(place, 5).await;
        let (runs, owner) = (bench.app.runs(), &bench.owner);
        let free = Runnable::Definition(Source::Json(echo("free")));
        let mut command = start(free, json!({}));
        command.priority = Some(Priority::try_from(12).unwrap());
        let begun = runs.start(owner, command).await.unwrap().run;
        assert_eq!((begun.status, begun.priority), (RunStatus::Running, 12));
        let limited = with(echo("one"), json!({ "concurrent_runs": 1 }));
        let limited = start(Runnable::Definition(Source::Json(limited)), json!({}));
        assert_eq!(runs.start(owner, limited).await.unwrap().run.status, RunStatus::Queued);
        let handed = bench.room.handed.lock().unwrap();
        assert_eq!(handed.iter().map(|run| run.priority).collect::<Vec<_>>(), [12]);
    }

    async fn turns_that_a_pipeline_asks_for_count_against_their_agent(place: Place) {
        let bench = Bench::open(place).await;
        let owner = &bench.owner;
        let helper = with(agent("helper"), json!({ "concurrent_turns": 3 }));
        let helper = bench.app.agents().create(owner, helper, None).await.unwrap();
        let stored = limit(format!("agent:{}", helper.id), 3, false);
        assert_eq!(of_children(&bench, asks_agent("p", "helper")).await, [vec![stored]]);

        let mut own = asks_agent("q", "inline");
        own["agents"] = json!([with(agent("inline"), json!({ "concurrent_turns": 4 }))]);
        let inline = of_children(&bench, own.clone()).await;
        assert_eq!((inline.len(), inline[0].len(), inline[0][0].max), (1, 1, 4));
        assert_eq!(of_children(&bench, own).await, inline, "it is the same agent each time");

        own = asks_agent("r", "inline");
        own["agents"] = json!([agent("inline")]);
        assert_eq!(of_children(&bench, own).await, [vec![]]);
    }

    async fn a_pipeline_that_runs_within_itself_takes_one_place(place: Place) {
        let bench = Bench::with_limit(place, 9).await;
        let owner = &bench.owner;
        let itself = json!({
            "name": "itself",
            "limits": { "concurrent_runs": 1 },
            "nodes": [
                { "id": "start", "type": "trigger" },
                { "id": "again", "type": "pipeline", "config": { "pipeline": "itself" } },
            ],
            "edges": [{ "from": "start", "to": "again" }],
        });
        let project = limit(format!("project:{}", owner.project()), 9, false);
        assert_eq!(of_children(&bench, itself).await, [vec![project]]);
    }
}
