//! Limits: money of a run and of its family, attempts, and what a machine hears of them.

use gathering_domain::{Actor, Duration, EffectKind, Failure, MicroUsd, RunStatus, Waiting};
use gathering_engine::{
    ASK_BUDGETS_AGAIN, Action, Decision, Entry, EntryBody, Grants, Input, KeyState, Limit,
    LimitRaised, OnCost, Parked, Reservation, Spend, Step,
};
use serde_json::json;

use crate::driver::{
    Driver, attempts, costly, key, outcome, perform, performed, refused, run, timeout, written,
};

#[test]
fn an_attempt_that_would_pass_the_cost_limit_is_not_made() {
    let mut run = limited(100, vec![costly("a", 60), costly("b", 60)]);
    let step = run.step();
    assert_eq!(performed(&step), attempts(&[("a", 1)]));
    assert_eq!(written(&step), ["effect_attempted", "limit_reached", "effect_settled"]);
    assert_eq!(run.key("b"), Some(&KeyState::Settled { well: false }));
    assert_eq!(run.execution.state().limits_reached(), [Limit::Cost]);
    run.outcome_for("a", 1, Ok(json!(1)), 10);
    assert_eq!(run.execution.state().spent(), MicroUsd(10));
}

#[test]
fn an_attempt_without_a_cost_passes_a_spent_limit() {
    let mut run = limited(10, vec![costly("a", 60), perform("b", EffectKind::Unsafe)]);
    assert_eq!(performed(&run.step()), attempts(&[("b", 1)]));
}

#[test]
fn what_an_attempt_counts_depends_on_what_is_known_of_it() {
    let unknown_with_usage = 7;
    for (result, reported, spent) in [
        (Ok(json!(1)), 25, 25),
        (Err(refused()), 0, 0),
        (Err(refused()), 3, 3),
        (Err(timeout()), 0, 60),
        (Err(timeout()), unknown_with_usage, 7),
        (Err(Failure::fatal("blocked", "no")), 5, 5),
    ] {
        let mut run = limited(1_000, vec![costly("a", 60), perform("b", EffectKind::Pure)]);
        run.step();
        assert_eq!(run.execution.state().spent(), MicroUsd(60), "reserved while under way");
        run.outcome_for("a", 1, result.clone(), reported);
        assert_eq!(run.execution.state().spent(), MicroUsd(spent), "{result:?}, {reported}");
    }
}

#[test]
fn what_nobody_can_count_counts_as_all_that_was_reserved() {
    for result in [Ok(json!(1)), Err(refused()), Err(Failure::fatal("blocked", "no"))] {
        let mut run = family(vec![costly("a", 60), perform("b", EffectKind::Pure)]);
        run.step();
        run.input(granted(true));
        run.step();
        let Input::Outcome { key, attempt, result, mut usage } = outcome("a", 1, result.clone(), 9)
        else {
            unreachable!("an outcome")
        };
        usage.cost.unpriced_calls = 1;
        assert!(run.input(Input::Outcome { key, attempt, result, usage }));
        assert_eq!(run.step().spend, None);
        assert_eq!(run.execution.state().spent(), MicroUsd(60));
    }
}

#[test]
fn a_postponed_attempt_gives_its_reservation_back() {
    let mut run = limited(100, vec![costly("a", 60)]);
    run.step();
    for _ in 0..10 {
        assert!(run.input(Input::Postponed {
            key: key("a"),
            attempt: 1,
            after: Duration::from_secs(1),
            error: refused(),
        }));
        run.step();
        assert_eq!(run.execution.state().spent(), MicroUsd::ZERO);
        run.wait(1_000);
        assert_eq!(performed(&run.step()), attempts(&[("a", 1)]));
    }
    assert_eq!(run.execution.state().attempts(), 1);
}

