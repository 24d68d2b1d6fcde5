//! What the writer of the log tells of its flushes.

use gathering_domain::{Actor, RunStatus, Waiting};
use gathering_storage::{AppendError, Flushed, InboxMessage, RunChange, RunsChanged};
use gathering_testkit::{Place, each_database};

use crate::support::{Node, node};

fn changes(node: &Node) -> RunsChanged {
    let mut all = RunsChanged::default();
    for Flushed { result, .. } in node.flushes.take() {
        let changed = result.unwrap();
        all.started += changed.started;
        all.ended.extend(changed.ended);
        all.parked.extend(changed.parked);
    }
    all
}

each_database! {
    async fn each_start_park_and_end_is_told_once_it_is_written(place: Place) {
        let node = node(&place).await;
        let (first, second) = (node.own().await, node.own().await);
        assert_eq!(changes(&node), RunsChanged { started: 2, ..RunsChanged::default() });
        node.park(first, None, 0).await;
        node.finish(second, 1).await;
        let told = RunsChanged {
            started: 0,
            ended: vec![RunStatus::Succeeded],
            parked: vec![Waiting::Signal],
        };
        assert_eq!(changes(&node), told);
        node.stop().await;
    }

    async fn a_run_that_was_told_something_is_not_parked(place: Place) {
        let node = node(&place).await;
        let run_id = node.own().await;
        let message = InboxMessage::Cancel { actor: Actor::System, reason: "enough".into() };
        node.writer.poke(run_id, &message, node.now()).await.unwrap();
        changes(&node);
        assert!(node.park(run_id, None, 0).await.owned);
        assert_eq!(changes(&node), RunsChanged::default());
        node.stop().await;
    }

    async fn a_flush_tells_its_size_and_why_it_failed(place: Place) {
        let node = node(&place).await;
        let run_id = node.own().await;
        node.finish(run_id, 1).await;
        let flushes = node.flushes.take();
        assert!(flushes.iter().all(|flush| flush.appends == 1 && flush.bytes > 0), "{flushes:?}");
        let late = node.writer.append(node.append(run_id)).await;
        assert!(late.is_ok(), "an append of nothing is a fence");
        node.flushes.take();
        let mut again = node.append(run_id);
        again.change = RunChange::Released;
        let refused = node.writer.append(again).await;
        assert!(matches!(refused, Err(AppendError::NotOwner(_))), "{refused:?}");
        let results: Vec<_> = node.flushes.take().into_iter().map(|flush| flush.result).collect();
        assert!(results.contains(&Err("refused")), "{results:?}");
        node.stop().await;
    }
}
