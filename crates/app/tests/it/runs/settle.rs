//! Tests of settling effects whose outcome is unknown.

use gathering_app::{
    PageRequest,
    pipelines::Source,
    runs::{Runnable, Settle, Verdict},
};
use gathering_domain::{Failure, Usage};
use gathering_engine::{
    AttemptFailed, EntryBody, Key, LedgerState, Next, Outcome, PERSON_SAYS_NOT_DONE, Resolution,
};
use gathering_storage::{InboxMessage, RunChange, list_effects};
use gathering_testkit::{Place, each_database};
use serde_json::json;

use super::start::start;
use crate::support::{Bench, echo};

fn settle(verdict: Verdict) -> Settle {
    Settle { key: Key::new("node:page"), attempt: None, verdict }
}

each_database! {
    async fn a_live_run_hears_what_a_person_says(place: Place) {
        let bench = Bench::open(place).await;
        let (runs, owner) = (bench.app.runs(), &bench.owner);
        let command = start(Runnable::Definition(Source::Json(echo("echo"))), json!({}));
        let id = runs.start(owner, command).await.unwrap().run.id;
        bench.claim().await;
        let none = runs.settle(owner, id, settle(Verdict::NotDone)).await.unwrap_err();
        assert_eq!(none.code(), "not_found");
        let effect = bench.attempt(id, "node:page", LedgerState::Unknown).await;
        let listed = runs.unknown_outcomes(owner, PageRequest::default()).await.unwrap().items;
        assert_eq!((listed.len(), listed[0].effect_id, listed[0].run_id), (1, effect, id));
        // Who heard no answer repeats what was said of an attempt that is long past.
        let past = Settle { attempt: Some(listed[0].attempt + 1), ..settle(Verdict::NotDone) };
        assert_eq!(runs.settle(owner, id, past).await.unwrap_err().code(), "not_awaited");
        let meant = Some(listed[0].attempt);
        let done = settle(Verdict::Done(json!(1).into()));
        let done = Settle { attempt: meant, ..done };
        runs.settle(owner, id, done.clone()).await.unwrap();
        // The same again is the same answer; another verdict would be dropped, and is refused.
        runs.settle(owner, id, done.clone()).await.unwrap();
        for other in [Verdict::NotDone, Verdict::Done(json!(2).into())] {
            let refused = runs.settle(owner, id, settle(other)).await.unwrap_err();
            assert_eq!(refused.code(), "already_decided");
        }
        let inbox = bench.loaded(id).await.inbox;
        let InboxMessage::Resolve { resolution, .. } = &inbox[0].message else { panic!("{inbox:?}") };
        assert_eq!(*resolution, Resolution::Done(json!(1).into()));
        bench.take_in(id).await;
        runs.settle(owner, id, done).await.unwrap();
        let refused = runs.settle(owner, id, settle(Verdict::NotDone)).await.unwrap_err();
        assert_eq!(refused.code(), "not_awaited");
        assert!(bench.loaded(id).await.inbox.is_empty());
    }

    async fn what_the_target_said_is_nobodys_verdict(place: Place) {
        let bench = Bench::open(place).await;
        let (runs, owner) = (bench.app.runs(), &bench.owner);
        for (code, is_verdict) in [(PERSON_SAYS_NOT_DONE, true), ("target_not_done", false)] {
            let command = start(Runnable::Definition(Source::Json(echo("echo"))), json!({}));
            let id = runs.start(owner, command).await.unwrap().run.id;
            bench.claim().await;
            bench.attempt(id, "node:page", LedgerState::NotDone).await;
            let failed = AttemptFailed {
                key: Key::new("node:page"),
                attempt: 1,
                error: Failure::retryable(code, "it did not happen", None),
                next: Next::Retry { at: gathering_domain::Timestamp::from_micros(1) },
                usage: Usage::default(),
            };
            bench.append(id, vec![EntryBody::AttemptFailed(failed)], RunChange::None).await;
            let said = runs.settle(owner, id, settle(Verdict::NotDone)).await;
            match said {
                Ok(()) => assert!(is_verdict, "{code}"),
                Err(refused) => assert_eq!((refused.code(), is_verdict), ("not_awaited", false)),
            }
        }
    }

    async fn of_two_effects_under_a_key_the_unknown_one_is_settled(place: Place) {
        let bench = Bench::open(place).await;
        let (runs, owner) = (bench.app.runs(), &bench.owner);
        for states in
            [[LedgerState::NotDone, LedgerState::Unknown], [LedgerState::Unknown, LedgerState::NotDone]]
        {
            let command = start(Runnable::Definition(Source::Json(echo("echo"))), json!({}));
            let id = runs.start(owner, command).await.unwrap().run.id;
            bench.claim().await;
            for state in states {
                bench.attempt(id, "node:page", state).await;
            }
            runs.settle(owner, id, settle(Verdict::Done(json!(1).into()))).await.unwrap();
            assert_eq!(bench.loaded(id).await.inbox.len(), 1);
        }
    }

    async fn for_an_ended_run_the_ledger_alone_changes(place: Place) {
        let bench = Bench::open(place).await;
        let (runs, owner) = (bench.app.runs(), &bench.owner);
        let command = start(Runnable::Definition(Source::Json(echo("echo"))), json!({}));
        let id = runs.start(owner, command).await.unwrap().run.id;
        bench.claim().await;
        bench.attempt(id, "node:page", LedgerState::Unknown).await;
        bench.finish(id, Outcome::failed(Failure::fatal("x", "y"))).await;
        let entries = bench.loaded(id).await.entries.len();
        runs.settle(owner, id, settle(Verdict::Failed("lost".to_owned()))).await.unwrap();
        let effects = list_effects(id).all(bench.storage.database()).await.unwrap();
        assert_eq!(effects[0].state, LedgerState::Failed);
        assert_eq!(effects[0].settled_by, Some(owner.actor()));
        assert_eq!(bench.loaded(id).await.entries.len(), entries);
        runs.settle(owner, id, settle(Verdict::Failed("lost".to_owned()))).await.unwrap();
        let again = runs.settle(owner, id, settle(Verdict::NotDone)).await.unwrap_err();
        assert_eq!(again.code(), "not_awaited");
        assert!(runs.unknown_outcomes(owner, PageRequest::default()).await.unwrap().items.is_empty());
    }
}
