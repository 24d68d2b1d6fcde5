//! What a worker tells of the attempts that it makes.

use std::sync::{Arc, Mutex, atomic::Ordering};

use gathering_domain::{EffectKind, RunStatus};
use gathering_testkit::{Place, each_database};
use gathering_worker::{AttemptSeen, Observer};
use serde_json::json;

use crate::{
    node::{Node, options, until, usual},
    world::World,
};

/// Remembers what it is told.
#[derive(Default)]
struct Ear(Mutex<Vec<(EffectKind, &'static str)>>);

impl Observer for Ear {
    fn effect(&self, attempt: &AttemptSeen) {
        assert_eq!(attempt.performer, "hands");
        self.0.lock().unwrap().push((attempt.kind, attempt.outcome));
    }
}

impl Ear {
    fn heard(&self) -> Vec<(EffectKind, &'static str)> {
        self.0.lock().unwrap().clone()
    }
}

async fn open(place: &Place, world: &Arc<World>) -> (Node, Arc<Ear>) {
    let ear = Arc::<Ear>::default();
    let observer: Arc<dyn Observer> = Arc::clone(&ear) as _;
    let change = |hands: gathering_worker::Performers| hands.observed_by(&observer);
    (Node::open_performing(options(place), usual(), world, change).await, ear)
}

each_database! {
    async fn every_attempt_is_told_with_how_it_ended(place: Place) {
        let world = World::new();
        let (node, ear) = open(&place, &world).await;
        let again = json!({ "do": "a", "attempts": 3, "delay_ms": 1, "input": { "fail": 1 } });
        let run = node.start(json!([again, { "do": "b", "kind": "unsafe" }])).await;
        node.ended(run, RunStatus::Succeeded).await;
        let heard = ear.heard();
        assert_eq!(heard.len(), 3, "{heard:?}");
        assert_eq!(heard[1..], [(heard[0].0, "succeeded"), (EffectKind::Unsafe, "succeeded")]);
        assert_ne!(heard[0].1, "succeeded");
        node.stop().await;
    }

    async fn an_attempt_that_is_dropped_is_told(place: Place) {
        let world = World::new();
        let (node, ear) = open(&place, &world).await;
        let run = node.start(json!([{ "race": [{ "do": "a", "input": { "gate": "never" } }, { "do": "b" }] }])).await;
        node.ended(run, RunStatus::Succeeded).await;
        until("the other one is dropped", || async { world.dropped.load(Ordering::SeqCst) == 1 }).await;
        until("it is told", || async { ear.heard().len() == 2 }).await;
        let words: Vec<_> = ear.heard().into_iter().map(|(_, word)| word).collect();
        assert!(words.contains(&"dropped") && words.contains(&"succeeded"), "{words:?}");
        node.stop().await;
    }
}