#[test]
fn attempts_are_limited_whether_they_are_logged_or_not() {
    for kind in [EffectKind::Pure, EffectKind::Unsafe] {
        let wanted = (0..5).map(|n| perform(&format!("call:{n}"), kind)).collect();
        let mut run = Driver::with(wanted, |started| started.limits.attempts = Some(2));
        let step = run.step();
        assert_eq!(performed(&step), attempts(&[("call:0", 1), ("call:1", 1)]), "{kind:?}");
        assert_eq!(run.execution.state().limits_reached(), [Limit::Attempts]);
        run.outcome("call:0", 1, Ok(json!(1)));
        let last = run.outcome("call:1", 1, Ok(json!(1)));
        assert_eq!(performed(&last), [], "{kind:?}: settled attempts count");
        assert_eq!(run.execution.state().attempts(), 2);
    }
}

#[test]
fn records_are_not_attempts() {
    let wanted = (0..5).map(|n| Decision::record(key(&format!("note:{n}")), json!(n))).collect();
    let mut run = Driver::with(wanted, |started| started.limits.attempts = Some(1));
    run.step();
    assert_eq!(run.execution.state().attempts(), 0);
    assert_eq!(run.execution.state().limits_reached(), []);
}

#[test]
fn a_shared_budget_is_asked_before_the_attempt_is_logged() {
    let mut run = family(vec![costly("a", 60)]);
    let step = run.step();
    assert_eq!(reserved(&step), [spend(60)]);
    assert_eq!(written(&step), [] as [&str; 0]);
    assert!(step.parked.is_none());

    assert!(run.input(granted(true)));
    let step = run.step();
    assert_eq!(
        (written(&step), performed(&step)),
        (vec!["effect_attempted"], attempts(&[("a", 1)]))
    );
    assert_eq!(step.grants, Grants { used: vec![key("a")], ..Grants::default() });
    let step = run.outcome_for("a", 1, Ok(json!(1)), 25);
    assert_eq!(step.spend, Some(spend(-35)));
}

#[test]
fn money_counts_against_every_budget_above_and_the_runs_own() {
    let budgets = [run(77), run(5), run(9)];
    let mut run = Driver::with(vec![costly("a", 60)], |started| {
        started.origin.root = budgets[0];
        started.origin.budgeted = true;
        started.origin.budgets = budgets[1..].to_vec();
    });
    let all = |delta| Spend { budgets: budgets.into(), delta: MicroUsd(delta) };
    assert_eq!(reserved(&run.step()), [all(60)]);
    assert!(run.input(granted(true)));
    run.step();
    assert_eq!(run.outcome_for("a", 1, Ok(json!(1)), 25).spend, Some(all(-35)));
}

#[test]
fn a_refused_reservation_is_a_reached_limit_and_then_a_failure() {
    let mut run = family(vec![costly("a", 60)]);
    run.step();
    assert!(run.input(granted(false)));
    let step = run.step();
    assert_eq!(written(&step), ["limit_reached", "effect_settled", "run_finished"]);
    assert_eq!(reserved(&step), [], "a spent budget is not asked again");
}

#[test]
fn money_that_was_granted_for_nothing_goes_back() {
    // Given up while it was granted, before the attempt began.
    let mut run = family(vec![costly("a", 60), perform("b", EffectKind::Pure)]);
    run.step();
    assert!(run.input(granted(true)));
    run.wants.set(vec![perform("b", EffectKind::Pure)]);
    assert_eq!(run.step().grants, Grants { returned: vec![key("a")], ..Grants::default() });

    // Given up while the budget was being asked: the answer means nothing, and its driver knows.
    let mut run = family(vec![costly("a", 60), perform("b", EffectKind::Pure)]);
    run.step();
    run.wants.set(vec![perform("b", EffectKind::Pure)]);
    run.step();
    assert!(!run.input(granted(true)));
}

#[test]
fn a_grant_for_another_amount_goes_back_and_the_right_one_is_asked_for() {
    let mut run = family(vec![costly("a", 60)]);
    run.step();
    assert!(run.input(granted(true)));
    run.wants.set(vec![costly("a", 90)]);
    let step = run.step();
    let back = Grants { returned: vec![key("a")], ..Grants::default() };
    assert_eq!((step.grants.clone(), reserved(&step)), (back, vec![spend(90)]));
    assert_eq!(performed(&step), []);
    assert!(run.input(granted(true)));
    assert_eq!(performed(&run.step()), attempts(&[("a", 1)]));
    assert_eq!(run.execution.state().spent(), MicroUsd(90));
}

