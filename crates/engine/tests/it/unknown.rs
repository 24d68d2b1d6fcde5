//! Unknown outcomes: what each kind of effect does when nobody knows whether it happened.

use gathering_domain::{Actor, Duration, EffectKind, Failure, Waiting};
use gathering_engine::{Action, Input, KeyState, LedgerState, Next, Resolution, Step};
use serde_json::json;

use crate::driver::{
    Driver, START, attempts, key, perform, performed, refused, refused_for, timeout, written,
};

#[test]
fn a_timeout_is_retried_asked_or_put_before_a_person_by_kind() {
    for kind in [EffectKind::Pure, EffectKind::Idempotent] {
        let mut run = Driver::new(vec![perform("mail", kind)]);
        run.step();
        let step = run.outcome("mail", 1, Err(timeout()));
        assert_eq!(ledger(&step), []);
        assert!(matches!(run.key("mail"), Some(KeyState::Backoff { attempt: 2, .. })), "{kind:?}");
    }

    let mut run = Driver::new(vec![perform("mail", EffectKind::Reconcilable)]);
    run.step();
    let step = run.outcome("mail", 1, Err(timeout()));
    assert_eq!(ledger(&step), [LedgerState::Unknown]);
    assert_eq!(asked(&step), ["mail"]);
    assert!(step.parked.is_none(), "the target is being asked");

    let mut run = Driver::new(vec![perform("mail", EffectKind::Unsafe)]);
    run.step();
    let step = run.outcome("mail", 1, Err(timeout()));
    assert_eq!(ledger(&step), [LedgerState::Unknown]);
    let parked = step.parked.expect("only a person can go on");
    assert_eq!((parked.waiting, parked.wake_at), (Waiting::UnknownOutcome, None));
}

#[test]
fn a_failure_that_precedes_the_effect_is_retried_by_every_kind() {
    for kind in [EffectKind::Reconcilable, EffectKind::Unsafe] {
        let mut run = Driver::new(vec![perform("mail", kind)]);
        run.step();
        let step = run.outcome("mail", 1, Err(refused()));
        assert_eq!(ledger(&step), [LedgerState::NotDone]);
        run.wait(1_000);
        let again = run.step();
        assert_eq!(performed(&again), attempts(&[("mail", 2)]), "{kind:?}");
        assert_eq!(ledger(&again), [LedgerState::Attempted]);
    }
}

#[test]
fn an_attempt_that_another_run_may_have_made_is_asked_about_first() {
    for (kind, target) in [(EffectKind::Unsafe, vec![]), (EffectKind::Reconcilable, vec!["mail"])] {
        let mut other = Driver::new(vec![perform("mail", kind)]);
        let effect_id = other.step().ledger[0].effect_id;
        let held = || Input::Held { key: key("mail"), attempt: 1, effect_id, kind };
        let mut run = Driver::new(vec![perform("mail", kind)]);
        assert!(run.input(held()));
        assert!(!run.input(held()), "said once");
        let step = run.step();
        assert_eq!(written(&step), ["effect_attempted", "attempt_failed"]);
        assert_eq!(performed(&step), attempts(&[]));
        assert_eq!(asked(&step), target);
        assert_eq!(ledger(&step), [LedgerState::Unknown]);
        let not_done = Input::Resolved {
            key: key("mail"),
            attempt: 1,
            resolution: Resolution::NotDone,
            actor: Actor::LocalOwner,
        };
        if kind == EffectKind::Unsafe {
            assert!(run.input(not_done));
            assert_eq!(performed(&run.step()), attempts(&[("mail", 2)]));
        }
    }
}

#[test]
fn only_kinds_that_must_not_repeat_log_their_attempt() {
    for (kind, entries) in [
        (EffectKind::Pure, vec![]),
        (EffectKind::Idempotent, vec![]),
        (EffectKind::Reconcilable, vec!["effect_attempted"]),
        (EffectKind::Unsafe, vec!["effect_attempted"]),
    ] {
        let mut run = Driver::new(vec![perform("mail", kind)]);
        assert_eq!(written(&run.step()), entries, "{kind:?}");
    }
}

