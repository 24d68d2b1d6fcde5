//! Budgets: exact, whoever reserves at the same time.

use gathering_domain::MicroUsd;
use gathering_engine::Spend;
use gathering_storage::{NewRun, find_budget, reserve};
use gathering_testkit::{Place, each_database};

use crate::support::{join_all, node};

each_database! {
    async fn reservations_never_pass_the_limit(place: Place) {
        let node = node(&place).await;
        let root = node
            .create(NewRun { budget: Some(MicroUsd(100)), owner: Some(node.id), ..node.world.run() })
            .await;
        let granted = join_all((0..40).map(|_| reserve(node.database(), root, MicroUsd(7)))).await;
        let granted = granted.into_iter().filter(|granted| *granted.as_ref().unwrap()).count();
        assert_eq!(granted, 14);
        let budget = find_budget(root).first(node.database()).await.unwrap().unwrap();
        assert_eq!((budget.limit_micro_usd, budget.spent_micro_usd), (100, 98));
        node.stop().await;
    }

    async fn what_was_not_used_is_given_back_with_the_append(place: Place) {
        let node = node(&place).await;
        let root = node
            .create(NewRun { budget: Some(MicroUsd(10)), owner: Some(node.id), ..node.world.run() })
            .await;
        assert!(reserve(node.database(), root, MicroUsd(10)).await.unwrap());
        assert!(!reserve(node.database(), root, MicroUsd(1)).await.unwrap());
        let mut append = node.append(root);
        append.spend = Some(Spend { root, delta: MicroUsd(-4) });
        node.writer.append(append).await.unwrap();
        assert!(reserve(node.database(), root, MicroUsd(4)).await.unwrap());
        node.stop().await;
    }
}
