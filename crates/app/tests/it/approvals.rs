//! Tests of approvals.

use gathering_app::{
    PageRequest,
    approvals::{ApprovalStatus, Decide},
    pipelines::Source,
    runs::Runnable,
};
use gathering_domain::{ApprovalId, RunId};
use gathering_engine::{AwaitRequest, Outcome};
use gathering_storage::InboxMessage;
use gathering_testkit::{Place, each_database};
use serde_json::{Value, json};

use crate::{
    runs::start::start,
    support::{Bench, echo},
};

fn decide(answer: &str, data: Value) -> Decide {
    Decide { answer: answer.to_owned(), data, note: "because".to_owned() }
}

async fn asked(bench: &Bench, form: Value) -> (RunId, ApprovalId) {
    let command = start(Runnable::Definition(Source::Json(echo("echo"))), json!({}));
    let run = bench.app.runs().start(&bench.owner, command).await.unwrap().run.id;
    bench.claim().await;
    let request = AwaitRequest::Approval {
        title: "Page the on-call?".to_owned(),
        detail: json!({ "why": "urgent" }).into(),
        form: form.into(),
        options: vec!["approved".to_owned(), "rejected".to_owned()],
        deadline: None,
    };
    (run, bench.awaits(run, "node:ask", request).await)
}

fn form() -> Value {
    json!({
        "type": "object",
        "required": ["who"],
        "properties": { "who": { "type": "string" } },
        "additionalProperties": false,
    })
}

each_database! {
    async fn a_decision_reaches_the_run_and_leaves_the_inbox(place: Place) {
        let bench = Bench::open(place).await;
        let (approvals, owner) = (bench.app.approvals(), &bench.owner);
        let (run, id) = asked(&bench, form()).await;
        let open = approvals.list(owner, ApprovalStatus::Open, PageRequest::default()).await.unwrap();
        assert_eq!((open.items.len(), open.items[0].title.as_str()), (1, "Page the on-call?"));

        let decision = decide("approved", json!({ "who": "Ada" }));
        let decided = approvals.decide(owner, id, decision.clone()).await.unwrap();
        assert_eq!(decided.status, ApprovalStatus::Decided);
        let made = decided.decision.clone().unwrap();
        assert_eq!((made.answer.as_str(), made.actor), ("approved", owner.actor()));
        let inbox = bench.loaded(run).await.inbox;
        let InboxMessage::Signal(signal) = &inbox[0].message else { panic!("{inbox:?}") };
        assert_eq!(signal.payload["data"]["who"], "Ada");
        assert_eq!((signal.key.as_str(), &signal.payload["note"]), ("node:ask", &json!("because")));

        assert_eq!(approvals.decide(owner, id, decision).await.unwrap(), decided);
        let other = approvals.decide(owner, id, decide("rejected", Value::Null)).await.unwrap_err();
        assert_eq!(other.code(), "already_decided");
        let open = approvals.list(owner, ApprovalStatus::Open, PageRequest::default()).await.unwrap();
        assert!(open.items.is_empty());
        assert_eq!(approvals.of_run(owner, run).await.unwrap(), [decided]);
    }

    async fn of_two_decisions_at_once_one_holds(place: Place) {
        let bench = Bench::open(place).await;
        let (_, id) = asked(&bench, Value::Null).await;
        let (one, other) = (bench.app.approvals(), bench.app.approvals());
        let (yes, no) = tokio::join!(
            one.decide(&bench.owner, id, decide("approved", Value::Null)),
            other.decide(&bench.owner, id, decide("rejected", Value::Null)),
        );
        assert_eq!(u8::from(yes.is_ok()) + u8::from(no.is_ok()), 1, "{yes:?} {no:?}");
        let refused = yes.err().or(no.err()).unwrap();
        assert_eq!(refused.code(), "already_decided");
    }

    async fn what_was_not_offered_or_does_not_fit_the_form_is_refused(place: Place) {
        let bench = Bench::open(place).await;
        let (approvals, owner) = (bench.app.approvals(), &bench.owner);
        let (_, id) = asked(&bench, form()).await;
        for (case, decision, pointer) in [
            ("not offered", decide("maybe", json!({ "who": "Ada" })), "/answer"),
            ("missing", decide("approved", Value::Null), "/data"),
            ("wrong", decide("approved", json!({ "who": 1 })), "/data/who"),
        ] {
            let refused = approvals.decide(owner, id, decision).await.unwrap_err();
            let gathering_app::Error::Invalid { faults, .. } = refused else { panic!("{case}") };
            assert!(faults.iter().any(|fault| fault.pointer.as_str().starts_with(pointer)), "{case}: {faults:?}");
        }
        approvals.decide(owner, id, decide("rejected", Value::Null)).await.unwrap();
    }

    async fn an_approval_of_an_ended_run_is_over(place: Place) {
        let bench = Bench::open(place).await;
        let (run, id) = asked(&bench, Value::Null).await;
        bench.finish(run, Outcome::cancelled("")).await;
        let late = bench.app.approvals().decide(&bench.owner, id, decide("approved", Value::Null)).await;
        assert!(["run_ended", "already_decided"].contains(&late.unwrap_err().code()));
    }
}
