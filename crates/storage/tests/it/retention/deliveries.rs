//! Which deliveries to webhooks go.

use gathering_database::Unit;
use gathering_domain::{DeliveryId, WebhookId};
use gathering_storage::deliveries::{
    self, Attempt, DeliveryStart, DeliveryStep, NewDelivery, delete_old, insert_refused,
};
use gathering_testkit::{Place, each_database};

use super::*;
use crate::support::node;

impl Node {
    fn delivery(&self, named: &str) -> NewDelivery {
        NewDelivery {
            id: DeliveryId::next(&self.world.ids),
            project_id: self.world.project,
            webhook_id: WebhookId::next(&self.world.ids),
            event_id: named.to_owned(),
            event_type: "event.emitted".into(),
            subject: "orders.paid".into(),
            event_run_id: None,
            asked: false,
            now: self.now(),
        }
    }

    /// A delivery that a run sends from now on.
    async fn sent(&self, named: &str) -> (DeliveryId, RunId) {
        let delivery = self.delivery(named);
        let id = delivery.id;
        (id, self.sends(DeliveryStep::New(delivery)).await)
    }

    async fn sends(&self, step: DeliveryStep) -> RunId {
        let delivery = Some(Box::new(DeliveryStart { step, record: None }));
        let run = NewRun { owner: Some(self.id), delivery, ..self.world.run() };
        self.create(run).await
    }

    async fn attempted(&self, (id, run_id): (DeliveryId, RunId), status: &str) {
        let attempt = Attempt { status, response_status: Some(500), error: None, now: self.now() };
        let unit = Unit::new().with(deliveries::attempted(id, run_id, &attempt).into());
        assert_eq!(self.database().apply(unit).await.unwrap().count(0), 1);
    }
}

each_database! {
    async fn deliveries_go_that_were_sent_last_long_ago_and_are_not_under_way(place: Place) {
        let node = node(&place).await;
        let taken = node.sent("taken").await;
        node.attempted(taken, "delivered").await;
        let (_, cancelled) = node.sent("cancelled").await;
        node.finish(cancelled, 1).await;
        let refused = insert_refused(&node.delivery("refused"), "forbidden").into();
        node.database().apply(Unit::new().with(refused)).await.unwrap();
        node.sent("under way").await;
        let failed = node.sent("again").await;
        node.attempted(failed, "failed").await;
        node.finish(failed.1, 1).await;
        let tried = node.sent("tried").await;
        let end = node.now();
        node.world.clock.advance(DAY);
        // What is sent again has not been sent yet.
        node.sends(DeliveryStep::Again { id: failed.0, of: Some(failed.1) }).await;
        node.attempted(tried, "failed").await;
        node.sent("new").await;
        let remove = async || {
            let unit = Unit::new().with(delete_old(end, 100).into());
            let removed = node.database().apply(unit).await.unwrap().count(0);
            let left = "SELECT event_id FROM deliveries ORDER BY id";
            (removed, ask::<(String,)>(node.database(), left).await)
        };
        let left: Vec<_> =
            ["under way", "again", "tried", "new"].map(|named| (named.to_owned(),)).to_vec();
        assert_eq!(remove().await, (3, left.clone()));
        assert_eq!(remove().await, (0, left));
        node.stop().await;
    }
}
