//! Tests of approvals.

use gathering_app::{
    Caller, PageRequest,
    approvals::{ApprovalFilter, ApprovalStatus, Decide},
    pipelines::Source,
    runs::Runnable,
};
use gathering_domain::{Actor, AgentId, ApprovalId, Duration, Role, RunId};
use gathering_engine::{AwaitRequest, Outcome};
use gathering_storage::InboxMessage;
use gathering_testkit::{Place, each_database};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    runs::start::start,
    support::{Bench, echo},
};

/// The whole inbox.
pub(crate) const OPEN: ApprovalFilter =
    ApprovalFilter { status: ApprovalStatus::Open, may_decide: false };

fn decide(answer: &str, data: Value) -> Decide {
    Decide { answer: answer.to_owned(), data, note: "because".to_owned() }
}

async fn asked(bench: &Bench, form: Value) -> (RunId, ApprovalId) {
    asked_of(bench, form, &[]).await
}

async fn asked_of(bench: &Bench, form: Value, deciders: &[&str]) -> (RunId, ApprovalId) {
    let command = start(Runnable::Definition(Source::Json(echo("echo"))), json!({}));
    let run = bench.app.runs().start(&bench.owner, command).await.unwrap().run.id;
    bench.claim().await;
    let request = AwaitRequest::Approval {
        title: "Page the on-call?".to_owned(),
        detail: json!({ "why": "urgent" }).into(),
        form: form.into(),
        options: vec!["approved".to_owned(), "rejected".to_owned()],
        deciders: deciders.iter().map(|text| text.parse().unwrap()).collect(),
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
        let open = approvals.list(owner, OPEN, PageRequest::default()).await.unwrap();
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
        let open = approvals.list(owner, OPEN, PageRequest::default()).await.unwrap();
        assert!(open.items.is_empty());
        assert_eq!(approvals.of_run(owner, run).await.unwrap(), [decided]);
    }

    async fn only_those_whom_an_approval_names_and_owners_may_decide_it(place: Place) {
        let bench = Bench::open(place).await;
        let approvals = bench.app.approvals();
        let operator = bench.sign_in_as(Role::Operator, "olga@example.com").await;
        let member = bench.sign_in_as(Role::Member, "max@example.com").await;
        let ada = bench.sign_in_as(Role::Member, "ada@example.com").await;
        let viewer = bench.sign_in_as(Role::Viewer, "vera@example.com").await;
        let agent_id = AgentId::from_uuid(Uuid::from_u128(3));
        let deciders = ["operator", "Ada@Example.com", "vera@example.com"];
        let (run, first) = asked_of(&bench, Value::Null, &deciders).await;
        let actor = Actor::Agent { agent_id, run_id: run };
        let agent = Caller::new(actor, Role::Owner, bench.owner.project());
        for (caller, code) in
            [(&member, "not_a_decider"), (&agent, "not_a_decider"), (&viewer, "forbidden")]
        {
            let seen = approvals.get(caller, first).await.unwrap();
            assert!(!seen.may_decide);
            let refused = approvals.decide(caller, first, decide("approved", Value::Null)).await;
            assert_eq!(refused.unwrap_err().code(), code);
        }
        let refused = approvals.decide(&member, first, decide("approved", Value::Null)).await;
        let told = "this approval is for operator, ada@example.com, vera@example.com to decide";
        assert_eq!(refused.unwrap_err().to_string(), told);
        let seen = approvals.get(&ada, first).await.unwrap();
        assert_eq!((seen.status, seen.may_decide), (ApprovalStatus::Open, true));
        assert_eq!(seen.deciders[1].to_string(), "ada@example.com");
        assert!(bench.loaded(run).await.inbox.is_empty(), "nothing has changed");

        let decided = approvals.decide(&ada, first, decide("approved", Value::Null)).await.unwrap();
        assert_eq!(decided.decision.unwrap().actor, ada.actor());
        assert!(!decided.may_decide, "it is over");
        let late = approvals.decide(&member, first, decide("approved", Value::Null)).await;
        assert_eq!(late.unwrap_err().code(), "not_a_decider");
        for caller in [&operator, &bench.owner] {
            let (_, id) = asked_of(&bench, Value::Null, &["operator"]).await;
            approvals.decide(caller, id, decide("rejected", Value::Null)).await.unwrap();
        }
        // Nobody but they themselves and owners: the operator is not named.
        let (_, id) = asked_of(&bench, Value::Null, &["max@example.com"]).await;
        let refused = approvals.decide(&operator, id, decide("approved", Value::Null)).await;
        assert_eq!(refused.unwrap_err().code(), "not_a_decider");
        approvals.decide(&bench.owner, id, decide("approved", Value::Null)).await.unwrap();
    }

    async fn the_inbox_shows_what_the_caller_may_decide_if_asked(place: Place) {
        let bench = Bench::open(place).await;
        let approvals = bench.app.approvals();
        let operator = bench.sign_in_as(Role::Operator, "olga@example.com").await;
        let ada = bench.sign_in_as(Role::Member, "ada@example.com").await;
        let viewer = bench.sign_in_as(Role::Viewer, "vera@example.com").await;
        let mut asked = Vec::new();
        for deciders in [
            &[][..],
            &["owner"],
            &["operator"],
            &["member"],
            &["ada@example.com", "olga@example.com"],
            &["ada@example.com", "operator"],
        ] {
            bench.pass(Duration::from_secs(1));
            asked.push(asked_of(&bench, Value::Null, deciders).await.1);
        }
        let filter = ApprovalFilter { may_decide: true, ..OPEN };
        for (caller, expected) in [
            (&bench.owner, vec![0, 1, 2, 3, 4, 5]),
            (&operator, vec![0, 2, 3, 4, 5]),
            (&ada, vec![0, 3, 4, 5]),
            (&viewer, vec![]),
        ] {
            let (mut found, mut cursor) = (Vec::new(), None);
            loop {
                let page = PageRequest { limit: Some(2), cursor };
                let page = approvals.list(caller, filter, page).await.unwrap();
                assert!(page.items.iter().all(|one| one.may_decide));
                found.extend(page.items.iter().map(|one| one.id));
                cursor = page.next_cursor;
                if cursor.is_none() {
                    break;
                }
            }
            found.reverse();
            let expected: Vec<ApprovalId> = expected.iter().map(|at: &usize| asked[*at]).collect();
            assert_eq!(found, expected, "{caller:?}");
            let all = approvals.list(caller, OPEN, PageRequest::default()).await.unwrap();
            let may: usize = all.items.iter().filter(|one| one.may_decide).count();
            assert_eq!((all.items.len(), may), (6, expected.len()));
        }
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
