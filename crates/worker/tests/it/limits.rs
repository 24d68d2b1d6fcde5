//! Limits per key: children count too, the next one begins at once, and who is only to end does not wait.

use gathering_database::Sql;
use gathering_domain::{Actor, Duration, RunStatus};
use gathering_engine::Limits;
use gathering_storage::{InboxMessage, RunLimit, find_run};
use gathering_testkit::{Place, each_database};
use gathering_worker::WorkerOptions;
use serde_json::{Value, json};

use crate::{
    node::{Inside, Node, Start, count, options, until, usual},
    world::World,
};

/// So long a poll that a run which is found by it fails the test.
const NO_POLL: Duration = Duration::from_secs(120);

async fn open(place: &Place, world: &std::sync::Arc<World>) -> Node {
    Node::open_with(options(place), WorkerOptions { poll: NO_POLL, ..usual() }, world).await
}

fn limit(key: &str, max: u32, until_end: bool) -> Vec<RunLimit> {
    vec![RunLimit { key: key.to_owned(), max, until_end }]
}

fn gated(gate: &str) -> Value {
    json!([{ "do": "a", "input": { "gate": gate } }])
}

const PLACES: Sql = Sql::both("SELECT COUNT(*) FROM slots");

async fn held(node: &Node) -> i64 {
    let count = |inside: Inside| async move { inside.database.query_opt(PLACES, Vec::new()).await };
    let row: Option<(i64,)> = node.run(count).await.unwrap();
    row.unwrap().0
}

