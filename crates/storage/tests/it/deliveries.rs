//! Tests of deliveries: each is its run's, and comes into being with it or not at all.

use gathering_domain::{DeliveryId, RunId, WebhookId};
use gathering_storage::{
    AppendError, NewRun,
    deliveries::{
        self, Attempt, DELIVERY_CONSTRAINT, DeliveryRow, DeliveryStart, DeliveryStep, NewDelivery,
        SENT_BY_ANOTHER_CONSTRAINT,
    },
    find_run,
};
use gathering_testkit::{Place, each_database};

use crate::support::{Node, join_all, node};

fn sending(node: &Node, step: DeliveryStep) -> NewRun {
    let delivery = Some(Box::new(DeliveryStart { step, record: None }));
    NewRun { delivery, ..node.world.run() }
}

fn new(node: &Node) -> NewDelivery {
    NewDelivery {
        id: DeliveryId::next(&node.world.ids),
        project_id: node.world.project,
        webhook_id: WebhookId::next(&node.world.ids),
        event_id: "evt_1".into(),
        event_type: "event.emitted".into(),
        subject: "orders.paid".into(),
        event_run_id: None,
        asked: false,
        now: node.now(),
    }
}

async fn found(node: &Node, of: &NewDelivery) -> DeliveryRow {
    deliveries::find(of.webhook_id, of.id).first(node.database()).await.unwrap().unwrap()
}

async fn attempted(node: &Node, of: &NewDelivery, run_id: RunId, status: &str) -> u64 {
    let attempt = Attempt { status, response_status: Some(500), error: None, now: node.now() };
    let unit =
        gathering_storage::Unit::new().with(deliveries::attempted(of.id, run_id, &attempt).into());
    node.database().apply(unit).await.unwrap().count(0)
}

each_database! {
    async fn a_delivery_comes_into_being_with_one_run(place: Place) {
        let node = node(&place).await;
        let delivery = new(&node);
        let runs: Vec<NewRun> =
            (0..3).map(|_| sending(&node, DeliveryStep::New(delivery.clone()))).collect();
        let others = (0..3).map(|_| node.world.run());
        let started = join_all(runs.iter().cloned().chain(others).map(|run| node.try_create(run))).await;
        let (of_delivery, others) = started.split_at(3);
        assert!(others.iter().all(Result::is_ok));
        let refused = of_delivery.iter().filter(|started| matches!(started,
            Err(AppendError::Conflict { constraint }) if constraint == DELIVERY_CONSTRAINT));
        assert_eq!(refused.count(), 2);
        let row = found(&node, &delivery).await;
        let (winner, _) = runs.iter().zip(of_delivery).find(|(_, started)| started.is_ok()).unwrap();
        assert_eq!((row.run_id, row.status.as_str(), row.asked), (Some(winner.id), "pending", false));
        for run in runs {
            let exists = find_run(run.id).first(node.database()).await.unwrap().is_some();
            assert_eq!(exists, Some(run.id) == row.run_id);
        }
        node.stop().await;
    }

    async fn only_the_run_that_has_a_delivery_hands_it_on_and_says_that_it_failed(place: Place) {
        let node = node(&place).await;
        let delivery = new(&node);
        let first = node.create(sending(&node, DeliveryStep::New(delivery.clone()))).await;
        assert_eq!(attempted(&node, &delivery, first, "failed").await, 1);
        let again =
            |of| sending(&node, DeliveryStep::Again { id: delivery.id, of: Some(of) });
        let second = node.create(again(first)).await;
        let row = found(&node, &delivery).await;
        assert_eq!((row.run_id, row.status.as_str(), row.asked), (Some(second), "pending", true));
        let late = again(first);
        let refused = node.try_create(late.clone()).await.unwrap_err();
        assert!(matches!(&refused, AppendError::Conflict { constraint } if constraint == SENT_BY_ANOTHER_CONSTRAINT));
        assert_eq!(find_run(late.id).first(node.database()).await.unwrap(), None);
        assert_eq!(attempted(&node, &delivery, first, "failed").await, 0);
        assert_eq!(attempted(&node, &delivery, second, "pending").await, 1);
        // That it was taken is so, whoever sent it.
        assert_eq!(attempted(&node, &delivery, first, "delivered").await, 1);
        assert_eq!(found(&node, &delivery).await.status, "delivered");
        node.stop().await;
    }
}
