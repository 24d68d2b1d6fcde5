//! The inbox: what a run is told reaches it once, and parking never misses it.

use gathering_domain::{Actor, RunStatus};
use gathering_engine::{ChildSettled, Key, Outcome, ParentLink, SignalReceived};
use gathering_storage::{
    CancelRun, InboxMessage, NewRun, Poked, RunChange, Told, claim, find_run, list_inbox, load,
    load_inbox, owned_with_news,
};
use gathering_testkit::{Place, each_database};

use crate::support::{node, settled};

fn signal(key: &str) -> InboxMessage {
    InboxMessage::Signal(SignalReceived {
        key: Key::new(key),
        payload: std::sync::Arc::new(serde_json::json!({"yes": true})),
        actor: Actor::LocalOwner,
    })
}

/// Another answer under the same key.
fn other_of(key: &str) -> InboxMessage {
    InboxMessage::Signal(SignalReceived {
        key: Key::new(key),
        payload: std::sync::Arc::new(serde_json::json!({"yes": false})),
        actor: Actor::LocalOwner,
    })
}

each_database! {
    async fn poke_names_the_owner_who_must_be_woken(place: Place) {
        let node = node(&place).await;
        let run_id = node.own().await;
        let poked = node.writer.poke(run_id, &signal("a"), node.now()).await.unwrap();
        assert_eq!(poked, Poked::Told(Told { run_id, owner: Some(node.id) }));
        assert_eq!(owned_with_news(node.database(), node.id).await.unwrap(), [run_id]);
        let (inbox, pokes) = load_inbox(node.database(), run_id).await.unwrap().unwrap();
        assert_eq!((inbox.len(), pokes), (1, 1));
        assert_eq!(inbox[0].message, signal("a"));
        node.stop().await;
    }

    async fn poke_makes_a_parked_run_claimable(place: Place) {
        let node = node(&place).await;
        let run_id = node.own().await;
        node.park(run_id, None, 0).await;
        assert!(claim(node.database(), node.id, 1, node.now()).await.unwrap().is_empty());
        let poked = node.writer.poke(run_id, &signal("a"), node.now()).await.unwrap();
        assert_eq!(poked, Poked::Told(Told { run_id, owner: None }));
        let claimed = claim(node.database(), node.id, 1, node.now()).await.unwrap();
        assert_eq!(claimed[0].id, run_id);
        let loaded = load(node.database(), run_id).await.unwrap().unwrap();
        assert_eq!((loaded.inbox.len(), loaded.row.pokes), (1, 1));
        node.stop().await;
    }

    async fn message_of_the_same_key_is_kept_once(place: Place) {
        let node = node(&place).await;
        let run_id = node.own().await;
        let told = Poked::Told(Told { run_id, owner: Some(node.id) });
        for _ in 0..3 {
            let poked = node.writer.poke(run_id, &signal("a"), node.now()).await.unwrap();
            assert_eq!(poked, told);
        }
        // Whoever says something else hears that it was dropped, and for what.
        let poked = node.writer.poke(run_id, &other_of("a"), node.now()).await.unwrap();
        assert_eq!(poked, Poked::Held(Box::new(signal("a"))));
        let inbox = list_inbox(run_id).all(node.database()).await.unwrap();
        assert_eq!(inbox.iter().map(|row| &row.message).collect::<Vec<_>>(), [&signal("a")]);
        // Of two at once, in one flush or in two, one is told.
        let (one, other) = (signal("b"), other_of("b"));
        let (first, second) = tokio::join!(
            node.writer.poke(run_id, &one, node.now()),
            node.writer.poke(run_id, &other, node.now()),
        );
        let results = [first.unwrap(), second.unwrap()];
        assert_eq!(results.iter().filter(|poked| **poked == told).count(), 1, "{results:?}");
        node.stop().await;
    }

    async fn taking_a_message_in_removes_it_with_the_append(place: Place) {
        let node = node(&place).await;
        let run_id = node.own().await;
        node.writer.poke(run_id, &signal("a"), node.now()).await.unwrap();
        node.writer.poke(run_id, &signal("b"), node.now()).await.unwrap();
        let mut append = node.append(run_id);
        append.entries = vec![settled(1, node.now(), "took a")];
        append.inbox_done = vec![signal("a").key()];
        node.writer.append(append).await.unwrap();
        let left = list_inbox(run_id).all(node.database()).await.unwrap();
        assert_eq!(left.iter().map(|row| row.key.as_str()).collect::<Vec<_>>(), ["signal/b"]);
        node.stop().await;
    }

    async fn parking_keeps_the_run_if_something_came_meanwhile(place: Place) {
        let node = node(&place).await;
        let run_id = node.own().await;
        node.writer.poke(run_id, &signal("a"), node.now()).await.unwrap();
        assert!(node.park(run_id, None, 0).await.owned);
        let row = find_run(run_id).first(node.database()).await.unwrap().unwrap();
        assert_eq!((row.owner, row.status, row.waiting), (Some(node.id), RunStatus::Running, None));
        assert!(!node.park(run_id, None, 1).await.owned);
        let row = find_run(run_id).first(node.database()).await.unwrap().unwrap();
        assert_eq!((row.owner, row.status), (None, RunStatus::Waiting));
        node.stop().await;
    }

    async fn race_of_parking_and_poking_never_strands_a_run(place: Place) {
        let node = node(&place).await;
        for _ in 0..50 {
            let run_id = node.own().await;
            let message = signal("a");
            let (parked, poked) = tokio::join!(
                node.park(run_id, None, 0),
                node.writer.poke(run_id, &message, node.now())
            );
            assert!(matches!(poked.unwrap(), Poked::Told(_)));
            if !parked.owned {
                let claimed = claim(node.database(), node.id, 10, node.now()).await.unwrap();
                assert_eq!(claimed.iter().map(|run| run.id).collect::<Vec<_>>(), [run_id]);
            }
            assert_eq!(load_inbox(node.database(), run_id).await.unwrap().unwrap().0.len(), 1);
            node.finish(run_id, 1).await;
        }
        node.stop().await;
    }

    async fn ended_or_absent_run_cannot_be_told_anything(place: Place) {
        let node = node(&place).await;
        let run_id = node.own().await;
        node.writer.poke(run_id, &signal("early"), node.now()).await.unwrap();
        node.finish(run_id, 1).await;
        for run_id in [run_id, node.world.run_id()] {
            let poked = node.writer.poke(run_id, &signal("late"), node.now()).await.unwrap();
            assert_eq!(poked, Poked::Ended);
            assert_eq!(list_inbox(run_id).all(node.database()).await.unwrap(), []);
        }
        node.stop().await;
    }

    async fn child_that_ends_tells_its_parent_in_the_same_append(place: Place) {
        let node = node(&place).await;
        let parent = node.own().await;
        let child = node
            .create(NewRun { owner: Some(node.id), ..node.world.child(parent, "node:a") })
            .await;
        node.park(parent, None, 0).await;
        let outcome = Outcome::cancelled("");
        let settled = ChildSettled { key: Key::new("node:a"), run_id: child, outcome: outcome.clone() };
        let mut append = node.append(child);
        append.change = RunChange::Finished { outcome };
        append.settle_parent =
            Some((ParentLink { run_id: parent, key: Key::new("node:a") }, settled.clone()));
        let appended = node.writer.append(append).await.unwrap();
        assert_eq!(appended.told, [Told { run_id: parent, owner: None }]);
        let inbox = list_inbox(parent).all(node.database()).await.unwrap();
        assert_eq!(inbox[0].message, InboxMessage::Child(settled));
        node.stop().await;
    }

    async fn cancelled_child_finds_it_in_its_inbox(place: Place) {
        let node = node(&place).await;
        let parent = node.own().await;
        let child = node
            .create(NewRun { owner: Some(node.id), ..node.world.child(parent, "node:a") })
            .await;
        let mut append = node.append(parent);
        append.cancel =
            vec![CancelRun { run_id: child, actor: Actor::System, reason: "not needed".into() }];
        let appended = node.writer.append(append).await.unwrap();
        assert_eq!(appended.told, [Told { run_id: child, owner: Some(node.id) }]);
        let inbox = list_inbox(child).all(node.database()).await.unwrap();
        assert!(matches!(&inbox[0].message, InboxMessage::Cancel { reason, .. } if reason == "not needed"));
        node.stop().await;
    }
}