#[test]
fn a_lost_attempt_stays_paid_for_when_a_limit_forbids_the_next() {
    let mut run = limited(100, vec![costly("a", 60)]);
    run.step();
    run.crash();
    assert_eq!(written(&run.step()), ["limit_reached", "effect_settled", "run_finished"]);
    assert_eq!(run.execution.state().spent(), MicroUsd(60), "nobody knows that it cost nothing");
}

#[test]
fn a_second_grant_does_not_end_the_attempt_that_the_first_let_begin() {
    let mut run = family(vec![costly("a", 60)]);
    run.step();
    assert!(run.input(granted(true)));
    run.step();
    assert!(!run.input(granted(true)));
    assert!(run.input(outcome("a", 1, Ok(json!(1)), 1)));
}

#[test]
fn a_shared_budget_gets_back_exactly_what_the_run_does_not_count() {
    for (result, reported) in
        [(Ok(json!(1)), 25), (Err(refused()), 0), (Err(timeout()), 0), (Err(timeout()), 9)]
    {
        let mut run = family(vec![costly("a", 60), perform("b", EffectKind::Pure)]);
        run.step();
        run.input(granted(true));
        run.step();
        let step = run.outcome_for("a", 1, result.clone(), reported);
        let back = step.spend.map_or(0, |spend| spend.delta.0);
        assert_eq!(60 + back, run.execution.state().spent().0, "{result:?}, {reported}");
    }
}

#[test]
fn a_refusal_that_is_waited_for_parks_the_run_until_it_asks_again() {
    let mut run = family(vec![costly("a", 60)]);
    run.step();
    assert!(run.input(refused_but_waits()));
    let step = run.step();
    assert_eq!((written(&step), reserved(&step)), (vec![], vec![]), "nothing is in the journal");
    let again = run.now + ASK_BUDGETS_AGAIN;
    let parked = Parked { waiting: Waiting::Budget, wake_at: Some(again) };
    assert_eq!(step.parked, Some(parked));

    run.wait(299_999);
    assert_eq!(reserved(&run.step()), [], "it is not asked before");
    run.wait(1);
    assert_eq!(reserved(&run.step()), [spend(60)], "money may have come back");

    // Whoever folds it anew asks at once, and waits again.
    run.crash();
    assert_eq!(reserved(&run.step()), [spend(60)]);
    assert!(run.input(refused_but_waits()));
    assert!(run.step().parked.is_some());
}

#[test]
fn a_raise_is_in_the_journal_of_the_run_whose_budget_it_is_and_wakes_those_below() {
    for (raised, journal) in [(run(1), vec!["limit_raised"]), (root(), vec![])] {
        let mut run = Driver::with(vec![costly("a", 60)], |started| {
            started.origin.root = root();
            started.origin.budgeted = true;
            started.origin.budgets = vec![run(1)];
            started.limits.cost = Some(MicroUsd(50));
            started.limits.on_cost = OnCost::Wait;
        });
        run.step();
        run.input(refused_but_waits());
        run.step();
        let raise =
            || Input::Raised { budget: raised, cost: MicroUsd(80), actor: Actor::LocalOwner };
        assert!(run.input(raise()));
        let step = run.step();
        assert_eq!(written(&step), journal);
        assert_eq!(step.actions.len(), 1, "it is asked for again");
        assert!(!run.input(raise()), "once is enough");
        let limit = if journal.is_empty() { 50 } else { 80 };
        assert_eq!(run.execution.state().limits().cost, Some(MicroUsd(limit)));
        run.crash();
        assert_eq!(run.execution.state().limits().cost, Some(MicroUsd(limit)));
    }
}