each_database! {
    async fn places_of_ended_runs_are_forgotten_though_nobody_asks_for_their_keys_again(place: Place) {
        let world = World::new();
        let node = open(&place, &world).await;
        for thread in ["thread:x", "thread:y"] {
            let steps = json!([{ "do": "a" }]);
            let start = Start { steps, places: limit(thread, 1, true), ..Start::default() };
            let run = node.start_with(start).await;
            node.ended(run, RunStatus::Succeeded).await;
        }
        assert_eq!(held(&node).await, 2);
        node.stop().await;
        let next = open(&place, &world).await;
        until("the places are forgotten", async || held(&next).await == 0).await;
        next.stop().await;
    }

    async fn children_of_a_fan_out_are_within_the_limit_of_their_key(place: Place) {
        let world = World::new();
        let node = open(&place, &world).await;
        let steps = json!([{ "limit": "agent:x", "max": 2 }, { "do": "a" }, { "do": "b" }]);
        let fan_out = json!([{ "children": "item", "count": 20, "steps": steps }, { "do": "after" }]);
        let run = node.start(fan_out).await;
        let journal = node.ended(run, RunStatus::Succeeded).await;
        assert_eq!((count(&journal, "child_started"), count(&journal, "child_settled")), (20, 20));
        assert_eq!((world.attempts("a").len(), world.attempts("b").len()), (20, 20));
        assert!(world.busiest() <= 2, "{} at once", world.busiest());
        node.stop().await;
    }

    async fn a_child_waits_for_no_place_that_its_waiting_parents_hold(place: Place) {
        let world = World::new();
        let node = open(&place, &world).await;
        // Every run counts against one place, down to the grandchildren.
        let one = json!({ "limit": "project:x", "max": 1 });
        let inner = json!([one, { "do": "a" }]);
        let middle = json!([one, { "children": "inner", "count": 3, "steps": inner }]);
        let steps = json!([{ "all": [
            { "children": "middle", "count": 3, "steps": middle },
            { "do": "beside" },
        ] }]);
        let start = || Start {
            steps: steps.clone(),
            places: limit("project:x", 1, false),
            ..Start::default()
        };
        let runs = [node.start_with(start()).await, node.start_with(start()).await];
        for run in runs {
            node.ended(run, RunStatus::Succeeded).await;
        }
        assert_eq!(world.attempts("a").len(), 18);
        assert_eq!(world.busiest(), 1);
        node.stop().await;
    }

    async fn a_queued_run_is_cancelled_though_its_key_is_full(place: Place) {
        let world = World::new();
        let node = open(&place, &world).await;
        for until_end in [true, false] {
            let key = format!("key:{until_end}");
            let start = || Start {
                steps: gated(&key),
                places: limit(&key, 1, until_end),
                ..Start::default()
            };
            let holds = node.start_with(start()).await;
            world.attempted("a", if until_end { 1 } else { 2 }).await;
            let queued = node.start_with(start()).await;
            let cancel = InboxMessage::Cancel { actor: Actor::System, reason: "enough".to_owned() };
            node.tell(queued, cancel).await;
            node.ended(queued, RunStatus::Cancelled).await;
            world.open(&key);
            node.ended(holds, RunStatus::Succeeded).await;
        }
        assert_eq!(world.attempts("a").len(), 2, "what was cancelled did nothing");
        node.stop().await;
    }

    async fn a_queued_run_times_out_though_its_key_is_full(place: Place) {
        let world = World::new();
        let node = open(&place, &world).await;
        let start = |limits| Start {
            steps: gated("go"),
            places: limit("thread:x", 1, true),
            limits,
            ..Start::default()
        };
        let holds = node.start_with(start(Limits::default())).await;
        world.attempted("a", 1).await;
        let timeout = Some(Duration::from_millis(300));
        let queued = node.start_with(start(Limits { timeout, ..Limits::default() })).await;
        node.ended(queued, RunStatus::TimedOut).await;
        world.open("go");
        node.ended(holds, RunStatus::Succeeded).await;
        assert_eq!(world.attempts("a").len(), 1, "what timed out did nothing");
        node.stop().await;
    }

    async fn a_place_is_handed_over_in_milliseconds(place: Place) {
        const RUNS: usize = 41;
        let world = World::new();
        let node = open(&place, &world).await;
        let mut runs = Vec::new();
        for number in 0..RUNS {
            let start = Start {
                steps: json!([{ "do": "a" }]),
                places: limit("pipeline:x", 1, number % 2 == 0),
                ..Start::default()
            };
            runs.push(node.start_with(start).await);
        }
        let mut rows = Vec::new();
        for run in runs {
            node.ended(run, RunStatus::Succeeded).await;
            let row = node.run(move |inside| async move {
                find_run(run).first(&inside.database).await.unwrap().unwrap()
            });
            rows.push(row.await);
        }
        rows.sort_by_key(|row| row.started_at);
        let mut gaps: Vec<Duration> = rows
            .windows(2)
            .map(|pair| pair[1].started_at.unwrap().since(pair[0].finished_at.unwrap()))
            .collect();
        gaps.sort();
        let middle = gaps[gaps.len() / 2];
        assert!(middle < Duration::from_millis(250), "{gaps:?}");
        node.stop().await;
    }

    async fn children_have_the_priority_of_their_parent(place: Place) {
        let world = World::new();
        let node = open(&place, &world).await;
        let inner = json!([{ "children": "inner", "count": 1, "steps": [{ "do": "a" }] }]);
        let steps = json!([{ "children": "outer", "count": 2, "steps": inner }]);
        for queued in [true, false] {
            let start = Start { steps: steps.clone(), queued, priority: 42, ..Start::default() };
            let run = node.start_with(start).await;
            node.ended(run, RunStatus::Succeeded).await;
            let rows = node.run(move |inside| async move {
                let database = &inside.database;
                let mut rows = gathering_storage::list_children(run).all(database).await.unwrap();
                for child in rows.clone() {
                    rows.extend(gathering_storage::list_children(child.id).all(database).await.unwrap());
                }
                rows
            });
            let priorities: Vec<i64> = rows.await.iter().map(|row| row.priority).collect();
            assert_eq!(priorities, [42; 4]);
        }
        node.stop().await;
    }
}
