//! Late and double answers: what does not belong to what is under way changes nothing.

use gathering_domain::{Actor, Duration, EffectKind};
use gathering_engine::{AwaitRequest, Decision, Input, KeyState, SignalReceived};
use serde_json::json;

use crate::driver::{
    Driver, attempts, key, outcome, perform, performed, refused, timeout, written,
};

#[test]
fn an_outcome_counts_once() {
    let mut run = Driver::new(vec![perform("a", EffectKind::Pure), perform("b", EffectKind::Pure)]);
    run.step();
    run.outcome("a", 1, Ok(json!("first")));
    assert!(!run.input(outcome("a", 1, Ok(json!("second")), 5)));
    assert!(!run.input(outcome("a", 1, Err(timeout()), 5)));
    assert_eq!(written(&run.step()), [] as [&str; 0]);
    assert_eq!(run.execution.state().spent().0, 0);
}

#[test]
fn an_answer_to_an_earlier_attempt_is_not_the_answer_to_this_one() {
    let mut run = Driver::new(vec![perform("mail", EffectKind::Unsafe)]);
    run.step();
    run.outcome("mail", 1, Err(refused()));
    run.wait(1_000);
    assert_eq!(performed(&run.step()), attempts(&[("mail", 2)]));
    // Were this taken for the second attempt, a third would be made while the second happens.
    assert!(!run.input(outcome("mail", 1, Err(refused()), 0)));
    assert!(matches!(run.key("mail"), Some(KeyState::Attempted(attempt)) if attempt.attempt == 2));
    assert!(run.input(outcome("mail", 2, Ok(json!("sent")), 0)));
}

#[test]
fn an_outcome_that_a_dead_process_left_behind_means_nothing() {
    let mut run = Driver::new(vec![perform("mail", EffectKind::Unsafe)]);
    run.step();
    run.crash();
    assert!(!run.input(outcome("mail", 1, Err(refused()), 0)), "before it is looked at");
    run.step();
    assert!(!run.input(outcome("mail", 1, Err(refused()), 0)), "while a person is asked");
    assert!(matches!(run.key("mail"), Some(KeyState::Unknown { .. })));
}

#[test]
fn an_outcome_is_no_answer_to_a_question() {
    let mut run = Driver::new(vec![perform("mail", EffectKind::Reconcilable)]);
    run.step();
    run.outcome("mail", 1, Err(timeout()));
    assert!(!run.input(outcome("mail", 1, Err(refused()), 0)));
    assert!(matches!(run.key("mail"), Some(KeyState::Reconciling { .. })));
    let answer = Input::Reconciled { key: key("mail"), attempt: 1, answer: Ok(None) };
    assert!(run.input(answer.clone()));
    assert!(!run.input(answer), "it is answered");
}

#[test]
fn an_outcome_of_what_was_given_up_means_nothing() {
    let keep = perform("b", EffectKind::Pure);
    let mut run = Driver::new(vec![perform("a", EffectKind::Unsafe), keep.clone()]);
    run.step();
    run.wants.set(vec![keep]);
    run.step();
    assert!(!run.input(outcome("a", 1, Ok(json!(1)), 9)));
    assert_eq!(run.key("a"), Some(&KeyState::Abandoned));
}

#[test]
fn a_signal_counts_only_while_it_is_awaited() {
    let request = AwaitRequest::Signal { name: "go".to_owned() };
    let mut run = Driver::new(vec![
        Decision::Await { key: key("go"), request },
        perform("page", EffectKind::Pure),
    ]);
    assert!(!run.input(signal("go")), "nobody waits yet");
    run.step();
    assert!(!run.input(signal("stop")), "nobody waits for that");
    assert!(run.input(signal("go")));
    assert!(!run.input(signal("go")), "it was answered");
}

#[test]
fn what_was_never_asked_is_never_answered() {
    let mut run = Driver::new(vec![perform("page", EffectKind::Pure)]);
    run.step();
    assert!(!run.input(outcome("mail", 1, Ok(json!(1)), 0)));
    assert!(!run.input(Input::Reserved {
        key: key("page"),
        answer: gathering_engine::Reservation::Granted
    }));
    assert!(!run.input(Input::Postponed {
        key: key("page"),
        attempt: 7,
        after: Duration::ZERO,
        error: refused(),
    }));
}

fn signal(name: &str) -> Input {
    let payload = json!(1).into();
    Input::Signal(SignalReceived { key: key(name), payload, actor: Actor::LocalOwner })
}