#[test]
fn a_limit_that_was_reached_and_raised_is_not_reached_any_more() {
    let mut run = family(vec![costly("a", 60), perform("b", EffectKind::Pure)]);
    run.step();
    run.input(Input::Limit { limit: Limit::Cost, key: None });
    assert_eq!(run.execution.state().limits_reached(), [Limit::Cost]);
    let raised = LimitRaised { limit: Limit::Cost, cost: None, actor: Actor::System };
    let mut state = run.execution.state().clone();
    let seq = state.next_seq();
    state.apply(&Entry { seq, at: run.now, body: EntryBody::LimitRaised(raised) });
    assert_eq!(state.limits_reached(), []);
}

#[test]
fn what_others_of_the_run_give_back_is_asked_for_at_once() {
    let mut run = family(vec![costly("a", 60), costly("b", 60)]);
    run.step();
    run.input(granted(true));
    run.input(Input::Reserved { key: key("b"), answer: Reservation::Refused(OnCost::Wait) });
    let step = run.step();
    assert_eq!((performed(&step), step.parked), (attempts(&[("a", 1)]), None));
    let step = run.outcome_for("a", 1, Ok(json!(1)), 25);
    assert_eq!((step.spend.clone(), reserved(&step)), (Some(spend(-35)), vec![spend(60)]));
}

#[test]
fn a_refusal_from_before_a_raise_or_a_refund_is_asked_again_at_once_and_once_only() {
    let raise = Input::Raised { budget: root(), cost: MicroUsd(80), actor: Actor::LocalOwner };
    for helps in [raise, outcome("b", 1, Ok(json!(1)), 25)] {
        let mut run =
            family(vec![costly("a", 60), costly("b", 60), perform("c", EffectKind::Pure)]);
        run.step();
        run.input(Input::Reserved { key: key("b"), answer: Reservation::Granted });
        run.step();
        // The budgets have refused already; the run hears of that later than of what helps.
        run.input(helps.clone());
        run.step();
        assert!(run.input(refused_but_waits()));
        assert_eq!(reserved(&run.step()), [spend(60)], "{helps:?}");
        assert!(run.input(refused_but_waits()));
        assert_eq!(
            reserved(&run.step()),
            [],
            "this refusal is younger than what helped: {helps:?}"
        );
    }
}

#[test]
fn a_run_that_waits_for_its_budget_hears_a_cancel_and_its_time_limit() {
    let waiting = || {
        let mut run = Driver::with(vec![costly("a", 60)], |started| {
            started.origin.root = root();
            started.origin.budgeted = true;
            started.limits.timeout = Some(Duration::from_secs(60));
        });
        run.step();
        run.input(refused_but_waits());
        let parked = run.step().parked.unwrap();
        assert_eq!(parked.wake_at, Some(run.now + Duration::from_secs(60)));
        run
    };
    let mut run = waiting();
    run.input(Input::Cancel { actor: Actor::LocalOwner, reason: String::new() });
    run.step();
    assert_eq!(run.end().status, RunStatus::Cancelled);
    let mut run = waiting();
    run.wait(60_000);
    run.step();
    assert_eq!(run.end().status, RunStatus::TimedOut);
}

fn refused_but_waits() -> Input {
    Input::Reserved { key: key("a"), answer: Reservation::Refused(OnCost::Wait) }
}

fn limited(cost: i64, decisions: Vec<Decision>) -> Driver {
    Driver::with(decisions, |started| started.limits.cost = Some(MicroUsd(cost)))
}

/// A run under a topmost run with a budget.
fn family(decisions: Vec<Decision>) -> Driver {
    Driver::with(decisions, |started| {
        started.origin.root = root();
        started.origin.budgeted = true;
    })
}

fn root() -> gathering_domain::RunId {
    run(77)
}

fn spend(delta: i64) -> Spend {
    Spend { budgets: [root()].into(), delta: MicroUsd(delta) }
}

fn granted(granted: bool) -> Input {
    let refused = Reservation::Refused(OnCost::Fail);
    Input::Reserved { key: key("a"), answer: if granted { Reservation::Granted } else { refused } }
}

fn reserved(step: &Step) -> Vec<Spend> {
    let spends = step.actions.iter().filter_map(|action| match action {
        Action::Reserve { spend, .. } => Some(spend.clone()),
        _ => None,
    });
    spends.collect()
}
