//! Processes that end, seen at once by their locks: nothing here waits for silence.

use std::time::Instant;

use gathering_database::{Sql, params};
use gathering_domain::{Duration, RunId, RunStatus};
use gathering_storage::{DatabaseOptions, Waited, lock_of};
use gathering_testkit::Place;
use gathering_worker::WorkerOptions;
use serde_json::json;

use crate::{
    faults::behind,
    node::{Node, options, until, usual},
    takeover::NEVER,
    world::World,
};

/// Runs that go on, and how soon all of them do on a machine that does much else beside. How soon they
/// do where nothing else is done is for the bench to say.
const RUNS: usize = 200;
const SOON: std::time::Duration = std::time::Duration::from_secs(10);

/// Only what is seen at once counts: neither silence nor polls come to help.
fn bounds() -> WorkerOptions {
    WorkerOptions { places: 256, silence: NEVER, poll: Duration::from_secs(60), ..usual() }
}

/// How many advisory locks of the test's own database are held, or waited for.
async fn locks(node: &Node, granted: bool) -> i64 {
    const COUNT: Sql = Sql::both(
        "SELECT CAST(count(*) AS bigint) FROM pg_locks WHERE locktype = 'advisory' AND granted = $1 \
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    );
    node.run(move |inside| async move {
        let found = inside.database.query_opt::<(i64,)>(COUNT, params![granted]).await;
        found.unwrap().map_or(0, |(count,)| count)
    })
    .await
}

/// Waits until so many instances watch their neighbours.
async fn watched(node: &Node, by: i64) {
    until("the neighbour watches", || async { locks(node, false).await == by }).await;
}

/// Starts runs that each have done one thing and hang in the next.
async fn begin(node: &Node, world: &World) -> Vec<RunId> {
    let mut runs = Vec::new();
    for _ in 0..RUNS {
        let steps =
            json!([{ "do": "a", "kind": "unsafe" }, { "do": "b", "input": { "hang_first": 1 } }]);
        runs.push(node.start(steps).await);
    }
    world.attempted("b", RUNS).await;
    runs
}

/// Waits until all go on, and to their ends.
async fn go_on(node: &Node, world: &World, runs: Vec<RunId>, since: Instant) {
    world.attempted("b", RUNS + 1).await;
    let first = since.elapsed();
    world.attempted("b", 2 * RUNS).await;
    let all = since.elapsed();
    assert!(all < SOON, "the first went on after {first:?}, all after {all:?}");
    for run in runs {
        node.ended(run, RunStatus::Succeeded).await;
    }
    assert_eq!((world.attempts("a").len(), world.attempts("b").len()), (RUNS, 2 * RUNS));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_runs_of_a_killed_process_go_on_at_once_elsewhere() {
    let place = Place::postgres().await;
    let world = World::new();
    let victim = Node::open_with(options(&place), bounds(), &world).await;
    let runs = begin(&victim, &world).await;
    let other = Node::open_with(options(&place), bounds(), &world).await;
    watched(&other, 2).await;
    let killed = Instant::now();
    victim.kill();
    go_on(&other, &world, runs, killed).await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_runs_of_a_killed_process_go_on_at_once_in_the_next_one() {
    let place = Place::postgres().await;
    let world = World::new();
    let node = Node::open_with(options(&place), bounds(), &world).await;
    let runs = begin(&node, &world).await;
    node.kill();
    let restarted = Instant::now();
    let node = Node::open_with(options(&place), bounds(), &world).await;
    go_on(&node, &world, runs, restarted).await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_falls_free_late_is_seen_by_the_next_process() {
    let place = Place::postgres().await;
    let world = World::new();
    let node = Node::open_with(options(&place), bounds(), &world).await;
    let run = node.start(json!([{ "do": "a", "input": { "hang_first": 1 } }])).await;
    world.attempted("a", 1).await;
    let id = node.id();
    node.kill();
    // As if the server had not noticed yet.
    let database = gathering_storage::Database::open(options(&place)).await.unwrap();
    let mut late = database.locks().await.unwrap();
    while late.wait_for(lock_of(id), SOON).await.unwrap() == Waited::TimedOut {}
    let node = Node::open_with(options(&place), bounds(), &world).await;
    watched(&node, 1).await;
    drop(late);
    node.ended(run, RunStatus::Succeeded).await;
    node.stop().await;
    database.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_that_stays_cut_off_is_replaced_and_its_late_outcomes_are_refused() {
    let place = Place::postgres().await;
    let world = World::new();
    let (proxy, url) = behind(&place).await;
    let cut = Node::open_with(DatabaseOptions::postgres(url).pool(4), bounds(), &world).await;
    let before = cut.id();
    let steps = json!([{ "do": "a", "kind": "unsafe" }, { "do": "b", "input": { "gate": "b" } }, { "do": "c", "kind": "unsafe" }]);
    let run = cut.start(steps).await;
    world.attempted("b", 1).await;
    let other = Node::open_with(options(&place), bounds(), &world).await;
    watched(&other, 2).await;
    proxy.cut_and_refuse();
    world.attempted("b", 2).await;
    // The outcome of its own attempt is there before it can reach the server again.
    world.open("b");
    other.ended(run, RunStatus::Succeeded).await;
    proxy.resume();
    let reborn = || async { cut.id() != before && cut.is_registered().await };
    until("it registers anew", reborn).await;
    assert_eq!((world.attempts("a").len(), world.attempts("c").len()), (1, 1));
    let run = cut.start(json!([{ "do": "d" }])).await;
    cut.ended(run, RunStatus::Succeeded).await;
    cut.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_that_loses_all_its_connections_and_is_back_keeps_its_runs() {
    let place = Place::postgres().await;
    let world = World::new();
    let (proxy, url) = behind(&place).await;
    let cut = Node::open_with(DatabaseOptions::postgres(url).pool(4), bounds(), &world).await;
    let run = cut.start(json!([{ "do": "a", "kind": "unsafe", "input": { "gate": "a" } }])).await;
    world.attempted("a", 1).await;
    let other = Node::open_with(options(&place), bounds(), &world).await;
    let (one, two) = (cut.id(), other.id());
    watched(&other, 2).await;
    proxy.cut();
    until("both hold and watch again", || async {
        locks(&other, true).await >= 2 && locks(&other, false).await == 2
    })
    .await;
    world.open("a");
    cut.ended(run, RunStatus::Succeeded).await;
    assert_eq!((cut.id(), other.id()), (one, two), "nobody was declared dead");
    assert_eq!(world.attempts("a").len(), 1);
    cut.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_whose_watched_connection_breaks_is_not_dead() {
    let place = Place::postgres().await;
    let world = World::new();
    let node = Node::open_with(options(&place), bounds(), &world).await;
    let run = node.start(json!([{ "do": "a", "input": { "gate": "a" } }])).await;
    world.attempted("a", 1).await;
    let other = Node::open_with(options(&place), bounds(), &world).await;
    let (one, two) = (node.id(), other.id());
    watched(&other, 2).await;
    node.script(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted \
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            .into(),
    )
    .await;
    until("both hold their locks again", || async {
        locks(&other, true).await >= 2 && locks(&other, false).await == 2
    })
    .await;
    world.open("a");
    node.ended(run, RunStatus::Succeeded).await;
    assert_eq!((node.id(), other.id()), (one, two), "nobody was declared dead");
    assert_eq!(world.attempts("a").len(), 1);
    node.stop().await;
    other.stop().await;
}
