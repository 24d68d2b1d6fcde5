//! Child runs: they end their parent, beyond the places of the instance and beyond its life.

use gathering_domain::RunStatus;
use gathering_testkit::{Place, each_database};
use gathering_worker::WorkerOptions;
use serde_json::{Value, json};

use crate::{
    node::{Node, count, options, usual},
    world::World,
};

fn fan_out(count: usize, steps: &Value) -> Value {
    json!([{ "children": "item", "count": count, "steps": steps }, { "do": "after" }])
}

each_database! {
    async fn a_fan_out_ends_its_parent(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let run = node.start(fan_out(20, &json!([{ "do": "a" }, { "do": "b" }]))).await;
        let journal = node.ended(run, RunStatus::Succeeded).await;
        assert_eq!((count(&journal, "child_started"), count(&journal, "child_settled")), (20, 20));
        assert_eq!((world.attempts("a").len(), world.attempts("after").len()), (20, 1));
        node.stop().await;
    }

    async fn more_children_than_places_end_as_well(place: Place) {
        let world = World::new();
        let bounds = WorkerOptions { places: 3, ..usual() };
        let node = Node::open_with(options(&place), bounds, &world).await;
        let nested = json!([{ "children": "inner", "count": 3, "steps": [{ "do": "a" }] }]);
        let run = node.start(fan_out(8, &nested)).await;
        node.ended(run, RunStatus::Succeeded).await;
        assert_eq!(world.attempts("a").len(), 24);
        assert!(world.busiest() <= 3, "{} at once", world.busiest());
        node.stop().await;
    }

    async fn a_failed_child_fails_its_parent_and_ends_its_siblings(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let steps = json!([{ "all": [
            { "children": "good", "count": 2, "steps": [{ "do": "a", "input": { "gate": "never" } }] },
            { "children": "bad", "count": 1, "steps": [{ "await": "go" }, { "do": "b", "input": { "then": "fatal" } }] },
        ] }]);
        let run = node.start(steps).await;
        world.attempted("a", 2).await;
        let children = node
            .run(move |inside| async move {
                gathering_storage::list_children(run).all(&inside.database).await.unwrap()
            })
            .await;
        let bad = children.iter().find(|child| child.parent_key.as_ref().unwrap().as_str() == "bad[0]");
        let bad = bad.unwrap().id;
        node.waits(bad).await;
        node.tell(bad, crate::node::signal("go")).await;
        node.ended(run, RunStatus::Failed).await;
        for child in children.into_iter().filter(|child| child.id != bad) {
            node.ended(child.id, RunStatus::Cancelled).await;
        }
        node.stop().await;
    }

    async fn children_outlive_the_process_that_began_them(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let steps = json!([{ "do": "a" }, { "do": "b", "input": { "hang_first": 1 } }]);
        let run = node.start(fan_out(10, &steps)).await;
        world.attempted("b", 10).await;
        node.kill();
        let node = Node::open(&place, &world).await;
        let journal = node.ended(run, RunStatus::Succeeded).await;
        assert_eq!(count(&journal, "child_settled"), 10);
        assert_eq!((world.attempts("a").len(), world.attempts("b").len()), (10, 20));
        node.stop().await;
    }

    async fn a_parent_is_not_folded_afresh_at_each_childs_end(place: Place) {
        let world = World::new();
        let bounds = WorkerOptions { places: 4, ..usual() };
        let node = Node::open_with(options(&place), bounds, &world).await;
        let run = node.start(fan_out(120, &json!([{ "do": "a" }]))).await;
        node.ended(run, RunStatus::Succeeded).await;
        // One fold for each child, and few for the parent.
        assert!(node.folds() < 120 + 20, "{} folds", node.folds());
        node.stop().await;
    }
}