#[test]
fn a_lost_attempt_is_repeated_asked_or_put_before_a_person_by_kind() {
    for kind in [EffectKind::Pure, EffectKind::Idempotent] {
        let mut run = Driver::new(vec![perform("mail", kind)]);
        run.step();
        run.crash();
        assert_eq!(performed(&run.step()), attempts(&[("mail", 1)]), "{kind:?}");
    }

    let mut run = Driver::new(vec![perform("mail", EffectKind::Reconcilable)]);
    run.step();
    run.crash();
    let step = run.step();
    assert_eq!((asked(&step), performed(&step)), (vec!["mail".to_owned()], vec![]));
    run.crash();
    assert_eq!(asked(&run.step()), ["mail"], "the question is asked again after a crash");

    let mut run = Driver::new(vec![perform("mail", EffectKind::Unsafe)]);
    run.step();
    run.crash();
    let step = run.step();
    assert_eq!(performed(&step), []);
    assert_eq!(step.parked.map(|parked| parked.waiting), Some(Waiting::UnknownOutcome));
    run.crash();
    let again = run.step();
    assert_eq!((written(&again), performed(&again)), (vec![], vec![]), "it is asked once");
}

#[test]
fn a_lost_attempt_with_a_cost_is_made_again_under_the_next_number() {
    let mut run = Driver::new(vec![crate::driver::costly("think", 10)]);
    assert_eq!(written(&run.step()), ["effect_attempted"]);
    run.crash();
    assert_eq!(performed(&run.step()), attempts(&[("think", 2)]));
    run.outcome_for("think", 2, Ok(json!(1)), 4);
    assert_eq!(run.execution.state().spent().0, 14, "the lost attempt counts its reservation");
}

#[test]
fn the_effect_id_is_the_same_over_attempts_and_crashes() {
    let id = |step: &Step| match &step.actions[..] {
        [Action::Perform(order)] => order.effect_id,
        other => panic!("{other:?}"),
    };
    let mut run = Driver::new(vec![perform("mail", EffectKind::Pure)]);
    let first = id(&run.step());
    run.outcome("mail", 1, Err(refused()));
    run.wait(1_000);
    assert_eq!(id(&run.step()), first);
    run.crash();
    assert_eq!(id(&run.step()), first);
}

#[test]
fn the_targets_answer_decides() {
    let asked = || {
        let mut run = Driver::new(vec![perform("mail", EffectKind::Reconcilable)]);
        run.step();
        run.outcome("mail", 1, Err(timeout()));
        run
    };

    let mut run = asked();
    assert!(run.input(reconciled(1, Ok(Some(json!("sent"))))));
    let step = run.step();
    assert_eq!(ledger(&step), [LedgerState::Done]);
    assert_eq!(run.key("mail"), Some(&KeyState::Settled { well: true }));

    let mut run = asked();
    run.wait(30_000);
    assert!(run.input(reconciled(1, Ok(None))));
    let step = run.step();
    assert_eq!(ledger(&step), [LedgerState::NotDone]);
    assert_eq!(performed(&step), [], "an attempt that failed waits like any other");
    run.wait(1_000);
    assert_eq!(performed(&run.step()), attempts(&[("mail", 2)]));

    let mut run = asked();
    assert!(run.input(reconciled(1, Err(Failure::fatal("unreachable", "no answer")))));
    let step = run.step();
    assert_eq!(ledger(&step), [LedgerState::Unknown]);
    assert_eq!(step.parked.map(|parked| parked.waiting), Some(Waiting::UnknownOutcome));
    let kind = step.ledger.first().map(|change| change.kind);
    assert_eq!(kind, Some(EffectKind::Reconcilable));
}

#[test]
fn a_target_that_cannot_say_is_asked_again_and_then_a_person() {
    let mut run = Driver::new(vec![perform("mail", EffectKind::Reconcilable)]);
    run.step();
    run.outcome("mail", 1, Err(timeout()));
    for (wait, crash) in [(1_000, false), (2_000, true)] {
        assert!(run.input(reconciled(1, Err(refused()))));
        let step = run.step();
        assert_eq!((asked(&step), performed(&step)), (vec![], vec![]));
        assert_eq!(step.parked.map(|parked| parked.waiting), Some(Waiting::Timer));
        if crash {
            run.crash();
        }
        run.wait(wait - 1);
        assert_eq!(asked(&run.step()), [] as [&str; 0]);
        run.wait(1);
        assert_eq!(asked(&run.step()), ["mail"]);
    }
    assert!(run.input(reconciled(1, Err(timeout()))));
    let parked = run.step().parked.expect("only a person can go on");
    assert_eq!(parked.waiting, Waiting::UnknownOutcome);
    assert!(run.input(resolved(1, Resolution::NotDone)));
    assert_eq!(performed(&run.step()), attempts(&[("mail", 2)]));
}

