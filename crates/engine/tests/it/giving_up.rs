//! Giving up: what is no longer wanted, begun or not, and what a wait or a child does then.

use gathering_domain::{Advice, Duration, EffectKind};
use gathering_engine::{
    Action, AwaitRequest, ChildSpec, CloseReason, Decision, EntryBody, Input, KeyState,
    LedgerState, Limits, Next, Outcome, Payload, Step, Until,
};
use serde_json::json;

use crate::driver::{Driver, attempts, costly, key, perform, performed, refused, timeout, written};

#[test]
fn a_call_in_flight_is_dropped_and_its_outcome_stays_unknown_by_kind() {
    for (kind, ledger, entries) in [
        (EffectKind::Pure, vec![], vec![]),
        (EffectKind::Idempotent, vec![], vec![]),
        (EffectKind::Reconcilable, vec![LedgerState::Unknown], vec!["attempt_failed"]),
        (EffectKind::Unsafe, vec![LedgerState::Unknown], vec!["attempt_failed"]),
    ] {
        let mut run =
            Driver::new(vec![perform("loser", kind), perform("winner", EffectKind::Pure)]);
        run.step();
        run.wants.set(vec![perform("winner", EffectKind::Pure)]);
        let step = run.step();
        assert_eq!(dropped(&step), ["loser"], "{kind:?}");
        let states: Vec<_> = step.ledger.iter().map(|change| change.state).collect();
        assert_eq!((states, written(&step)), (ledger, entries), "{kind:?}");
        if let Some(advice) = abandoned(&step) {
            assert!(matches!(advice, Advice::Unknown { .. }), "it may have happened");
        }
    }
}

#[test]
fn an_attempt_that_has_not_begun_is_taken_back_as_never_done() {
    let both = vec![
        perform("mail", EffectKind::Unsafe),
        Decision::Finish(Outcome::succeeded(json!("early"))),
    ];
    let mut run = Driver::new(both);
    let step = run.step();
    assert_eq!(performed(&step), [], "nothing acts on it");
    assert_eq!(written(&step), ["effect_attempted", "attempt_failed", "run_finished"]);
    assert!(matches!(abandoned(&step), Some(Advice::Retry { .. })));
    let states: Vec<_> = step.ledger.iter().map(|change| change.state).collect();
    assert_eq!(states, [LedgerState::Attempted, LedgerState::NotDone]);
    assert_eq!(run.execution.state().attempts(), 0, "it never was one");
}

#[test]
fn money_of_an_attempt_that_never_began_is_not_spent() {
    let mut run = Driver::new(vec![
        costly("think", 70),
        Decision::Finish(Outcome::succeeded(json!("early"))),
    ]);
    run.step();
    assert_eq!(run.execution.state().spent().0, 0);
}

#[test]
fn what_only_waits_its_turn_is_kept_until_the_run_ends() {
    let other = perform("other", EffectKind::Pure);
    let mut run = Driver::new(vec![perform("mail", EffectKind::Unsafe), other.clone()]);
    run.step();
    run.outcome("mail", 1, Err(timeout()));
    run.wants.set(vec![other.clone()]);
    assert_eq!(written(&run.step()), [] as [&str; 0]);
    assert!(matches!(run.key("mail"), Some(KeyState::Unknown { .. })));

    let last = run.outcome("other", 1, Ok(json!(1)));
    assert_eq!(written(&last), ["effect_settled", "attempt_failed", "run_finished"]);
    assert_eq!(abandoned(&last), Some(Advice::Unknown { after: None }));

    let mut run = Driver::new(vec![perform("page", EffectKind::Pure), other.clone()]);
    run.step();
    run.outcome("page", 1, Err(refused()));
    run.wants.set(vec![other.clone()]);
    run.step();
    run.wants.set(vec![perform("page", EffectKind::Pure), other]);
    run.wait(1_000);
    assert_eq!(performed(&run.step()), attempts(&[("page", 2)]), "wanted again, it goes on");
}

#[test]
fn a_step_that_only_gives_something_up_must_be_written() {
    let mut run = Driver::new(vec![
        Decision::Await { key: key("ask"), request: approval() },
        Decision::StartChild { key: key("child"), child: child() },
    ]);
    run.step();
    run.wants.set(vec![perform("page", EffectKind::Pure)]);
    let step = run.step();
    assert!(step.entries.is_empty() && step.parked.is_none());
    assert!(step.is_durable());
    assert!(!run.step().is_durable());
}

#[test]
fn an_approval_that_nobody_needs_is_closed_once() {
    let ask = Decision::Await { key: key("ask"), request: approval() };
    let sleep = Decision::Sleep { key: key("nap"), until: Until::After(Duration::from_secs(9)) };
    let mut run = Driver::new(vec![ask, sleep.clone()]);
    let opened = run.step();
    assert_eq!(opened.opened.len(), 1);
    run.wants.set(vec![sleep]);
    assert_eq!(run.step().closed, [(key("ask"), CloseReason::Expired)]);
    assert_eq!(run.step().closed, []);
    run.wait(9_000);
    assert_eq!(run.step().closed, [], "it is closed already");
}

#[test]
fn what_stands_open_at_the_end_is_closed_and_cancelled() {
    let mut run = Driver::new(vec![
        Decision::Await { key: key("ask"), request: approval() },
        Decision::StartChild { key: key("child"), child: child() },
        perform("page", EffectKind::Pure),
    ]);
    let begun = run.step();
    let started = begun.children.first().map(|child| child.run_id).expect("a child was started");
    run.input(Input::Cancel { actor: gathering_domain::Actor::LocalOwner, reason: String::new() });
    let last = run.step();
    assert_eq!(last.closed, [(key("ask"), CloseReason::RunEnded)]);
    assert_eq!(last.cancelled_children, [started]);
    assert_eq!(dropped(&last), ["page"]);
    assert!(last.parked.is_none() && last.finished.is_some());
}

#[test]
fn a_child_that_nobody_needs_is_cancelled_again_after_a_crash() {
    let sleep = Decision::Sleep { key: key("nap"), until: Until::After(Duration::from_secs(9)) };
    let mut run = Driver::new(vec![
        Decision::StartChild { key: key("child"), child: child() },
        sleep.clone(),
    ]);
    run.step();
    run.wants.set(vec![sleep]);
    assert_eq!(run.step().cancelled_children.len(), 1);
    assert_eq!(run.step().cancelled_children.len(), 0, "once in this process");
    run.crash();
    assert_eq!(run.step().cancelled_children.len(), 1, "cancelling twice is harmless");
}

pub(crate) fn child() -> ChildSpec {
    ChildSpec {
        machine: "scripted",
        behaviour: 1,
        definition: Payload::default(),
        input: Payload::default(),
        limits: Limits::default(),
        title: "a child".to_owned(),
    }
}

fn approval() -> AwaitRequest {
    AwaitRequest::Approval {
        title: "May I?".to_owned(),
        detail: Payload::default(),
        form: Payload::default(),
        options: vec!["approved".to_owned(), "rejected".to_owned()],
        deciders: Vec::new(),
        deadline: None,
    }
}

fn dropped(step: &Step) -> Vec<String> {
    let keys = step.actions.iter().filter_map(|action| match action {
        Action::Drop(key) => Some(key.to_string()),
        _ => None,
    });
    keys.collect()
}

fn abandoned(step: &Step) -> Option<Advice> {
    step.entries.iter().find_map(|entry| match &entry.body {
        EntryBody::AttemptFailed(failed) if failed.next == Next::Abandon => {
            Some(failed.error.advice)
        }
        _ => None,
    })
}
