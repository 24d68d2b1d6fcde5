//! The ledger: what is known of effects that must not be repeated.

use gathering_domain::{Actor, EffectId, EffectKind};
use gathering_engine::{Key, LedgerChange, LedgerState, Settlement};
use gathering_storage::{
    AppendError, find_effect, list_effects, list_unknown_effects, settle_ended,
};
use gathering_testkit::{Place, each_database};

use crate::support::{join_all, node};

each_database! {
    async fn attempt_is_refused_while_that_of_another_run_may_have_happened(place: Place) {
        use LedgerState::{Attempted, Done, Failed, NotDone, Unknown};
        let node = node(&place).await;
        for (state, refused) in
            [(Attempted, true), (Unknown, true), (Done, true), (Failed, false), (NotDone, false)]
        {
            let (first, second) = (node.own().await, node.own().await);
            let effect_id = EffectId::next(&node.world.ids);
            let noted = |run_id, state| {
                let (key, kind, attempt) = (Key::new("node:page"), EffectKind::Unsafe, 1);
                let mut append = node.append(run_id);
                append.ledger = vec![LedgerChange { effect_id, key, kind, attempt, state }];
                append
            };
            node.writer.append(noted(first, Attempted)).await.unwrap();
            node.writer.append(noted(first, state)).await.unwrap();
            let mut appends = join_all(
                [noted(second, Attempted), node.append(first)].into_iter().map(|one| node.writer.append(one)),
            )
            .await;
            appends.pop().unwrap().unwrap();
            match appends.pop().unwrap() {
                Err(AppendError::EffectHeld(id)) => assert!(refused && id == effect_id, "{state:?}"),
                other => assert!(!refused, "{state:?}: {other:?}"),
            }
            let row = find_effect(effect_id).first(node.database()).await.unwrap().unwrap();
            let expected = if refused { (first, state) } else { (second, Attempted) };
            assert_eq!((row.run_id, row.state), expected);
        }
        node.stop().await;
    }

    async fn effect_is_followed_from_attempt_to_unknown_to_what_a_person_says(place: Place) {
        let node = node(&place).await;
        let run_id = node.own().await;
        let effect_id = EffectId::next(&node.world.ids);
        let change = |state, attempt| LedgerChange {
            effect_id,
            key: Key::new("node:page"),
            kind: EffectKind::Unsafe,
            attempt,
            state,
        };
        for (state, attempt) in
            [(LedgerState::Attempted, 1), (LedgerState::NotDone, 1), (LedgerState::Attempted, 2), (LedgerState::Unknown, 2)]
        {
            let mut append = node.append(run_id);
            append.ledger = vec![change(state, attempt)];
            node.writer.append(append).await.unwrap();
            let row = find_effect(effect_id).first(node.database()).await.unwrap().unwrap();
            assert_eq!((row.state, row.attempt), (state, attempt));
        }
        let unknown = list_unknown_effects(node.world.project, None, None, 10, None).all(node.database()).await.unwrap();
        assert_eq!(unknown.iter().map(|row| row.id).collect::<Vec<_>>(), [effect_id]);
        let output = Settlement::Output(std::sync::Arc::new("sent".into()));
        let settle = || {
            settle_ended(effect_id, LedgerState::Done, Some(&output), &Actor::LocalOwner, node.now())
        };
        let run_settle = |write| node.database().transact(move |tx| {
            let write: gathering_storage::Write = Clone::clone(&write);
            Ok::<_, gathering_storage::StorageError>(write.run_in(tx)?)
        });
        assert_eq!(run_settle(settle()).await.unwrap(), 0, "a live run is told through its inbox");
        node.finish(run_id, 1).await;
        assert_eq!(run_settle(settle()).await.unwrap(), 1);
        assert_eq!(run_settle(settle()).await.unwrap(), 0, "once");
        let rows = list_effects(run_id).all(node.database()).await.unwrap();
        assert_eq!((rows[0].state, rows[0].settlement.as_ref()), (LedgerState::Done, Some(&output)));
        assert_eq!(rows[0].settled_by, Some(Actor::LocalOwner));
        node.stop().await;
    }
}