#[test]
fn a_person_may_say_it_while_the_target_is_still_asked() {
    let asking = |answered: bool| {
        let mut run = Driver::new(vec![perform("mail", EffectKind::Reconcilable)]);
        run.step();
        run.outcome("mail", 1, Err(timeout()));
        run.step();
        if answered {
            assert!(run.input(reconciled(1, Err(refused()))));
            run.step();
        }
        run
    };
    for answered in [false, true] {
        let mut run = asking(answered);
        assert!(run.input(resolved(1, Resolution::Done(json!("sent").into()))));
        let step = run.step();
        assert_eq!(ledger(&step), [LedgerState::Done], "{answered}");
        assert_eq!(run.key("mail"), Some(&KeyState::Settled { well: true }));
        assert!(!run.input(reconciled(1, Ok(None))), "the question is over");

        let mut run = asking(answered);
        assert!(run.input(resolved(1, Resolution::NotDone)));
        assert_eq!(performed(&run.step()), attempts(&[("mail", 2)]), "{answered}");
    }
}

#[test]
fn a_target_asks_for_its_wait_and_says_it_at_last() {
    let mut run = Driver::new(vec![perform("mail", EffectKind::Reconcilable)]);
    run.step();
    run.outcome("mail", 1, Err(timeout()));
    assert!(run.input(reconciled(1, Err(refused_for(Duration::from_secs(90))))));
    run.step();
    run.wait(89_000);
    assert_eq!(asked(&run.step()), [] as [&str; 0]);
    run.wait(1_000);
    assert_eq!(asked(&run.step()), ["mail"]);
    assert!(run.input(reconciled(1, Ok(None))));
    run.step();
    run.wait(1_000);
    let step = run.step();
    assert_eq!(performed(&step), attempts(&[("mail", 2)]), "the policy goes by the attempt");
}

#[test]
fn that_it_did_not_happen_is_believed_when_it_no_longer_can() {
    let not_done = || reconciled(1, Ok(None));
    for (lost, after) in [(true, 0), (true, 29_999), (false, 1), (false, 29_999)] {
        let mut run = Driver::new(vec![perform("mail", EffectKind::Reconcilable)]);
        run.step();
        run.wait(after);
        if lost {
            run.crash();
            run.step();
        } else {
            run.outcome("mail", 1, Err(timeout()));
        }
        assert!(run.input(not_done()));
        let step = run.step();
        assert_eq!(ledger(&step), [LedgerState::Unknown], "{lost} {after}");
        assert_eq!(last_failure(&run), "not_done_yet");
        assert_eq!(performed(&step), [], "the target may be at work on it: {lost} {after}");
        let due = START + Duration::from_secs(30);
        let parked = step.parked.map(|parked| (parked.waiting, parked.wake_at));
        assert_eq!(parked, Some((Waiting::Timer, Some(due))));
        // Nor does a process that takes over believe it sooner.
        run.crash();
        assert_eq!(asked(&run.step()), [] as [&str; 0]);
        run.wait(30_000 - after);
        assert_eq!(asked(&run.step()), ["mail"]);
        assert!(run.input(not_done()));
        run.step();
        assert_eq!(last_failure(&run), "target_not_done");
        run.wait(1_000);
        run.step();
        assert!(
            matches!(run.key("mail"), Some(KeyState::Attempted(made)) if made.attempt == 2),
            "{lost} {after}"
        );
    }
}

#[test]
fn an_attempt_that_arrives_late_is_not_made_again() {
    let mut run = Driver::new(vec![perform("mail", EffectKind::Reconcilable)]);
    run.step();
    run.wait(1_000);
    run.crash();
    run.step();
    assert!(run.input(reconciled(1, Ok(None))));
    run.step();
    run.wait(29_000);
    assert_eq!(asked(&run.step()), ["mail"]);
    assert!(run.input(reconciled(1, Ok(Some(json!("sent"))))));
    assert_eq!(ledger(&run.step()), [LedgerState::Done]);
    assert_eq!(run.key("mail"), Some(&KeyState::Settled { well: true }));
}

#[test]
fn the_time_of_the_second_attempt_counts_for_the_second() {
    let mut run = Driver::new(vec![perform("mail", EffectKind::Reconcilable)]);
    run.step();
    run.wait(30_000);
    run.crash();
    run.step();
    assert!(run.input(reconciled(1, Ok(None))));
    assert_eq!(performed(&run.step()), attempts(&[("mail", 2)]));
    run.wait(29_999);
    run.crash();
    run.step();
    assert!(run.input(reconciled(2, Ok(None))));
    assert_eq!(performed(&run.step()), []);
    assert_eq!(last_failure(&run), "not_done_yet");
}

