//! The budget that a run shares with its children: never passed, and exact when all has ended.

use gathering_domain::{MicroUsd, RunId, RunStatus};
use gathering_engine::Limits;
use gathering_storage::find_budget;
use gathering_testkit::{Place, each_database};
use serde_json::{Value, json};

use crate::{
    node::{Node, Start, cancel, until},
    world::World,
};

async fn spent(node: &Node, run: RunId) -> i64 {
    let budget = node
        .run(move |inside| async move { find_budget(run).first(&inside.database).await.unwrap() })
        .await;
    budget.unwrap().spent_micro_usd
}

async fn start(node: &Node, budget: i64, steps: Value) -> RunId {
    let limits = Limits { cost: Some(MicroUsd(budget)), ..Limits::default() };
    node.start_with(Start { steps, limits, budget: Some(MicroUsd(budget)), ..Start::default() })
        .await
}

each_database! {
    async fn parallel_children_spend_exactly_what_they_used(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let call = json!({ "do": "call", "reserve": 100, "input": { "costs": 30 } });
        let again = json!({ "do": "again", "reserve": 100, "input": { "costs": 7 } });
        let steps = json!([{ "children": "item", "count": 10, "steps": [call, again] }]);
        let run = start(&node, 2_000, steps).await;
        node.ended(run, RunStatus::Succeeded).await;
        assert_eq!(spent(&node, run).await, 10 * 37);
        node.stop().await;
    }

    async fn no_child_passes_it(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        // Each reserves and uses 100 of 350: three fit.
        let call = json!({ "do": "call", "reserve": 100, "input": { "costs": 100 } });
        let steps = json!([{ "children": "item", "count": 8, "steps": [call] }]);
        let run = start(&node, 350, steps).await;
        node.ended(run, RunStatus::Failed).await;
        assert!(world.attempts("call").len() <= 3, "{:?}", world.attempts("call"));
        assert!(spent(&node, run).await <= 350);
        node.stop().await;
    }

    async fn a_childs_own_limit_holds_for_all_that_is_below_it(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        // Each child may spend 250 in its own children, of which each uses 100: two of eight fit.
        let call = json!({ "do": "call", "reserve": 100, "input": { "costs": 100 } });
        let below = json!([{ "children": "inner", "count": 8, "steps": [call] }]);
        let steps = json!([{ "children": "outer", "count": 1, "cost": 250, "steps": below }]);
        for budget in [None, Some(MicroUsd(10_000))] {
            let limits = Limits { cost: budget, ..Limits::default() };
            let start = Start { steps: steps.clone(), limits, budget, ..Start::default() };
            let before = world.attempts("call").len();
            let run = node.start_with(start).await;
            node.ended(run, RunStatus::Failed).await;
            let child = node
                .run(move |inside| async move {
                    gathering_storage::list_children(run).all(&inside.database).await.unwrap()
                })
                .await[0]
                .id;
            let error = node.row(child).await.outcome.unwrap().error.unwrap();
            assert_eq!(error.code, "budget_exceeded", "it failed by its own limit");
            let calls = world.attempts("call").len() - before;
            assert!((1..=2).contains(&calls), "{calls}");
            assert!(spent(&node, child).await <= 250);
            if budget.is_some() {
                assert_eq!(spent(&node, run).await, spent(&node, child).await);
            }
        }
        node.stop().await;
    }

    async fn a_childs_limit_leaves_the_others_what_the_run_may_spend(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let call = |costs: i64| json!({ "do": "call", "reserve": 100, "input": { "costs": costs } });
        let again = json!({ "do": "again", "reserve": 100, "input": { "costs": 20 } });
        let steps = json!([
            { "children": "one", "count": 3, "cost": 130, "steps": [call(30), again] },
            { "children": "two", "count": 1, "steps": [call(100)] },
        ]);
        let run = start(&node, 400, steps).await;
        node.ended(run, RunStatus::Succeeded).await;
        assert_eq!(spent(&node, run).await, 3 * 50 + 100);
        node.stop().await;
    }

    async fn what_was_reserved_for_nothing_comes_back(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let call = json!({ "do": "call", "reserve": 100, "input": { "costs": 100, "gate": "go" } });
        let wait = json!({ "await": "never" });
        let run = start(&node, 1_000, json!([{ "all": [call, wait] }])).await;
        // Granted, and perhaps not even begun: the cancel comes at any moment.
        let reserved = || async { spent(&node, run).await == 100 };
        until("the money is reserved", reserved).await;
        world.attempted("call", 1).await;
        world.open("go");
        let used = || async {
            let journal = node.journal(run).await;
            crate::node::count(&journal, "effect_settled") == 1
        };
        until("the call ends", used).await;
        node.tell(run, cancel()).await;
        node.ended(run, RunStatus::Cancelled).await;
        assert_eq!(spent(&node, run).await, 100);
        node.stop().await;
    }

    async fn runs_cancelled_at_any_moment_leave_no_reservation_behind(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let mut runs = Vec::new();
        for _ in 0..30 {
            let call = json!({ "do": "call", "reserve": 100, "input": { "then": "fatal" } });
            let run = start(&node, 1_000, json!([call])).await;
            node.tell(run, cancel()).await;
            runs.push(run);
        }
        for run in runs {
            let over = || async { node.row(run).await.finished_at.is_some() };
            until("the run ends", over).await;
            let began = world.all().iter().any(|seen| seen.run_id == run);
            // One that was under way may have cost all that it had reserved.
            let spent = spent(&node, run).await;
            assert!(spent == 0 || began && spent == 100, "{spent} is left with the end");
        }
        node.stop().await;
    }
}
