//! Attempts whose process died: asked of a person, repeated, or reconciled, by their kind.

use gathering_domain::{RunStatus, Waiting};
use gathering_engine::{LedgerState, Resolution};
use gathering_storage::list_effects;
use gathering_testkit::{Place, each_database};
use serde_json::json;

use crate::{
    node::{Node, Start, count, resolve},
    world::World,
};

each_database! {
    async fn a_person_settles_an_unsafe_one(place: Place) {
        for (resolution, status, attempts) in [
            (Resolution::Done(json!("it was sent").into()), RunStatus::Succeeded, 1),
            (Resolution::NotDone, RunStatus::Succeeded, 2),
            (Resolution::Failed("it was refused".to_owned()), RunStatus::Failed, 1),
        ] {
            let world = World::new();
            let place = another(&place).await;
            let node = Node::open(&place, &world).await;
            let step = json!({ "do": "mail", "kind": "unsafe", "input": { "hang_at": 1 } });
            let run = node.start(json!([step])).await;
            world.attempted("mail", 1).await;
            node.kill();

            let node = Node::open(&place, &world).await;
            let row = node.waits(run).await;
            assert_eq!(row.waiting, Some(Waiting::UnknownOutcome));
            assert_eq!(world.attempts("mail").len(), 1, "it is not repeated");
            node.tell(run, resolve("mail", resolution.clone())).await;
            node.ended(run, status).await;
            let seen = world.attempts("mail");
            assert_eq!(seen.len(), attempts, "{resolution:?}");
            assert!(seen.iter().all(|one| one.effect_id == seen[0].effect_id));
            let effects = node
                .run(move |inside| async move {
                    list_effects(run).all(&inside.database).await.unwrap()
                })
                .await;
            let expected =
                if status == RunStatus::Failed { LedgerState::Failed } else { LedgerState::Done };
            assert_eq!(effects[0].state, expected);
            node.stop().await;
        }
    }

    async fn repeatable_ones_are_repeated_under_the_same_effect_id(place: Place) {
        for kind in ["pure", "idempotent"] {
            let world = World::new();
            let place = another(&place).await;
            let node = Node::open(&place, &world).await;
            let step = json!({ "do": "put", "kind": kind, "input": { "hang_first": 1 } });
            let run = node.start(json!([{ "do": "before" }, step])).await;
            world.attempted("put", 1).await;
            node.kill();

            let node = Node::open(&place, &world).await;
            node.ended(run, RunStatus::Succeeded).await;
            let seen = world.attempts("put");
            assert_eq!((seen.len(), seen[0].effect_id), (2, seen[1].effect_id));
            assert_eq!(world.attempts("before").len(), 1, "what has settled is not repeated");
            node.stop().await;
        }
    }

    async fn a_reconcilable_one_is_asked_of_its_target(place: Place) {
        for happened in [true, false] {
            let world = World::new();
            let place = another(&place).await;
            let node = Node::open(&place, &world).await;
            let step = json!({
                "do": "pay", "kind": "reconcilable", "timeout_ms": 3_000, "input": { "hang_at": 1 },
            });
            let run = node.start(json!([step])).await;
            world.attempted("pay", 1).await;
            node.kill();
            if happened {
                world.happened.lock().unwrap().insert("pay".to_owned(), json!("paid"));
            }

            let node = Node::open(&place, &world).await;
            let journal = node.ended(run, RunStatus::Succeeded).await;
            let (seen, asked) = (world.attempts("pay"), world.asked());
            assert!(asked.iter().all(|one| one.effect_id == seen[0].effect_id));
            // That it did not happen is believed once it no longer can, and asked for anew until then.
            assert!((1..=if happened { 1 } else { 2 }).contains(&asked.len()), "{asked:?}");
            assert_eq!(seen.len(), if happened { 1 } else { 2 });
            assert_eq!(count(&journal, "effect_settled"), 1);
            node.stop().await;
        }
    }

    async fn one_that_another_run_may_have_made_is_asked_of_a_person(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let mail = json!({ "do": "mail", "kind": "unsafe", "input": { "gate": "mail" } });
        let first = node.start(json!([mail])).await;
        world.attempted("mail", 1).await;
        let steps = json!([{ "do": "before" }, { "all": [mail, { "do": "beside" }] }]);
        let start = Start { steps, chain: Some(first), ..Start::default() };
        let second = node.start_with(start).await;
        assert_eq!(node.waits(second).await.waiting, Some(Waiting::UnknownOutcome));
        assert_eq!(world.attempts("mail").len(), 1, "it is not made under the same effect id");
        node.tell(second, resolve("mail", Resolution::Done(json!("sent by the first").into()))).await;
        node.ended(second, RunStatus::Succeeded).await;
        world.open("mail");
        node.ended(first, RunStatus::Succeeded).await;
        assert_eq!(world.attempts("mail").len(), 1);
        node.stop().await;
    }

    async fn an_unsafe_timeout_asks_a_person_as_well(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let step = json!({ "do": "mail", "kind": "unsafe", "attempts": 3, "input": { "then": "unknown" } });
        let run = node.start(json!([step])).await;
        assert_eq!(node.waits(run).await.waiting, Some(Waiting::UnknownOutcome));
        node.tell(run, resolve("mail", Resolution::Failed("no".to_owned()))).await;
        node.ended(run, RunStatus::Failed).await;
        assert_eq!(world.attempts("mail").len(), 1);
        node.stop().await;
    }
}

/// Another empty place on the same engine.
async fn another(place: &Place) -> Place {
    match place {
        Place::Sqlite(_) => Place::sqlite(),
        Place::Postgres(_) => Place::postgres().await,
    }
}
