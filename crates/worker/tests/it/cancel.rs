//! Cancel: it reaches the call in flight, and the children.

use gathering_domain::RunStatus;
use gathering_engine::LedgerState;
use gathering_storage::{list_children, list_effects};
use gathering_testkit::{Place, each_database};
use serde_json::json;

use crate::{
    node::{Node, Start, cancel, signal},
    world::World,
};

each_database! {
    async fn it_drops_the_call_in_flight(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let run = node.start(json!([{ "do": "a", "input": { "gate": "never" } }])).await;
        world.attempted("a", 1).await;
        node.tell(run, cancel()).await;
        node.ended(run, RunStatus::Cancelled).await;
        world.dropped(1).await;
        node.stop().await;
    }

    async fn it_reaches_a_run_that_never_waits_for_an_answer(place: Place) {
        const STEPS: usize = 2_000;
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let steps: Vec<_> = (0..STEPS).map(|n| json!({ "do": format!("step_{n}") })).collect();
        let run = node.start(steps.into()).await;
        world.attempted("step_0", 1).await;
        node.tell(run, cancel()).await;
        node.ended(run, RunStatus::Cancelled).await;
        assert!(world.all().len() < STEPS);
        node.stop().await;
    }

    async fn an_unsafe_call_that_it_drops_stays_unknown_in_the_ledger(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let step = json!({ "do": "a", "kind": "unsafe", "input": { "gate": "never" } });
        let run = node.start(json!([step])).await;
        world.attempted("a", 1).await;
        node.tell(run, cancel()).await;
        node.ended(run, RunStatus::Cancelled).await;
        let effects = node
            .run(move |inside| async move { list_effects(run).all(&inside.database).await.unwrap() })
            .await;
        assert_eq!(effects[0].state, LedgerState::Unknown);
        node.stop().await;
    }

    async fn it_reaches_children_that_work_and_children_that_wait(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let working = json!([{ "do": "a", "input": { "gate": "never" } }]);
        let waiting = json!([{ "await": "answer" }]);
        let steps = json!([{ "all": [
            { "children": "working", "count": 3, "steps": working },
            { "children": "waiting", "count": 3, "steps": waiting },
        ] }]);
        let run = node.start(steps).await;
        world.attempted("a", 3).await;
        node.waits(run).await;
        let children = node
            .run(move |inside| async move { list_children(run).all(&inside.database).await.unwrap() })
            .await;
        node.tell(run, cancel()).await;
        node.ended(run, RunStatus::Cancelled).await;
        for child in children {
            node.ended(child.id, RunStatus::Cancelled).await;
        }
        world.dropped(3).await;
        node.stop().await;
    }

    async fn it_reaches_a_run_that_nobody_has_begun(place: Place) {
        let world = World::new();
        let bounds = gathering_worker::WorkerOptions { places: 1, ..crate::node::usual() };
        let node = Node::open_with(crate::node::options(&place), bounds, &world).await;
        let busy = node.start(json!([{ "do": "busy", "input": { "gate": "busy" } }])).await;
        world.attempted("busy", 1).await;
        let queued = Start { steps: json!([{ "do": "a" }]), queued: true, ..Start::default() };
        let run = node.start_with(queued).await;
        node.tell(run, cancel()).await;
        world.open("busy");
        node.ended(busy, RunStatus::Succeeded).await;
        node.ended(run, RunStatus::Cancelled).await;
        assert_eq!(world.attempts("a"), []);
        node.stop().await;
    }

    async fn an_ended_run_stays_as_it_ended(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let run = node.start(json!([{ "await": "answer" }, { "do": "a" }])).await;
        node.waits(run).await;
        node.tell(run, signal("answer")).await;
        let journal = node.ended(run, RunStatus::Succeeded).await;
        node.tell(run, cancel()).await;
        assert_eq!(node.ended(run, RunStatus::Succeeded).await, journal);
        node.stop().await;
    }
}
