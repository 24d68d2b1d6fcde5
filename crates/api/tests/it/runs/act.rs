//! Cancelling, signalling and retrying runs.

use gathering_domain::{Failure, Role};
use gathering_engine::{AwaitRequest, LedgerState, Outcome};
use gathering_storage::InboxMessage;
use gathering_testkit::{Place, each_database};
use serde_json::json;

use super::begin;
use crate::support::{Asked, Bench};

each_database! {
    async fn a_run_is_asked_to_end(place: Place) {
        let bench = Bench::open(place, gathering_api::Options::default()).await;
        let token = bench.token(Role::Member).await;
        let (id, _) = begin(&bench, &token, 1).await;
        let path = format!("/api/v1/runs/{id}/cancel");
        let cancel = || Asked::new("POST", &path).token(&token);
        let asked = bench.ask(cancel().json(&json!({ "reason": "enough" }))).await;
        assert_eq!((asked.status.as_u16(), &asked.json()["id"]), (202, &json!(id)));
        let inbox = bench.loaded(id).await.inbox;
        let InboxMessage::Cancel { reason, .. } = &inbox[0].message else { panic!("{inbox:?}") };
        assert_eq!(reason, "enough");
        let run = bench.get(&format!("/api/v1/runs/{id}"), &token).await;
        assert_eq!(run["cancel_requested"], true);
        bench.claim().await;
        bench.finish(id, Outcome::cancelled("enough")).await;
        // A body that says nothing may be left out.
        assert_eq!(bench.ask(cancel()).await.ok()["status"], "cancelled");

        let (other, _) = begin(&bench, &token, 2).await;
        bench.claim().await;
        bench.drive(other).await;
        let late = Asked::new("POST", &format!("/api/v1/runs/{other}/cancel")).token(&token);
        assert_eq!(bench.ask(late).await.problem(), (409, "run_ended".to_owned()));
    }

    async fn a_signal_reaches_a_run_that_waits_for_it(place: Place) {
        let bench = Bench::open(place, gathering_api::Options::default()).await;
        let token = bench.token(Role::Member).await;
        let (id, _) = begin(&bench, &token, 1).await;
        bench.claim().await;
        let path = format!("/api/v1/runs/{id}/signal");
        let signal = |name: &str| {
            let body = json!({ "name": name, "payload": { "ok": true } });
            Asked::new("POST", &path).token(&token).json(&body)
        };
        let early = bench.ask(signal("paid")).await;
        assert_eq!(early.problem(), (409, "not_awaited".to_owned()));
        bench.awaits(id, "node:wait", AwaitRequest::Signal { name: "paid".to_owned() }).await;
        let sent = bench.ask(signal("paid")).await;
        assert_eq!((sent.status.as_u16(), sent.body.len()), (204, 0));
        let inbox = bench.loaded(id).await.inbox;
        let InboxMessage::Signal(signal) = &inbox[0].message else { panic!("{inbox:?}") };
        assert_eq!(signal.payload.as_ref(), &json!({ "ok": true }));
    }

    async fn a_failed_run_is_retried_once_for_one_key(place: Place) {
        let bench = Bench::open(place, gathering_api::Options::default()).await;
        let token = bench.token(Role::Member).await;
        let (id, _) = begin(&bench, &token, 1).await;
        let path = format!("/api/v1/runs/{id}/retry");
        let retry = || Asked::new("POST", &path).token(&token).header("idempotency-key", "k");
        assert_eq!(bench.ask(retry()).await.problem(), (409, "run_not_ended".to_owned()));
        bench.claim().await;
        bench.finish(id, Outcome::failed(Failure::fatal("x", "no luck"))).await;
        let retried = bench.ask(retry()).await;
        assert_eq!(retried.status, 202);
        assert_eq!((&retried.json()["retry_of"], &retried.json()["trigger"]),
            (&json!(id), &json!("retry")));
        assert_eq!(bench.ask(retry()).await.json()["id"], retried.json()["id"]);
        let path = format!("/api/v1/runs/{id}/retry");
        let twice = Asked::new("POST", &path).token(&token);
        assert_eq!(bench.ask(twice).await.problem(), (409, "already_retried".to_owned()));
    }
}

#[tokio::test]
async fn a_run_that_cannot_be_retried_says_why() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    let retry = |id| Asked::new("POST", &format!("/api/v1/runs/{id}/retry")).token(&token);
    let (well, _) = begin(&bench, &token, 1).await;
    let (unknown, _) = begin(&bench, &token, 2).await;
    bench.claim().await;
    bench.drive(well).await;
    assert_eq!(bench.ask(retry(well)).await.problem(), (409, "not_retryable".to_owned()));
    bench.attempt(unknown, "node:page", LedgerState::Unknown).await;
    bench.finish(unknown, Outcome::failed(Failure::fatal("x", "y"))).await;
    assert_eq!(bench.ask(retry(unknown)).await.problem(), (409, "unknown_outcomes".to_owned()));
}
