//! Places and limits: how many runs are at work at a time, and which begin when one ends.

use gathering_domain::RunStatus;
use gathering_storage::RunLimit;
use gathering_testkit::{Place, each_database};
use gathering_worker::WorkerOptions;
use serde_json::json;

use crate::{
    node::{Node, Start, options, usual},
    world::World,
};

each_database! {
    async fn queued_runs_begin_when_one_ends(place: Place) {
        let world = World::new();
        let bounds = WorkerOptions { places: 2, ..usual() };
        let node = Node::open_with(options(&place), bounds, &world).await;
        let mut runs = Vec::new();
        for number in 0..10 {
            let gate = if number < 2 { "first" } else { "rest" };
            runs.push(node.start(json!([{ "do": "a", "input": { "gate": gate } }])).await);
        }
        world.attempted("a", 2).await;
        world.open("first");
        // No poll in between: each end makes room at once.
        world.attempted("a", 4).await;
        world.open("rest");
        for run in runs {
            node.ended(run, RunStatus::Succeeded).await;
        }
        assert_eq!(world.busiest(), 2);
        node.stop().await;
    }

    async fn runs_that_wait_take_no_place(place: Place) {
        let world = World::new();
        let bounds = WorkerOptions { places: 1, ..usual() };
        let node = Node::open_with(options(&place), bounds, &world).await;
        let mut waiting = Vec::new();
        for _ in 0..5 {
            waiting.push(node.start(json!([{ "await": "answer" }])).await);
        }
        for run in &waiting {
            node.waits(*run).await;
        }
        let run = node.start(json!([{ "do": "a" }])).await;
        node.ended(run, RunStatus::Succeeded).await;
        for run in waiting {
            node.tell(run, crate::node::signal("answer")).await;
            node.ended(run, RunStatus::Succeeded).await;
        }
        node.stop().await;
    }

    async fn limits_of_a_key_hold_and_the_next_run_begins_at_once(place: Place) {
        let world = World::new();
        // So long a poll that a run which is found by it fails the test.
        let poll = gathering_domain::Duration::from_secs(120);
        let node = Node::open_with(options(&place), WorkerOptions { poll, ..usual() }, &world).await;
        let mut runs = Vec::new();
        for _ in 0..6 {
            let places = vec![RunLimit { key: "thread:1".to_owned(), max: 2, until_end: false }];
            let steps = json!([{ "do": "a", "input": { "gate": "go" } }]);
            runs.push(node.start_with(Start { steps, places, ..Start::default() }).await);
        }
        let other = vec![RunLimit { key: "thread:2".to_owned(), max: 1, until_end: false }];
        let free = Start { steps: json!([{ "do": "b" }]), places: other, ..Start::default() };
        let free = node.start_with(free).await;
        node.ended(free, RunStatus::Succeeded).await;
        world.attempted("a", 2).await;
        world.open("go");
        for run in runs {
            node.ended(run, RunStatus::Succeeded).await;
        }
        assert_eq!(world.busiest().min(3), world.busiest(), "two of one key, one of the other");
        node.stop().await;
    }
}
