//! Effects whose outcome is unknown.

use gathering_domain::Role;
use gathering_engine::{LedgerState, Resolution};
use gathering_storage::InboxMessage;
use gathering_testkit::{Place, each_database};
use serde_json::json;

use super::begin;
use crate::support::{Asked, Bench};

each_database! {
    async fn an_unknown_outcome_is_listed_and_settled(place: Place) {
        let bench = Bench::open(place, gathering_api::Options::default()).await;
        let token = bench.token(Role::Member).await;
        let (id, _) = begin(&bench, &token, 1).await;
        bench.claim().await;
        let path = format!("/api/v1/runs/{id}/settle");
        let settle = |key: &str, verdict| {
            let body = json!({ "key": key, "verdict": verdict });
            Asked::new("POST", &path).token(&token).json(&body)
        };
        let done = json!({ "type": "done", "output": 1 });
        let none = bench.ask(settle("node:page", done.clone())).await;
        assert_eq!(none.problem(), (404, "not_found".to_owned()));
        let effect = bench.attempt(id, "node:page", LedgerState::Unknown).await;
        let listed = bench.get("/api/v1/unknown-outcomes", &token).await;
        let listed = &listed["items"][0];
        assert_eq!((&listed["effect_id"], &listed["run_id"]), (&json!(effect), &json!(id)));
        assert_eq!((&listed["key"], &listed["kind"]), (&json!("node:page"), &json!("unsafe")));

        for (key, verdict, pointer) in [
            ("", done.clone(), "/key"),
            ("node:page", json!({ "type": "maybe" }), "/verdict/type"),
            ("node:page", json!({ "type": "failed" }), "/verdict/reason"),
            ("node:page", json!({ "type": "not_done", "output": 1 }), "/verdict/output"),
        ] {
            let refused = bench.ask(settle(key, verdict.clone())).await;
            assert_eq!(refused.json()["errors"][0]["pointer"], pointer, "{verdict}");
        }
        assert_eq!(bench.ask(settle("node:page", done)).await.status, 204);
        let inbox = bench.loaded(id).await.inbox;
        let InboxMessage::Resolve { resolution, .. } = &inbox[0].message else { panic!("{inbox:?}") };
        assert_eq!(*resolution, Resolution::Done(json!(1).into()));
    }
}
