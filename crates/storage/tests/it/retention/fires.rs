//! Which fires of schedules go.

use gathering_database::Unit;
use gathering_testkit::{Place, each_database};

use super::*;
use crate::support::node;

each_database! {
    async fn fires_go_of_which_nothing_more_will_come(place: Place) {
        let node = node(&place).await;
        let [ended, gone] = [node.ended("ended").await, RunId::next(&node.world.ids)];
        let open = node.own().await;
        for run_id in [ended, gone, open] {
            // Nobody has looked at its schedule since its run ended.
            node.fire("started", Some(run_id), true).await;
        }
        node.fire("skipped", None, false).await;
        node.fire("queued", None, true).await;
        node.fire("retrying", Some(ended), true).await;
        let end = node.now();
        node.world.clock.advance(DAY);
        node.fire("failed", None, false).await;
        let remove = async || {
            let fires = retention::remove_fires(end, 100).into();
            let removed = node.database().apply(Unit::new().with(fires)).await.unwrap().count(0);
            let left = "SELECT status, run_id FROM fires ORDER BY created_at, status";
            (removed, ask::<(String, Option<uuid::Uuid>)>(node.database(), left).await)
        };
        let rows = [
            ("queued", None),
            ("retrying", Some(ended.uuid())),
            ("started", Some(open.uuid())),
            ("failed", None),
        ];
        let left = rows.map(|(status, run_id)| (status.to_owned(), run_id)).to_vec();
        assert_eq!(remove().await, (3, left.clone()));
        assert_eq!(remove().await, (0, left));
        node.stop().await;
    }
}
