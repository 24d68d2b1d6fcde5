//! Runs from start to end: steps, retries, failures, defects.

use gathering_domain::RunStatus;
use gathering_engine::EntryBody;
use gathering_testkit::{Place, each_database};
use serde_json::json;

use crate::{
    node::{Node, Start, count, until},
    world::World,
};

each_database! {
    async fn steps_run_in_order_and_the_journal_is_whole(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let steps = json!([{ "do": "a" }, { "all": [{ "do": "b" }, { "do": "c" }] }, { "do": "d" }]);
        let run = node.start(steps).await;
        let journal = node.ended(run, RunStatus::Succeeded).await;
        let kinds: Vec<_> = journal.iter().map(|entry| entry.body.kind()).collect();
        assert_eq!(kinds.first(), Some(&"run_started"));
        assert_eq!(count(&journal, "effect_settled"), 4);
        assert_eq!(kinds.last(), Some(&"run_finished"));
        let seen: Vec<_> = world.all().into_iter().map(|seen| seen.key).collect();
        assert_eq!((seen.len(), &seen[0][..], &seen[3][..]), (4, "a", "d"));
        node.stop().await;
    }

    async fn many_runs_end_each_with_its_own_journal(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let mut runs = Vec::new();
        for _ in 0..50 {
            runs.push(node.start(json!([{ "do": "a" }, { "do": "b", "kind": "unsafe" }])).await);
        }
        for run in runs {
            let journal = node.ended(run, RunStatus::Succeeded).await;
            assert_eq!((journal.len(), count(&journal, "effect_attempted")), (5, 1));
        }
        until("all places are free", || async { node.inside.worker.driven() == 0 }).await;
        node.stop().await;
    }

    async fn a_failing_effect_is_tried_again_on_a_durable_timer(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let step = json!({ "do": "a", "attempts": 3, "delay_ms": 40, "input": { "fail": 2 } });
        let run = node.start(json!([step])).await;
        let journal = node.ended(run, RunStatus::Succeeded).await;
        let attempts: Vec<_> = world.attempts("a").iter().map(|seen| seen.attempt).collect();
        assert_eq!(attempts, [1, 2, 3]);
        assert_eq!(count(&journal, "attempt_failed"), 2);
        // Each attempt began when the one before had said.
        let times: Vec<_> = journal.iter().map(|entry| (entry.at, &entry.body)).collect();
        for pair in times.windows(2) {
            if let EntryBody::AttemptFailed(failed) = pair[0].1 {
                assert!(pair[1].0 >= failed.retry_at().unwrap(), "{pair:?}");
            }
        }
        node.stop().await;
    }

    async fn attempts_are_counted_on_over_a_restart(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let step = json!({ "do": "a", "attempts": 3, "delay_ms": 1_500, "input": { "fail": 1 } });
        let run = node.start(json!([step])).await;
        node.waits(run).await;
        node.kill();
        let node = Node::open(&place, &world).await;
        node.ended(run, RunStatus::Succeeded).await;
        let attempts: Vec<_> = world.attempts("a").iter().map(|seen| seen.attempt).collect();
        assert_eq!(attempts, [1, 2]);
        node.stop().await;
    }

    async fn an_effect_that_fails_for_good_fails_the_run(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        for (step, code) in [
            (json!({ "do": "a", "input": { "then": "fatal" } }), "wrong"),
            (json!({ "do": "a", "attempts": 2, "input": { "fail": 9 } }), "refused"),
            (json!({ "do": "a", "performer": "nobody" }), "unknown_performer"),
            (json!({ "do": "a", "timeout_ms": 30, "input": { "gate": "never" } }), "timeout"),
            (json!({ "do": "a", "input": { "then": "big" } }), "output_too_large"),
            (json!({ "do": "a", "input": { "then": "deep", "levels": 101 } }), "output_too_deep"),
            (json!({ "do": "a", "attempts": 2, "input": { "then": "panic" } }), "panicked"),
            (json!({ "panic": true }), "machine_panicked"),
        ] {
            let run = node.start(json!([step])).await;
            node.ended(run, RunStatus::Failed).await;
            let outcome = node.row(run).await.outcome.unwrap();
            assert_eq!(outcome.error.unwrap().code, code);
        }
        // A definition that no machine can follow.
        let run = node.start(json!("no steps")).await;
        node.ended(run, RunStatus::Failed).await;
        assert_eq!(node.row(run).await.outcome.unwrap().error.unwrap().code, "no_program");
        node.stop().await;
    }

    async fn a_machine_with_a_defect_gives_up_what_is_under_way(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let child = json!({ "children": "child", "count": 1, "steps": [{ "await": "never" }] });
        let first = json!({ "all": [child, { "do": "a", "input": { "gate": "a" } }] });
        // Panics as soon as the attempt has ended, while the child waits.
        let last = json!({ "all": [{ "do": "a" }, { "panic": true }] });
        let run = node.start_with(Start { steps: json!([first, last]), ..Start::default() }).await;
        world.attempted("a", 1).await;
        let children = || node.run(move |inside| async move {
            gathering_storage::list_children(run).all(&inside.database).await.unwrap()
        });
        node.waits(children().await[0].id).await;
        node.tell(children().await[0].id, crate::node::cancel()).await;
        node.ended(children().await[0].id, RunStatus::Cancelled).await;
        node.ended(run, RunStatus::Failed).await;
        world.dropped(1).await;
        node.stop().await;
    }

    async fn a_run_begins_within_a_moment_of_its_start(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let mut waits = Vec::new();
        for _ in 0..50 {
            let run = node.start(json!([{ "do": "a" }])).await;
            let accepted = std::time::Instant::now();
            let seen = || async { world.all().iter().any(|seen| seen.run_id == run) };
            until("the first step", seen).await;
            waits.push(accepted.elapsed());
        }
        waits.sort();
        // Far above what it takes, far below what a lost wake-up would: the poll.
        assert!(waits[25] < std::time::Duration::from_millis(100), "{waits:?}");
        node.stop().await;
    }
}
