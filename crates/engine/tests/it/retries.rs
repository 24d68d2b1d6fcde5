//! Retries: how often, how soon, and what puts an attempt off.

use gathering_domain::{Duration, EffectKind, Failure, Waiting};
use gathering_engine::{Input, KeyState, MAX_ASKED_WAIT, RetryPolicy};
use serde_json::json;

use crate::driver::{
    Driver, START, attempts, effect, invalid, key, perform, performed, refused, refused_for,
    timeout, written,
};

#[test]
fn a_failed_attempt_waits_its_share_of_the_delay_and_runs_again() {
    for (jitter, first, second) in [(1.0, 1_000, 2_000), (0.25, 250, 500), (0.0, 0, 0)] {
        let mut run = Driver::new(vec![perform("page", EffectKind::Pure)]);
        run.jitter = jitter;
        assert_eq!(performed(&run.step()), attempts(&[("page", 1)]));

        let failed = run.outcome("page", 1, Err(refused()));
        if jitter > 0.0 {
            let parked = failed.parked.expect("nothing to do until the delay is over");
            assert_eq!(parked.waiting, Waiting::Timer);
            assert_eq!(parked.wake_at, Some(START + Duration::from_millis(first)));
            run.wait(first - 1);
            assert_eq!(performed(&run.step()), [], "jitter {jitter}: too early");
            run.wait(1);
            assert_eq!(performed(&run.step()), attempts(&[("page", 2)]));
        } else {
            assert_eq!(performed(&failed), attempts(&[("page", 2)]));
        }
        let before = run.now;
        run.outcome("page", 2, Err(refused()));
        match run.key("page") {
            Some(KeyState::Backoff { attempt: 3, at, .. }) => {
                assert_eq!(at.since(before), Duration::from_millis(second));
            }
            Some(KeyState::Attempted(_)) | None => panic!("the second failure is in the journal"),
            other => assert_eq!((jitter, other.is_some()), (0.0, true)),
        }
    }
}

#[test]
fn the_last_attempt_settles_with_its_own_error() {
    let mut run = Driver::new(vec![perform("page", EffectKind::Idempotent)]);
    run.step();
    for attempt in 1..=2 {
        run.outcome("page", attempt, Err(refused()));
        run.wait(5_000);
        run.step();
    }
    let last = run.outcome("page", 3, Err(timeout()));
    assert_eq!(written(&last), ["effect_settled", "run_finished"]);
    assert_eq!(run.key("page"), Some(&KeyState::Settled { well: false }));
}

#[test]
fn a_fatal_error_is_not_tried_again() {
    for kind in
        [EffectKind::Pure, EffectKind::Idempotent, EffectKind::Reconcilable, EffectKind::Unsafe]
    {
        let mut run = Driver::new(vec![perform("page", kind)]);
        run.step();
        run.outcome("page", 1, Err(invalid()));
        assert_eq!(run.key("page"), Some(&KeyState::Settled { well: false }), "{kind:?}");
    }
}

#[test]
fn what_the_target_asks_for_is_a_floor_with_a_bound() {
    for (asked, waits) in [
        (Duration::from_millis(10), Duration::from_secs(1)),
        (Duration::from_secs(90), Duration::from_secs(90)),
        (Duration::from_secs(100_000_000), MAX_ASKED_WAIT),
    ] {
        let mut run = Driver::new(vec![perform("page", EffectKind::Pure)]);
        run.step();
        let failed = run.outcome("page", 1, Err(refused_for(asked)));
        assert_eq!(failed.wake_at, Some(START + waits), "{asked}");
    }
}

#[test]
fn attempt_counts_survive_a_restart() {
    let mut run = Driver::new(vec![perform("page", EffectKind::Pure)]);
    run.step();
    run.outcome("page", 1, Err(refused()));
    run.crash();
    run.wait(1_000);
    assert_eq!(performed(&run.step()), attempts(&[("page", 2)]));
    run.outcome("page", 2, Err(refused()));
    run.crash();
    run.wait(2_000);
    assert_eq!(performed(&run.step()), attempts(&[("page", 3)]));
    run.outcome("page", 3, Err(refused()));
    assert_eq!(run.key("page"), Some(&KeyState::Settled { well: false }));
}

#[test]
fn a_postponed_attempt_keeps_its_number() {
    for kind in [EffectKind::Pure, EffectKind::Unsafe] {
        let mut run = Driver::new(vec![perform("page", kind)]);
        run.step();
        for _ in 0..5 {
            assert!(run.input(postponed(1, 2_000)));
            assert_eq!(run.step().wake_at, Some(run.now + Duration::from_secs(2)));
            run.wait(2_000);
            assert_eq!(performed(&run.step()), attempts(&[("page", 1)]), "{kind:?}");
        }
        assert_eq!(run.execution.state().postponements(&key("page")), 5);
        run.outcome("page", 1, Ok(json!(1)));
        assert_eq!(run.execution.state().postponements(&key("page")), 0);
    }
}

#[test]
fn postponing_ends_after_a_thousand_times_in_a_row() {
    for kind in [EffectKind::Pure, EffectKind::Unsafe] {
        let mut run = Driver::new(vec![perform("page", kind)]);
        run.step();
        let mut times = 0;
        while run.input(postponed(1, 1)) {
            run.step();
            run.wait(1);
            run.step();
            times += 1;
            assert!(times <= 1_001, "{kind:?}: postponed without end");
        }
        assert_eq!(times, 1_001, "{kind:?}");
        assert_eq!(run.key("page"), Some(&KeyState::Settled { well: false }));
    }
}

#[test]
fn a_wait_that_a_breaker_asks_for_is_bounded() {
    let mut run = Driver::new(vec![perform("page", EffectKind::Pure)]);
    run.step();
    run.input(postponed(1, 10_000_000_000));
    assert_eq!(run.step().wake_at, Some(START + MAX_ASKED_WAIT));
}

#[test]
fn one_attempt_means_one() {
    let effect =
        gathering_engine::Effect { retry: RetryPolicy::NONE, ..effect("page", EffectKind::Pure) };
    let mut run = Driver::new(vec![gathering_engine::Decision::Perform(effect)]);
    run.step();
    run.outcome("page", 1, Err(refused()));
    assert_eq!(run.key("page"), Some(&KeyState::Settled { well: false }));
}

fn postponed(attempt: u32, millis: u64) -> Input {
    let error = Failure::retryable("breaker_open", "the target is given a rest", None);
    Input::Postponed { key: key("page"), attempt, after: Duration::from_millis(millis), error }
}
