//! Stopping in peace: effects end within the grace time, runs are given back whole, another goes on.

use gathering_app::Admission as _;
use gathering_domain::{Duration, RunStatus, Waiting};
use gathering_storage::list_instances;
use gathering_testkit::{Place, each_database};
use gathering_worker::WorkerOptions;
use serde_json::json;

use crate::{
    node::{Node, cancel, count, options, until, usual},
    world::World,
};

each_database! {
    async fn what_comes_of_effects_in_the_grace_time_is_kept_at_once(place: Place) {
        let world = World::new();
        let bounds = WorkerOptions { grace: Duration::from_secs(600), ..usual() };
        let node = Node::open_with(options(&place), bounds, &world).await;
        let mail = json!({ "do": "mail", "kind": "unsafe", "input": { "gate": "mail" } });
        let long = json!({ "do": "long", "input": { "hang_first": 1 } });
        let run = node.start(json!([{ "all": [mail, long] }])).await;
        world.attempted("mail", 1).await;
        world.attempted("long", 1).await;
        node.begin_to_stop();
        world.open("mail");
        let kept = || async { count(&node.journal(run).await, "effect_settled") == 1 };
        until("the outcome is in the log", kept).await;
        node.kill();
        let node = Node::open(&place, &world).await;
        node.ended(run, RunStatus::Succeeded).await;
        assert_eq!((world.attempts("mail").len(), world.attempts("long").len()), (1, 2));
        node.stop().await;
    }

    async fn what_a_run_gives_up_after_it_was_released_is_given_up(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let child = json!({ "children": "child", "count": 1, "steps": [{ "await": "never" }] });
        let race = json!({ "race": [child, { "do": "a", "input": { "gate": "a" } }] });
        let last = json!({ "do": "b", "input": { "gate": "b" } });
        let run = node.start(json!([race, last])).await;
        world.attempted("a", 1).await;
        let list = move |inside: crate::node::Inside| async move {
            gathering_storage::list_children(run).all(&inside.database).await.unwrap()
        };
        let child = node.run(list).await[0].id;
        node.waits(child).await;
        node.begin_to_stop();
        world.open("a");
        let kept = || async { count(&node.journal(run).await, "effect_settled") == 1 };
        until("the outcome is in the log", kept).await;
        node.stop().await;
        // What comes next writes nothing of its own; the child must hear all the same.
        let node = Node::open(&place, &world).await;
        world.attempted("b", 1).await;
        node.ended(child, RunStatus::Cancelled).await;
        // Of a child that did not end well this machine thinks the worst.
        node.ended(run, RunStatus::Failed).await;
        node.stop().await;
    }

    async fn effects_in_flight_end_and_the_next_instance_goes_on(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let steps = json!([
            { "do": "a", "kind": "unsafe", "input": { "gate": "a" } },
            { "do": "b", "kind": "unsafe" },
        ]);
        let run = node.start(steps).await;
        let waits = node.start(json!([{ "sleep": "nap", "ms": 100 }, { "do": "c" }])).await;
        world.attempted("a", 1).await;
        node.begin_to_stop();
        world.open("a");
        node.stop().await;
        let seen = world.attempts("a");
        let node = Node::open(&place, &world).await;
        node.ended(run, RunStatus::Succeeded).await;
        node.ended(waits, RunStatus::Succeeded).await;
        assert_eq!((seen.len(), world.attempts("a").len()), (1, 1));
        assert_eq!(world.attempts("b").len(), 1);
        assert_eq!(node.row(run).await.recoveries, 0, "it was given back, not recovered");
        node.stop().await;
    }

    async fn what_outlasts_the_grace_time_is_cut_off(place: Place) {
        let world = World::new();
        let bounds = WorkerOptions { grace: Duration::from_millis(50), ..usual() };
        let node = Node::open_with(options(&place), bounds, &world).await;
        let run = node.start(json!([{ "do": "a", "kind": "unsafe", "input": { "hang_at": 1 } }])).await;
        world.attempted("a", 1).await;
        node.stop().await;
        world.dropped(1).await;
        let node = Node::open(&place, &world).await;
        assert_eq!(node.waits(run).await.waiting, Some(Waiting::UnknownOutcome));
        node.stop().await;
    }

    async fn a_cancel_reaches_a_run_within_the_grace_time(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let run = node.start(json!([{ "do": "a", "input": { "gate": "never" } }])).await;
        world.attempted("a", 1).await;
        node.begin_to_stop();
        node.tell(run, cancel()).await;
        node.ended(run, RunStatus::Cancelled).await;
        world.dropped(1).await;
        node.stop().await;
    }

    async fn nothing_is_accepted_by_a_worker_that_stops(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let busy = node.start(json!([{ "do": "a", "input": { "gate": "a" } }])).await;
        world.attempted("a", 1).await;
        node.begin_to_stop();
        until("it takes no more", || async { node.inside.worker.try_admit().is_none() }).await;
        let run = node.start(json!([{ "do": "b" }])).await;
        assert_eq!(node.row(run).await.status, RunStatus::Queued);
        world.open("a");
        node.stop().await;
        let node = Node::open(&place, &world).await;
        node.ended(run, RunStatus::Succeeded).await;
        node.ended(busy, RunStatus::Succeeded).await;
        node.stop().await;
    }

    async fn a_stopped_instance_is_not_missed(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let id = node.id();
        let run = node.start(json!([{ "do": "a" }])).await;
        let journal = node.ended(run, RunStatus::Succeeded).await;
        assert_eq!(count(&journal, "run_finished"), 1);
        node.stop().await;
        let node = Node::open(&place, &world).await;
        let known = node
            .run(|inside| async move {
                let since = gathering_domain::Timestamp::from_micros(0);
                list_instances(&inside.database, since).await.unwrap()
            })
            .await;
        assert!(known.iter().any(|one| one.id == id && !one.alive), "{known:?}");
        node.stop().await;
    }
}

/// A long grace time is no death: the instance goes on beating and holds its lock until the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_takes_over_from_an_instance_in_its_grace_time() {
    let place = Place::postgres().await;
    let world = World::new();
    let bounds = WorkerOptions { silence: Duration::from_secs(3), ..usual() };
    // Alone at first, so that nobody else claims the run.
    let node = Node::open_with(options(&place), bounds, &world).await;
    let run = node.start(json!([{ "do": "a", "kind": "unsafe", "input": { "gate": "a" } }])).await;
    world.attempted("a", 1).await;
    let id = node.id();
    let other = Node::open_with(options(&place), bounds, &world).await;
    node.begin_to_stop();
    // Longer than the silence after which the other would take over.
    let since = std::time::Instant::now();
    until("the silence has passed", || async { since.elapsed() > bounds.silence.std() * 3 / 2 })
        .await;
    assert_eq!((other.row(run).await.owner, node.id()), (Some(id), id));
    assert!(node.is_registered().await, "it counts as alive to the end");
    world.open("a");
    node.stop().await;
    other.ended(run, RunStatus::Succeeded).await;
    assert_eq!(world.attempts("a").len(), 1);
    other.stop().await;
}
