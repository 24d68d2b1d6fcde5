//! Instances that die, are paused or declared dead: others take over, and whoever revives begins anew.

use std::{sync::atomic::Ordering, time::Instant};

use gathering_domain::{Duration, InstanceId, RunStatus, Waiting};
use gathering_storage::{DatabaseOptions, Death, mark_dead};
use gathering_testkit::{Place, each_database};
use gathering_worker::WorkerOptions;
use serde_json::json;

use crate::{
    faults::behind,
    node::{Node, Start, options, until, usual},
    world::World,
};

/// So long that nobody is found out by it.
const NEVER: Duration = Duration::from_secs(600);

async fn declare_dead(by: &Node, id: InstanceId) {
    let death = by
        .run(move |inside| async move {
            mark_dead(&inside.database, id, inside.worker.clock().now()).await.unwrap()
        })
        .await;
    assert!(matches!(death, Death::Declared { .. }), "{death:?}");
}

each_database! {
    async fn an_idle_instance_finds_out_that_it_was_declared_dead(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let before = node.id();
        declare_dead(&node, before).await;
        let reborn = || async { node.id() != before && node.is_registered().await };
        until("it registers anew", reborn).await;
        let run = node.start(json!([{ "do": "a" }])).await;
        node.ended(run, RunStatus::Succeeded).await;
        node.stop().await;
    }

    async fn an_instance_at_work_drops_its_runs_and_goes_on_with_them_under_a_new_id(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let before = node.id();
        let mail = json!([{ "do": "mail", "kind": "unsafe", "input": { "hang_at": 1 } }]);
        let unsafe_run = node.start(mail).await;
        let pure_run = node.start(json!([{ "do": "a", "input": { "hang_first": 1 } }, { "do": "b" }])).await;
        let waits = node.start(json!([{ "await": "answer" }])).await;
        world.attempted("mail", 1).await;
        world.attempted("a", 1).await;
        node.waits(waits).await;
        declare_dead(&node, before).await;
        node.ended(pure_run, RunStatus::Succeeded).await;
        assert_eq!(node.waits(unsafe_run).await.waiting, Some(Waiting::UnknownOutcome));
        assert_ne!(node.id(), before);
        world.dropped(2).await;
        node.tell(waits, crate::node::signal("answer")).await;
        node.ended(waits, RunStatus::Succeeded).await;
        assert_eq!((world.attempts("mail").len(), world.attempts("a").len()), (1, 2));
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_runs_of_a_killed_process_go_on_at_once() {
    let place = Place::postgres().await;
    let world = World::new();
    let bounds = WorkerOptions { silence: NEVER, poll: Duration::from_secs(60), ..usual() };
    let victim = Node::open_with(options(&place), bounds, &world).await;
    let other = Node::open_with(options(&place), bounds, &world).await;
    // Until the other one has seen the lock of the victim held.
    let watched = || async {
        let waiting = other.run(|inside| async move {
            let waits = "SELECT CAST(count(*) AS bigint) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
            inside.database.query_opt::<(i64,)>(gathering_database::Sql::both(waits), Vec::new()).await
        });
        waiting.await.unwrap().is_some_and(|(waiting,)| waiting > 0)
    };
    until("the neighbour watches", watched).await;
    let mut runs = Vec::new();
    for _ in 0..20 {
        let steps =
            json!([{ "do": "a", "kind": "unsafe" }, { "do": "b", "input": { "hang_first": 1 } }]);
        runs.push(victim.start(steps).await);
    }
    world.attempted("b", 20).await;
    let killed = Instant::now();
    victim.kill();
    for run in runs {
        other.ended(run, RunStatus::Succeeded).await;
    }
    assert!(killed.elapsed().as_secs() < 10, "{:?}", killed.elapsed());
    assert_eq!((world.attempts("a").len(), world.attempts("b").len()), (20, 40));
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_ended_while_nobody_watched_is_found_at_the_next_start() {
    let place = Place::postgres().await;
    let world = World::new();
    let bounds = WorkerOptions { silence: NEVER, poll: Duration::from_secs(60), ..usual() };
    let node = Node::open_with(options(&place), bounds, &world).await;
    let run = node.start(json!([{ "do": "a", "input": { "hang_first": 1 } }])).await;
    world.attempted("a", 1).await;
    node.kill();
    let node = Node::open_with(options(&place), bounds, &world).await;
    node.ended(run, RunStatus::Succeeded).await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_instance_is_replaced_and_begins_anew_when_it_revives() {
    let place = Place::postgres().await;
    let world = World::new();
    let bounds = WorkerOptions { silence: Duration::from_secs(3), ..usual() };
    let (proxy, url) = behind(&place).await;
    let paused = Node::open_with(DatabaseOptions::postgres(url).pool(4), bounds, &world).await;
    let other = Node::open_with(options(&place), bounds, &world).await;
    let before = paused.id();
    let mut runs = Vec::new();
    for _ in 0..5 {
        let steps = json!([{ "do": "a", "kind": "unsafe" }, { "do": "b", "input": { "gate": "b" } }, { "do": "c", "kind": "unsafe" }]);
        runs.push(paused.start(steps).await);
    }
    world.attempted("b", 5).await;
    proxy.stall();
    world.attempted("b", 10).await;
    // The paused one comes back just when the ends of its own attempts are there.
    proxy.resume();
    world.open("b");
    for run in runs {
        other.ended(run, RunStatus::Succeeded).await;
    }
    assert_eq!((world.attempts("a").len(), world.attempts("c").len()), (5, 5));
    let reborn = || async { paused.id() != before && paused.is_registered().await };
    until("it registers anew", reborn).await;
    let run = paused.start(json!([{ "do": "d" }])).await;
    paused.ended(run, RunStatus::Succeeded).await;
    paused.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_whose_watched_connection_breaks_is_not_dead() {
    let place = Place::postgres().await;
    let world = World::new();
    let bounds = WorkerOptions { silence: NEVER, ..usual() };
    let node = Node::open_with(options(&place), bounds, &world).await;
    let other = Node::open_with(options(&place), bounds, &world).await;
    let (one, two) = (node.id(), other.id());
    let run = node.start(json!([{ "do": "a", "input": { "gate": "a" } }])).await;
    world.attempted("a", 1).await;
    let locks = |granted: bool| {
        let text = format!(
            "SELECT CAST(count(*) AS bigint) FROM pg_locks WHERE locktype = 'advisory' AND granted = {granted}"
        );
        let text: &'static str = Box::leak(text.into_boxed_str());
        other.run(move |inside| async move {
            let held = inside
                .database
                .query_opt::<(i64,)>(gathering_database::Sql::both(text), Vec::new());
            held.await.unwrap().map_or(0, |(held,)| held)
        })
    };
    until("both watch each other", || async { locks(false).await == 2 }).await;
    node.script(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            .into(),
    )
    .await;
    until("both hold their locks again", || async {
        locks(true).await >= 2 && locks(false).await == 2
    })
    .await;
    world.open("a");
    node.ended(run, RunStatus::Succeeded).await;
    assert_eq!((node.id(), other.id()), (one, two), "nobody was declared dead");
    assert_eq!(world.attempts("a").len(), 1);
    node.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_whose_clocks_disagree_agree_on_what_is_due() {
    let place = Place::postgres().await;
    let world = World::new();
    let hour = 3_600_000_000;
    let right = Node::open_with(options(&place), usual(), &world).await;
    let wrong = Node::open_with(options(&place), usual(), &world).await;
    for ahead in [hour, -hour] {
        wrong.clock.0.store(ahead, Ordering::Relaxed);
        let corrected = || async {
            let (one, other) =
                (wrong.inside.worker.clock().now(), right.inside.worker.clock().now());
            one.micros().abs_diff(other.micros()) < 1_000_000
        };
        until("the difference is measured", corrected).await;
        let steps = || json!([{ "sleep": "nap", "ms": 200 }, { "do": "a" }]);
        let one = wrong.start(steps()).await;
        let two = right.start(steps()).await;
        let queued = Start { steps: json!([{ "do": "b" }]), queued: true, ..Start::default() };
        let three = wrong.start_with(queued).await;
        for run in [one, two, three] {
            right.ended(run, RunStatus::Succeeded).await;
        }
    }
    right.stop().await;
    wrong.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_is_shared_by_notice_when_one_instance_is_full() {
    let place = Place::postgres().await;
    let world = World::new();
    let bounds = WorkerOptions { poll: Duration::from_secs(60), ..usual() };
    let full =
        Node::open_with(options(&place), WorkerOptions { places: 1, ..bounds }, &world).await;
    let idle = Node::open_with(options(&place), bounds, &world).await;
    let busy = full.start(json!([{ "do": "a", "input": { "gate": "a" } }])).await;
    world.attempted("a", 1).await;
    let run = full.start(json!([{ "do": "b" }])).await;
    idle.ended(run, RunStatus::Succeeded).await;
    // A cancel that is asked for at one instance reaches the run on the other.
    idle.tell(busy, crate::node::cancel()).await;
    idle.ended(busy, RunStatus::Cancelled).await;
    full.stop().await;
    idle.stop().await;
}
