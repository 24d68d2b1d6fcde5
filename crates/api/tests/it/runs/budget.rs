//! Raising the budget of a run.

use gathering_domain::Role;
use gathering_engine::Outcome;
use gathering_storage::InboxMessage;
use gathering_testkit::{Place, each_database};
use serde_json::{Value, json};

use super::begin;
use crate::support::{Asked, Bench};

fn raise(token: &str, id: &Value, cost: i64) -> Asked {
    let path = format!("/api/v1/runs/{}/budget", id.as_str().unwrap());
    Asked::new("POST", &path).token(token).json(&json!({ "cost_micro_usd": cost }))
}

each_database! {
    async fn a_budget_is_shown_and_raised_upwards_only(place: Place) {
        let bench = Bench::open(place, gathering_api::Options::default()).await;
        let token = bench.token(Role::Member).await;
        let definition = json!({
            "name": "waits", "nodes": [{ "id": "start", "type": "trigger" }], "edges": [],
            "limits": { "cost": 0.5, "on_cost": "wait" },
        });
        let body = json!({ "what": { "type": "definition", "definition": definition } });
        let started = bench.ask(Asked::new("POST", "/api/v1/runs").token(&token).json(&body)).await;
        let id = started.ok()["id"].clone();
        let path = format!("/api/v1/runs/{}", id.as_str().unwrap());
        let budget = |limit: i64| json!({ "limit_micro_usd": limit, "spent_micro_usd": 0, "on_cost": "wait" });
        assert_eq!(bench.get(&path, &token).await["budget"], budget(500_000));

        let raised = bench.ask(raise(&token, &id, 1_250_000)).await;
        assert_eq!((raised.status.as_u16(), &raised.json()["id"]), (202, &id));
        assert_eq!(bench.get(&path, &token).await["budget"], budget(1_250_000));
        // Once more changes nothing: the run is told once.
        assert_eq!(bench.ask(raise(&token, &id, 1_250_000)).await.status, 202);
        let run = id.as_str().unwrap().parse().unwrap();
        let inbox = bench.loaded(run).await.inbox;
        let [row] = &inbox[..] else { panic!("{inbox:?}") };
        assert!(matches!(&row.message, InboxMessage::BudgetRaised { budget, cost, .. }
            if *budget == run && cost.0 == 1_250_000));
        for (cost, status, code) in [(1_000_000, 409, "budget_not_raised"), (-1, 422, "invalid")] {
            assert_eq!(bench.ask(raise(&token, &id, cost)).await.problem(), (status, code.to_owned()));
        }
        let viewer = bench.token(Role::Viewer).await;
        assert_eq!(bench.ask(raise(&viewer, &id, 2_000_000)).await.problem().0, 403);

        bench.claim().await;
        bench.finish(run, Outcome::cancelled("enough")).await;
        assert_eq!(bench.ask(raise(&token, &id, 2_000_000)).await.problem(), (409, "run_ended".to_owned()));
    }

    async fn a_run_without_a_budget_has_none_to_raise(place: Place) {
        let bench = Bench::open(place, gathering_api::Options::default()).await;
        let token = bench.token(Role::Member).await;
        let (id, _) = begin(&bench, &token, 1).await;
        assert_eq!(bench.get(&format!("/api/v1/runs/{id}"), &token).await["budget"], Value::Null);
        let refused = bench.ask(raise(&token, &json!(id), 5)).await;
        assert_eq!(refused.problem(), (409, "no_budget".to_owned()));
        let nobody = json!("run_01985f2e6a7b7c00a0b1c2d3e4f50617");
        assert_eq!(bench.ask(raise(&token, &nobody, 5)).await.problem().0, 404);
    }
}
