//! Runs that wait for their budget: nothing is spent past it, and a raise lets all of them go on.

use gathering_app::Admission as _;
use gathering_domain::{Actor, MicroUsd, RunId, RunStatus, Waiting};
use gathering_engine::{ASK_BUDGETS_AGAIN, EntryBody, Limits, OnCost};
use gathering_storage::{BudgetRow, find_budget, list_children, open_grants, refused_runs};
use gathering_testkit::{Place, each_database};
use serde_json::{Value, json};

use crate::{
    node::{Node, Start, cancel, count, until},
    world::World,
};

async fn budget(node: &Node, run: RunId) -> BudgetRow {
    let found = node
        .run(move |inside| async move { find_budget(run).first(&inside.database).await.unwrap() })
        .await;
    found.unwrap()
}

async fn start(node: &Node, cost: i64, steps: Value) -> RunId {
    let cost = Some(MicroUsd(cost));
    let limits = Limits { cost, on_cost: OnCost::Wait, ..Limits::default() };
    node.start_with(Start { steps, limits, budget: cost, ..Start::default() }).await
}

/// Raises a budget as a person does, and wakes whoever hears of it.
async fn raise(node: &Node, run: RunId, cost: i64) {
    node.run(move |inside| async move {
        let others = refused_runs(&inside.database, run, None).await.unwrap();
        let (actor, now) =
            (Actor::LocalOwner, gathering_domain::Clock::now(&*inside.worker.clock()));
        for told in
            inside.writer.raise(run, MicroUsd(cost), actor, &others, None, now).await.unwrap()
        {
            inside.worker.wake(told.run_id, told.owner);
        }
    })
    .await;
}

async fn waits_for_its_budget(node: &Node, run: RunId) {
    let row = node.waits(run).await;
    assert_eq!((row.waiting, row.owner), (Some(Waiting::Budget), None));
    assert!(row.runnable_at.is_some(), "it asks again by itself");
}

fn call(key: &str, costs: i64) -> Value {
    json!({ "do": key, "reserve": 100, "input": { "costs": costs } })
}

