//! Budgets: exact, whoever reserves at the same time.

use gathering_domain::{MicroUsd, RunId};
use gathering_engine::Spend;
use gathering_storage::{NewRun, find_budget, give_back, reserve};
use gathering_testkit::{Place, each_database};

use crate::support::{Node, join_all, node};

fn spend(budgets: &[RunId], delta: i64) -> Spend {
    Spend { budgets: budgets.into(), delta: MicroUsd(delta) }
}

async fn spent(node: &Node, run: RunId) -> i64 {
    find_budget(run).first(node.database()).await.unwrap().unwrap().spent_micro_usd
}

each_database! {
    async fn reservations_never_pass_the_limit(place: Place) {
        let node = node(&place).await;
        let root = node
            .create(NewRun { budget: Some(MicroUsd(100)), owner: Some(node.id), ..node.world.run() })
            .await;
        let sevens = spend(&[root], 7);
        let granted = join_all((0..40).map(|_| reserve(node.database(), &sevens))).await;
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
        assert!(reserve(node.database(), &spend(&[root], 10)).await.unwrap());
        assert!(!reserve(node.database(), &spend(&[root], 1)).await.unwrap());
        let mut append = node.append(root);
        append.spend = Some(spend(&[root], -4));
        node.writer.append(append).await.unwrap();
        assert!(reserve(node.database(), &spend(&[root], 4)).await.unwrap());
        node.stop().await;
    }

    async fn money_is_taken_from_all_budgets_or_from_none(place: Place) {
        let node = node(&place).await;
        let with = |budget| NewRun { budget: Some(MicroUsd(budget)), owner: Some(node.id), ..node.world.run() };
        let (root, one, other) =
            (node.create(with(100)).await, node.create(with(30)).await, node.create(with(90)).await);
        assert!(reserve(node.database(), &spend(&[root, one], 20)).await.unwrap());
        assert!(!reserve(node.database(), &spend(&[root, one], 20)).await.unwrap(), "its own is spent");
        assert!(!reserve(node.database(), &spend(&[root, other], 85)).await.unwrap(), "the root's is");
        assert!(reserve(node.database(), &spend(&[root, other], 80)).await.unwrap());
        assert_eq!([spent(&node, root).await, spent(&node, one).await, spent(&node, other).await], [100, 20, 80]);
        give_back(node.database(), &spend(&[root, other], 80)).await.unwrap();
        let mut append = node.append(one);
        append.spend = Some(spend(&[root, one], -5));
        node.writer.append(append).await.unwrap();
        assert_eq!([spent(&node, root).await, spent(&node, one).await, spent(&node, other).await], [15, 15, 0]);
        node.stop().await;
    }

    async fn budgets_in_any_order_do_not_stand_in_each_others_way(place: Place) {
        let node = node(&place).await;
        let with = || NewRun { budget: Some(MicroUsd(1_000)), owner: Some(node.id), ..node.world.run() };
        let (one, other) = (node.create(with()).await, node.create(with()).await);
        let (there, back) = (spend(&[one, other], 1), spend(&[other, one], 1));
        let both = (0..60).map(|turn| reserve(node.database(), if turn % 2 == 0 { &there } else { &back }));
        assert!(join_all(both).await.into_iter().all(|granted| *granted.as_ref().unwrap()));
        assert_eq!((spent(&node, one).await, spent(&node, other).await), (60, 60));
        node.stop().await;
    }
}
