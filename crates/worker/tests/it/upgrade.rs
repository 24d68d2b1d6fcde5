//! Two builds side by side on one database: each run goes on as the behaviour says that began it.

use gathering_domain::RunStatus;
use gathering_testkit::Place;
use serde_json::json;

use crate::{
    node::{Node, Start, until},
    program::FAREWELL,
    world::World,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn builds_side_by_side_go_on_with_older_runs_and_leave_newer_ones_to_newer_builds() {
    let place = Place::postgres().await;
    let world = World::new();
    let steps = || json!([{ "do": "a" }, { "do": "b", "input": { "gate": "b" } }, { "do": "c" }]);
    let older = Node::open_older(&place, &world).await;
    let newer = Node::open(&place, &world).await;
    let old_run = older.start(steps()).await;
    let start = Start { steps: steps(), behaviour: Some(2), ..Start::default() };
    let new_run = newer.start_with(start).await;
    // If the older one is the first to claim it, the newer one has it a moment later.
    world.attempted("b", 2).await;
    let written = older.journal(new_run).await;

    // The older one takes over what it does not know, and gives it back as it is.
    newer.kill();
    let left_alone = || async {
        let row = older.row(new_run).await;
        let now = older.inside.worker.clock().now();
        row.owner.is_none() && row.runnable_at.is_some_and(|at| at > now)
    };
    until("the older one leaves it", left_alone).await;
    assert_eq!(older.journal(new_run).await, written);
    assert_eq!(world.attempts("b").len(), 2, "it attempts nothing of it");

    // A newer one goes on with both, each as it was begun.
    let newer = Node::open(&place, &world).await;
    older.kill();
    world.attempted("b", 4).await;
    world.open("b");
    newer.ended(old_run, RunStatus::Succeeded).await;
    newer.ended(new_run, RunStatus::Succeeded).await;
    let farewells: Vec<_> = world.attempts(FAREWELL).iter().map(|seen| seen.run_id).collect();
    assert_eq!(farewells, [new_run]);
    for key in ["a", "c"] {
        assert_eq!(world.attempts(key).len(), 2, "what is settled is not repeated: {key}");
    }
    newer.stop().await;
}