#[test]
fn what_the_target_never_receives_is_not_tried_for_ever() {
    let mut run = Driver::new(vec![perform("mail", EffectKind::Reconcilable)]);
    run.step();
    let mut made = 1;
    while run.execution.state().finished().is_none() {
        run.wait(30_000);
        run.outcome("mail", made, Err(timeout()));
        run.input(reconciled(made, Ok(None)));
        run.step();
        run.wait(10_000);
        run.step();
        made += 1;
        assert!(made < 10, "tried without end");
    }
    assert_eq!(made, 4, "three attempts, as its policy says");
}

#[test]
fn an_attempt_that_a_crash_lost_runs_again_at_once_if_it_did_not_happen() {
    let mut run = Driver::new(vec![perform("mail", EffectKind::Reconcilable)]);
    run.step();
    for lost in 1..=5 {
        run.crash();
        run.step();
        run.wait(30_000);
        assert!(run.input(reconciled(lost, Ok(None))));
        assert_eq!(performed(&run.step()), attempts(&[("mail", lost + 1)]));
    }
}

#[test]
fn a_person_settles_an_unknown_outcome() {
    for (resolution, state, ends, next) in [
        (Resolution::Done(json!("sent").into()), LedgerState::Done, true, vec![]),
        (Resolution::Failed("bounced".to_owned()), LedgerState::Failed, true, vec![]),
        (Resolution::NotDone, LedgerState::NotDone, false, attempts(&[("mail", 2)])),
    ] {
        let mut run = Driver::new(vec![perform("mail", EffectKind::Unsafe)]);
        run.step();
        run.outcome("mail", 1, Err(timeout()));
        assert!(!run.input(resolved(2, resolution.clone())), "that attempt was never made");
        assert!(run.input(resolved(1, resolution.clone())));
        let step = run.step();
        assert_eq!(ledger(&step).first(), Some(&state), "{resolution:?}");
        assert_eq!(run.execution.state().finished().is_some(), ends);
        assert_eq!(performed(&step), next);
        assert!(!run.input(resolved(1, resolution)), "nothing is unknown any more");
    }
}

#[test]
fn what_was_said_of_an_earlier_attempt_says_nothing_of_this_one() {
    let mut run = Driver::new(vec![perform("mail", EffectKind::Unsafe)]);
    run.step();
    run.outcome("mail", 1, Err(timeout()));
    assert!(run.input(resolved(1, Resolution::NotDone)));
    run.step();
    run.outcome("mail", 2, Err(timeout()));
    assert!(!run.input(resolved(1, Resolution::NotDone)), "the same click, sent twice");
    assert!(matches!(run.key("mail"), Some(KeyState::Unknown { attempt: 2, .. })));
}

#[test]
fn a_resolution_without_an_unknown_outcome_means_nothing() {
    let mut run = Driver::new(vec![perform("mail", EffectKind::Unsafe)]);
    assert!(!run.input(resolved(1, Resolution::NotDone)), "before the first attempt");
    run.step();
    assert!(!run.input(resolved(1, Resolution::NotDone)), "while the attempt is under way");
    assert_eq!(written(&run.step()), [] as [&str; 0]);
}

#[test]
fn what_follows_a_failed_attempt_is_in_the_journal() {
    let mut run = Driver::new(vec![perform("mail", EffectKind::Unsafe)]);
    run.step();
    run.outcome("mail", 1, Err(timeout()));
    let failed = run.journal.iter().find_map(|entry| match &entry.body {
        gathering_engine::EntryBody::AttemptFailed(failed) => Some(failed),
        _ => None,
    });
    assert_eq!(failed.map(|failed| failed.next), Some(Next::Ask));
}

fn ledger(step: &Step) -> Vec<LedgerState> {
    step.ledger.iter().map(|change| change.state).collect()
}

/// The code of the attempt that failed last.
fn last_failure(run: &Driver) -> String {
    let mut failed = run.journal.iter().rev().filter_map(|entry| match &entry.body {
        gathering_engine::EntryBody::AttemptFailed(failed) => Some(failed.error.code.clone()),
        _ => None,
    });
    failed.next().unwrap()
}

fn asked(step: &Step) -> Vec<String> {
    let keys = step.actions.iter().filter_map(|action| match action {
        Action::Reconcile(order) => Some(order.effect.key.to_string()),
        _ => None,
    });
    keys.collect()
}

fn reconciled(attempt: u32, answer: Result<Option<serde_json::Value>, Failure>) -> Input {
    Input::Reconciled { key: key("mail"), attempt, answer: answer.map(|it| it.map(Into::into)) }
}

fn resolved(attempt: u32, resolution: Resolution) -> Input {
    Input::Resolved { key: key("mail"), attempt, resolution, actor: Actor::LocalOwner }
}
