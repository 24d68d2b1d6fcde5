//! Children: a child run is created with its parent's entry and comes back through its inbox.

use gathering_domain::{EffectKind, MicroUsd, RunStatus};
use gathering_engine::{
    ChildSettled, Decision, Input, KeyState, Origin, Outcome, ParentLink, Step,
};
use serde_json::json;

use crate::{
    driver::{Driver, key, perform, run, written},
    giving_up::child,
};

#[test]
fn a_child_is_created_in_its_parents_append() {
    let mut parent = Driver::new(vec![start("sub")]);
    let step = parent.step();
    assert_eq!(written(&step), ["child_started"]);
    let [created] = &step.children[..] else { panic!("{step:?}") };
    assert_eq!(created.origin.parent, Some(ParentLink { run_id: run(1), key: key("sub") }));
    assert_eq!((created.origin.root, created.origin.depth), (run(1), 1));
    assert_eq!(step.parked.map(|parked| parked.waiting), Some(gathering_domain::Waiting::Child));
    assert_eq!(parent.key("sub"), Some(&KeyState::Child { run_id: created.run_id }));
}

#[test]
fn a_childs_effects_have_the_same_ids_in_every_retry_of_its_parent() {
    let chain = |origin: Origin| {
        let mut parent = Driver::with(vec![start("sub")], |started| started.origin = origin);
        parent.step().children[0].origin.chain
    };
    let first = Origin::root(run(1));
    let retry = Origin { root: run(5), retry_of: Some(run(1)), ..first.clone() };
    assert_eq!(chain(first.clone()), chain(retry));
    assert_ne!(chain(first), chain(Origin::root(run(2))));
}

#[test]
fn a_childs_end_settles_its_key_with_all_it_used() {
    for (outcome, well) in [
        (Outcome::succeeded(json!("ok")), true),
        (Outcome::cancelled(""), false),
        (Outcome::timed_out(), false),
    ] {
        let mut parent = Driver::new(vec![start("sub"), perform("page", EffectKind::Pure)]);
        let child = child_of(&parent.step());
        let mut outcome = outcome;
        outcome.usage.model_calls = 3;
        assert!(parent.input(settled(child, outcome.clone())));
        assert_eq!(parent.key("sub"), Some(&KeyState::Settled { well }));
        assert_eq!(parent.execution.state().usage().model_calls, 3);
        assert!(!parent.input(settled(child, outcome)), "it settles once");
        assert_eq!(parent.execution.state().usage().model_calls, 3);
    }
}

#[test]
fn a_stranger_does_not_settle_a_childs_key() {
    let mut parent = Driver::new(vec![start("sub")]);
    assert!(!parent.input(settled(run(100), Outcome::succeeded(json!(1)))), "not started yet");
    parent.step();
    assert!(!parent.input(settled(run(999), Outcome::succeeded(json!(1)))));
}

#[test]
fn generations_are_bounded() {
    for (depth, begins) in [(15, true), (16, false), (40, false)] {
        let mut parent = Driver::with(vec![start("sub")], |started| started.origin.depth = depth);
        let step = parent.step();
        assert_eq!(!step.children.is_empty(), begins, "depth {depth}");
        if !begins {
            assert_eq!(parent.key("sub"), Some(&KeyState::Settled { well: false }));
            assert_eq!(written(&step), ["effect_settled", "run_finished"]);
        }
    }
}

#[test]
fn a_child_shares_the_budget_of_the_topmost_run() {
    let mut parent = Driver::with(vec![start("sub")], |started| {
        started.origin.root = run(77);
        started.origin.budgeted = true;
    });
    let origin = parent.step().children[0].origin.clone();
    assert_eq!((origin.root, origin.budgeted), (run(77), true));
}

#[test]
fn a_child_with_a_limit_has_a_budget_of_its_own_below_those_of_its_ancestors() {
    for (cost, own) in [(None, vec![]), (Some(MicroUsd(5)), vec![run(100)])] {
        let mut spec = child();
        spec.limits.cost = cost;
        let wanted = vec![Decision::StartChild { key: key("sub"), child: spec }];
        let mut parent = Driver::with(wanted, |started| started.origin.budgets = vec![run(8)]);
        let step = parent.step();
        assert_eq!(step.children[0].run_id, run(100));
        assert_eq!(step.children[0].origin.budgets, [vec![run(8)], own].concat());
    }
}

#[test]
fn a_child_is_not_started_again_after_a_crash() {
    let mut parent = Driver::new(vec![start("sub")]);
    let child = child_of(&parent.step());
    parent.crash();
    assert!(parent.step().children.is_empty());
    assert!(parent.input(settled(child, Outcome::succeeded(json!(1)))));
    parent.step();
    assert_eq!(parent.end().status, RunStatus::Succeeded);
}

fn start(name: &str) -> Decision {
    Decision::StartChild { key: key(name), child: child() }
}

fn child_of(step: &Step) -> gathering_domain::RunId {
    step.children[0].run_id
}

fn settled(run_id: gathering_domain::RunId, outcome: Outcome) -> Input {
    Input::Child(ChildSettled { key: key("sub"), run_id, outcome })
}
