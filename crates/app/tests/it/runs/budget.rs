//! Tests of raising the budget of a run.

use gathering_app::{
    pipelines::Source,
    runs::{Runnable, StartRun},
};
use gathering_domain::MicroUsd;
use gathering_engine::{Key, Limits, OnCost};
use gathering_storage::{GrantAnswer, GrantRequest, InboxMessage, MOST_TOLD, reserve};
use gathering_testkit::{Place, each_database};
use serde_json::json;

use super::start::start;
use crate::support::{Bench, echo};

each_database! {
    async fn all_that_wait_are_told_however_many_they_are(place: Place) {
        let bench = Bench::open(place).await;
        let limits = Limits { cost: Some(MicroUsd(50)), on_cost: OnCost::Wait, ..Limits::default() };
        let what = Runnable::Definition(Source::Json(echo("echo")));
        let command = StartRun { limits, ..start(what, json!({})) };
        let run = bench.app.runs().start(&bench.owner, command).await.unwrap().run.id;
        bench.claim().await;
        let count = MOST_TOLD as u128 + 1;
        let children = bench.children(run, "child", count, Some(bench.instance)).await;
        for (number, child) in (1..).zip(&children) {
            let request = GrantRequest {
                run_id: *child,
                key: Key::new("call"),
                instance: bench.instance,
                number,
                budgets: [run].into(),
                amount: MicroUsd(60),
            };
            let answer = reserve(bench.storage.database(), &request).await.unwrap();
            assert!(matches!(answer, GrantAnswer::Refused { by, .. } if by == run), "{answer:?}");
        }
        bench.app.runs().raise_budget(&bench.owner, run, MicroUsd(100)).await.unwrap();
        for told in [run, children[0], children[MOST_TOLD - 1], children[MOST_TOLD]] {
            let inbox = bench.loaded(told).await.inbox;
            let [row] = &inbox[..] else { panic!("{told}: {inbox:?}") };
            assert!(matches!(&row.message, InboxMessage::BudgetRaised { budget, .. } if *budget == run));
        }
    }
}
