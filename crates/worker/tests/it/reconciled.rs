//! HTTP requests whose outcome got lost: the target is asked, and what it says decides.

use std::sync::Arc;

use gathering_domain::{RunStatus, Waiting};
use gathering_engine::{EntryBody, Resolution, Settlement};
use gathering_testkit::{Place, each_database};
use gathering_worker::{BreakerPolicy, Breakers, http_performer};
use serde_json::{Value, json};

use crate::{
    ambient::WrongClock,
    node::{Node, options, resolve, usual},
    target::{Fate, Target},
    world::World,
};

async fn open(place: &Place, target: &Target) -> Node {
    let clock = Arc::new(WrongClock::default());
    let breakers = Breakers::new(clock, BreakerPolicy::default());
    let http = http_performer(&target.egress(), &breakers, None);
    Node::open_performing(options(place), usual(), &World::new(), |performers| {
        performers.with("http", http)
    })
    .await
}

/// How long an order may take: what the target says that it does not know is believed after that.
const TIMEOUT_MS: u64 = 3_000;

/// An order, as the pipeline's machine asks for it.
fn order(target: &Target) -> Value {
    let base = format!("http://{}", target.address);
    json!([{ "do": "order", "performer": "http", "kind": "reconcilable", "attempts": 3,
        "timeout_ms": TIMEOUT_MS, "input": {
        "method": "POST", "url": format!("{base}/orders"), "headers": {}, "body": { "n": 1 },
        "idempotency_header": "Idempotency-Key",
        "reconcile": {
            "url": format!("{base}/orders?key={{effect_id}}"),
            "headers": { "x-asked": "about {effect_id}" },
            "happened": "item.body.orders | length > 0",
        },
    } }])
}

/// What the order settled as.
fn output(journal: &[gathering_engine::Entry]) -> Value {
    let output = journal.iter().find_map(|entry| match &entry.body {
        EntryBody::EffectSettled(settled) => match &settled.result {
            Settlement::Output(output) => Some(output.as_ref().clone()),
            Settlement::Error(error) => panic!("{error:?}"),
        },
        _ => None,
    });
    output.unwrap()
}

each_database! {
    async fn an_order_whose_answer_was_cut_is_not_made_again(place: Place) {
        let target = Target::start(&[Fate::CutAfter]).await;
        let node = open(&place, &target).await;
        let run = node.start(order(&target)).await;
        let output = output(&node.ended(run, RunStatus::Succeeded).await);
        assert_eq!((&output["reconciled"], &output["status"]), (&json!(true), &json!(200)));
        assert_eq!(output["body"]["orders"][0]["order"], 7);
        {
            let book = target.book.lock().unwrap();
            let id = &book.arrived[0];
            assert_eq!(book.arrived.len(), 1);
            assert_eq!(book.asked, [format!("/orders?key={id} about {id}")]);
        }
        node.stop().await;
    }

    async fn an_order_that_never_arrived_is_made_again_under_its_id(place: Place) {
        let target = Target::start(&[Fate::CutBefore]).await;
        let node = open(&place, &target).await;
        let run = node.start(order(&target)).await;
        let output = output(&node.ended(run, RunStatus::Succeeded).await);
        assert_eq!((&output["reconciled"], &output["status"]), (&json!(false), &json!(201)));
        {
            let book = target.book.lock().unwrap();
            assert_eq!((book.arrived.len(), book.asked.len()), (2, 2));
            assert_eq!(book.arrived[0], book.arrived[1]);
            assert_eq!(book.taken[&book.arrived[0]], 1);
        }
        node.stop().await;
    }

    async fn an_order_that_is_still_being_taken_is_not_made_again(place: Place) {
        let target = Target::start(&[Fate::Late]).await;
        let node = open(&place, &target).await;
        let run = node.start(order(&target)).await;
        let journal = node.ended(run, RunStatus::Succeeded).await;
        assert_eq!(output(&journal)["reconciled"], true);
        let too_early = journal.iter().any(|entry| {
            matches!(&entry.body, EntryBody::AttemptFailed(failed)
                if failed.error.code == "not_done_yet")
        });
        assert!(too_early);
        {
            let book = target.book.lock().unwrap();
            assert_eq!((book.arrived.len(), book.asked.len()), (1, 2));
            assert_eq!(book.taken[&book.arrived[0]], 1);
        }
        node.stop().await;
    }

    async fn a_target_that_cannot_say_is_asked_again_and_then_a_person(place: Place) {
        let target = Target::start(&[Fate::CutAfter]).await;
        target.book.lock().unwrap().confused = true;
        let node = open(&place, &target).await;
        let run = node.start(order(&target)).await;
        crate::node::until("a person is asked", || async {
            node.row(run).await.waiting == Some(Waiting::UnknownOutcome)
        })
        .await;
        {
            let book = target.book.lock().unwrap();
            assert_eq!((book.arrived.len(), book.asked.len()), (1, 3));
        }
        node.tell(run, resolve("order", Resolution::Done(json!("by hand").into()))).await;
        node.ended(run, RunStatus::Succeeded).await;
        assert_eq!(target.book.lock().unwrap().arrived.len(), 1);
        node.stop().await;
    }

    async fn the_next_process_asks_about_an_order_of_a_killed_one(place: Place) {
        let target = Target::start(&[Fate::Silent]).await;
        let node = open(&place, &target).await;
        let run = node.start(order(&target)).await;
        target.arrived(1).await;
        node.kill();
        let node = open(&place, &target).await;
        let output = output(&node.ended(run, RunStatus::Succeeded).await);
        assert_eq!(output["reconciled"], true);
        {
            let book = target.book.lock().unwrap();
            assert_eq!((book.arrived.len(), book.asked.len()), (1, 1));
        }
        node.stop().await;
    }
}