each_database! {
    async fn a_run_waits_is_raised_and_goes_on_without_ever_passing_its_limit(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let run = start(&node, 250, json!([call("a", 90), call("b", 90), call("c", 90)])).await;
        waits_for_its_budget(&node, run).await;
        assert_eq!((world.attempts("b").len(), world.attempts("c").len()), (1, 0));
        let row = budget(&node, run).await;
        assert_eq!((row.limit_micro_usd, row.spent_micro_usd, row.waits), (250, 180, true));

        // Too little is no help; enough is.
        raise(&node, run, 270).await;
        let told = || async { count(&node.journal(run).await, "limit_raised") == 1 };
        until("the raise is in the journal", told).await;
        waits_for_its_budget(&node, run).await;
        assert_eq!(world.attempts("c").len(), 0);
        raise(&node, run, 280).await;
        let journal = node.ended(run, RunStatus::Succeeded).await;
        let row = budget(&node, run).await;
        assert_eq!((row.limit_micro_usd, row.spent_micro_usd), (280, 270));
        let raised: Vec<_> = journal
            .iter()
            .filter_map(|entry| match &entry.body {
                EntryBody::LimitRaised(raised) => Some((raised.cost, raised.actor)),
                _ => None,
            })
            .collect();
        let by = Actor::LocalOwner;
        assert_eq!(raised, [(Some(MicroUsd(270)), by), (Some(MicroUsd(280)), by)]);
        assert_eq!(count(&journal, "limit_reached"), 0);
        node.stop().await;
    }

    async fn every_descendant_that_waits_for_a_budget_goes_on_when_it_is_raised(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let steps = json!([{ "children": "item", "count": 4, "steps": [call("call", 100)] }]);
        let run = start(&node, 150, steps).await;
        let waiting = || async {
            let children = node
                .run(move |inside| async move { list_children(run).all(&inside.database).await.unwrap() })
                .await;
            let waits = |child: &&_| {
                let child: &gathering_storage::RunRow = child;
                child.waiting == Some(Waiting::Budget)
            };
            children.iter().filter(waits).count() == 3 && node.row(run).await.status == RunStatus::Waiting
        };
        until("three of four wait for the budget of the run above", waiting).await;
        raise(&node, run, 400).await;
        node.ended(run, RunStatus::Succeeded).await;
        assert_eq!(world.attempts("call").len(), 4);
        assert_eq!(budget(&node, run).await.spent_micro_usd, 400);
        node.stop().await;
    }

    async fn the_budget_that_refuses_says_whether_its_descendants_wait(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let below = |wait| json!([{ "children": "inner", "count": 1, "cost": 50, "wait": wait, "steps": [call("call", 10)] }]);
        // The child's own budget has too little, and the run's above has enough.
        let run = start(&node, 1_000, below(false)).await;
        node.ended(run, RunStatus::Failed).await;
        let cost = Some(MicroUsd(1_000));
        let limits = Limits { cost, ..Limits::default() };
        let run = node
            .start_with(Start { steps: below(true), limits, budget: cost, ..Start::default() })
            .await;
        let child = || async {
            let children = node
                .run(move |inside| async move { list_children(run).all(&inside.database).await.unwrap() })
                .await;
            children.first().map(|child| child.id)
        };
        until("the child exists", || async { child().await.is_some() }).await;
        let child = child().await.unwrap();
        waits_for_its_budget(&node, child).await;
        raise(&node, child, 100).await;
        node.ended(run, RunStatus::Succeeded).await;
        node.stop().await;
    }

    async fn a_raise_whose_notice_is_lost_costs_only_time(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let run = start(&node, 50, json!([call("a", 90)])).await;
        waits_for_its_budget(&node, run).await;
        // As if nobody had told the run at all.
        node.script("UPDATE run_budgets SET limit_micro_usd = 100".to_owned()).await;
        let due = node.row(run).await.runnable_at.unwrap();
        let wait = i64::try_from(ASK_BUDGETS_AGAIN.micros()).unwrap();
        node.script(format!("UPDATE runs SET runnable_at = {}", due.micros() - wait)).await;
        node.ended(run, RunStatus::Succeeded).await;
        node.stop().await;
    }

    async fn a_run_whose_owner_dies_while_it_waits_or_is_raised_spends_what_it_may(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let run = start(&node, 150, json!([call("a", 90), call("b", 90)])).await;
        waits_for_its_budget(&node, run).await;
        let gated = json!({ "do": "held", "reserve": 100, "input": { "costs": 90, "hang_at": 1 } });
        let busy = start(&node, 100, json!([gated])).await;
        world.attempted("held", 1).await;
        raise(&node, run, 190).await;
        raise(&node, busy, 200).await;
        node.kill();

        let node = Node::open(&place, &world).await;
        node.ended(run, RunStatus::Succeeded).await;
        node.ended(busy, RunStatus::Succeeded).await;
        assert_eq!(budget(&node, run).await.spent_micro_usd, 180);
        // The lost attempt stays paid for.
        assert_eq!(budget(&node, busy).await.spent_micro_usd, 190);
        for ended in [run, busy] {
            let open = node
                .run(move |inside| async move { open_grants(&inside.database, ended).await.unwrap() })
                .await;
            assert_eq!(open, MicroUsd::ZERO);
        }
        node.stop().await;
    }

    async fn money_for_an_attempt_that_another_run_may_have_made_goes_back_at_once(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let mail = json!({ "do": "mail", "kind": "unsafe", "reserve": 100, "input": { "gate": "mail" } });
        let first = node.start(json!([mail])).await;
        world.attempted("mail", 1).await;
        let (cost, steps) = (Some(MicroUsd(250)), json!([mail]));
        let limits = Limits { cost, on_cost: OnCost::Wait, ..Limits::default() };
        let start = Start { steps, limits, budget: cost, chain: Some(first), ..Start::default() };
        let run = node.start_with(start).await;
        assert_eq!(node.waits(run).await.waiting, Some(Waiting::UnknownOutcome));
        until("nothing is granted", || async {
            let open = node
                .run(move |inside| async move { open_grants(&inside.database, run).await.unwrap() })
                .await;
            open == MicroUsd::ZERO && budget(&node, run).await.spent_micro_usd == 0
        })
        .await;
        node.tell(run, cancel()).await;
        world.open("mail");
        node.ended(first, RunStatus::Succeeded).await;
        node.stop().await;
    }

    async fn a_run_that_waits_for_its_budget_can_be_cancelled(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let run = start(&node, 50, json!([call("a", 90)])).await;
        waits_for_its_budget(&node, run).await;
        node.tell(run, cancel()).await;
        node.ended(run, RunStatus::Cancelled).await;
        assert_eq!(budget(&node, run).await.spent_micro_usd, 0);
        node.stop().await;
    }
}
