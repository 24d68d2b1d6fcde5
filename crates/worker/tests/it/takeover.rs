//! Instances that die, are paused or declared dead: others take over, and whoever revives begins anew.

use std::sync::{Arc, atomic::Ordering};

use gathering_domain::{Clock as _, Duration, InstanceId, RunStatus, Waiting};
use gathering_storage::{DatabaseOptions, Death, mark_dead};
use gathering_testkit::{Place, each_database};
use gathering_worker::WorkerOptions;
use serde_json::json;

use crate::{
    ambient::WrongClock,
    faults::behind,
    node::{Node, Start, not_running, options, until, usual},
    world::World,
};

/// So long that nobody is found out by it.
pub(crate) const NEVER: Duration = Duration::from_secs(600);

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
async fn an_instance_that_hears_too_late_that_an_attempt_is_logged_does_not_make_it() {
    let place = Place::postgres().await;
    let world = World::new();
    let bounds = WorkerOptions { silence: Duration::from_secs(3), ..usual() };
    let (proxy, url) = behind(&place).await;
    let paused = Node::open_with(DatabaseOptions::postgres(url).pool(4), bounds, &world).await;
    let other = Node::open_with(options(&place), bounds, &world).await;
    let before = paused.id();
    // So that every lane has its statements, and what is held below is the answer to a commit.
    for _ in 0..16 {
        let steps = json!([{ "do": "first" }, { "do": "letter", "kind": "unsafe" }]);
        let run = paused.start(steps).await;
        paused.ended(run, RunStatus::Succeeded).await;
    }
    let steps =
        json!([{ "do": "a", "input": { "gate": "a" } }, { "do": "mail", "kind": "unsafe" }]);
    let run = paused.start(steps).await;
    world.attempted("a", 1).await;
    // What it logs now is committed, and it hears of it only after it was declared dead.
    proxy.hold_responses();
    world.open("a");
    assert_eq!(other.waits(run).await.waiting, Some(Waiting::UnknownOutcome));
    proxy.resume();
    let reborn = || async { paused.id() != before && paused.is_registered().await };
    until("it registers anew", reborn).await;
    assert_eq!(world.attempts("a").len(), 1, "its outcome was in the log");
    assert_eq!(world.attempts("mail"), [], "a person is asked what became of it");
    let not_done = crate::node::resolve("mail", gathering_engine::Resolution::NotDone);
    other.tell(run, not_done).await;
    other.ended(run, RunStatus::Succeeded).await;
    assert_eq!(world.attempts("mail").len(), 1);
    paused.stop().await;
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
async fn the_clock_is_the_databases_before_the_worker_runs() {
    let place = Place::postgres().await;
    let world = World::new();
    let (right, wrong) = (WrongClock::default(), Arc::new(WrongClock::default()));
    wrong.0.store(-3_600_000_000, Ordering::Relaxed);
    let worker = not_running(&place, &world, wrong).await;
    let handle = worker.handle();
    handle.measure_clock().await.unwrap();
    let ahead = handle.clock().now().micros() - right.now().micros();
    assert!(ahead.abs() < 1_000_000, "{ahead} µs ahead");
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
