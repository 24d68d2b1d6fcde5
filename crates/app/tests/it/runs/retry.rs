//! Tests of retrying ended runs.

use gathering_app::{
    pipelines::Source,
    runs::{Runnable, Settle, Verdict},
};
use gathering_domain::Failure;
use gathering_engine::{EffectSettled, EntryBody, Key, LedgerState, Outcome, Settlement};
use gathering_storage::RunChange;
use gathering_testkit::{Place, each_database};
use serde_json::json;

use super::start::start;
use crate::support::{Bench, echo};

fn failed() -> Outcome {
    Outcome::failed(Failure::fatal("x", "y"))
}

each_database! {
    async fn a_retry_shares_what_had_settled_and_the_chain(place: Place) {
        let bench = Bench::open(place).await;
        let (runs, owner) = (bench.app.runs(), &bench.owner);
        let command = start(Runnable::Definition(Source::Json(echo("echo"))), json!({ "n": 3 }));
        let id = runs.start(owner, command).await.unwrap().run.id;
        let early = runs.retry(owner, id, None).await.unwrap_err();
        assert_eq!(early.code(), "run_not_ended");
        bench.claim().await;
        let key = Key::new("node:start");
        let settled: EntryBody = EntryBody::EffectSettled(EffectSettled {
            key: key.clone(),
            attempt: 0,
            result: Settlement::Output(json!({ "n": 3 }).into()),
            usage: gathering_domain::Usage::default(),
            settled_by: None,
            earlier_attempt: None,
        });
        bench.append(id, vec![settled], RunChange::None).await;
        bench.finish(id, failed()).await;

        let retried = runs.retry(owner, id, Some("once".to_owned())).await.unwrap();
        assert!(retried.fresh);
        assert_eq!(retried.run.retry_of, Some(id));
        let again = runs.retry(owner, id, Some("once".to_owned())).await.unwrap();
        assert_eq!((again.run.id, again.fresh), (retried.run.id, false));

        let (first, second) = (bench.started(id).await, bench.started(retried.run.id).await);
        assert_eq!(second.origin.chain, first.origin.chain);
        assert_eq!((second.origin.root, &second.definition), (retried.run.id, &first.definition));
        assert_eq!(second.trigger, "retry");
        bench.claim().await;
        let outcome = bench.drive(retried.run.id).await;
        assert_eq!(outcome.output.as_ref(), &json!({ "answer": 3 }));
        assert_eq!(runs.retry(owner, retried.run.id, None).await.unwrap_err().code(), "not_retryable");
    }

    async fn a_run_is_retried_once_and_then_its_retry(place: Place) {
        let bench = Bench::open(place).await;
        let (runs, owner) = (bench.app.runs(), &bench.owner);
        let command = start(Runnable::Definition(Source::Json(echo("echo"))), json!({}));
        let id = runs.start(owner, command).await.unwrap().run.id;
        bench.claim().await;
        bench.finish(id, failed()).await;
        let key = || Some("key".to_owned());
        let both = tokio::join!(runs.retry(owner, id, None), runs.retry(owner, id, key()));
        let (retried, refused) = match both {
            (Ok(retried), Err(refused)) | (Err(refused), Ok(retried)) => (retried.run.id, refused),
            other => panic!("{other:?}"),
        };
        assert_eq!(refused.code(), "already_retried");
        assert!(refused.to_string().contains(&retried.to_string()), "{refused}");
        let again = runs.retry(owner, id, Some("other".to_owned())).await.unwrap_err();
        assert_eq!(again.code(), "already_retried");
        bench.claim().await;
        bench.finish(retried, failed()).await;
        assert_eq!(runs.retry(owner, retried, None).await.unwrap().run.retry_of, Some(retried));
    }

    async fn a_run_is_not_retried_while_what_it_started_goes_on(place: Place) {
        let bench = Bench::open(place).await;
        let (runs, owner) = (bench.app.runs(), &bench.owner);
        let command = start(Runnable::Definition(Source::Json(echo("echo"))), json!({}));
        let id = runs.start(owner, command).await.unwrap().run.id;
        bench.claim().await;
        let child = bench.child(id, "node:answer").await;
        bench.claim().await;
        let grandchild = bench.child(child, "node:answer").await;
        bench.finish(id, failed()).await;
        bench.finish(child, failed()).await;
        let refused = runs.retry(owner, id, None).await.unwrap_err();
        assert_eq!(refused.code(), "run_not_ended");
        assert!(refused.to_string().contains(&grandchild.to_string()), "{refused}");
        bench.claim().await;
        bench.attempt(grandchild, "node:page", LedgerState::Unknown).await;
        bench.finish(grandchild, failed()).await;
        assert_eq!(runs.retry(owner, id, None).await.unwrap_err().code(), "unknown_outcomes");
        let settle = Settle { key: Key::new("node:page"), attempt: None, verdict: Verdict::NotDone };
        runs.settle(owner, grandchild, settle).await.unwrap();
        assert!(runs.retry(owner, id, None).await.unwrap().fresh);
    }

    async fn an_unknown_outcome_stands_against_a_retry_until_it_is_settled(place: Place) {
        let bench = Bench::open(place).await;
        let (runs, owner) = (bench.app.runs(), &bench.owner);
        let command = start(Runnable::Definition(Source::Json(echo("echo"))), json!({}));
        let id = runs.start(owner, command).await.unwrap().run.id;
        bench.claim().await;
        bench.attempt(id, "node:page", LedgerState::Unknown).await;
        bench.finish(id, failed()).await;
        let refused = runs.retry(owner, id, None).await.unwrap_err();
        assert_eq!(refused.code(), "unknown_outcomes");
        let settle = Settle { key: Key::new("node:page"), attempt: None, verdict: Verdict::NotDone };
        runs.settle(owner, id, settle).await.unwrap();
        assert!(runs.retry(owner, id, None).await.unwrap().fresh);
    }
}
