//! Retries of ended runs: what a new run takes over, and what it must ask first.

use std::collections::HashMap;

use gathering_domain::{Actor, EffectId, EffectKind, Timestamp};
use gathering_engine::{
    Action, ChildSettled, Decision, Effect, Entry, EntryBody, Execution, Input, KeyState,
    LedgerState, Outcome, Resolution, RunState, Step, TakenOver,
};
use serde_json::{Value, json};

use crate::{
    driver::{
        Driver, attempts, costly, effect, invalid, key, perform, performed, refused, replayed, run,
        timeout, written,
    },
    giving_up::child,
};

#[test]
fn what_settled_well_is_taken_over_without_its_cost() {
    let mut first = Driver::new(vec![costly("think", 60), perform("mail", EffectKind::Unsafe)]);
    first.step();
    first.outcome_for("think", 1, Ok(json!("thought")), 25);
    first.outcome("mail", 1, Err(invalid()));
    let taken = taken_over(&first, &HashMap::new());
    assert_eq!(kinds(&taken), ["effect_settled"], "attempts and failures stay behind");
    assert!(taken.ledger.is_empty());

    let state = folded(&first, &taken);
    assert_eq!(state.key(&key("think")), Some(&KeyState::Settled { well: true }));
    assert_eq!(state.key(&key("mail")), None, "it runs again");
    assert_eq!((state.spent().0, state.attempts(), state.usage().is_zero()), (0, 0, true));
}

#[test]
fn a_machine_may_leave_its_results_behind() {
    let mut first =
        Driver::new(vec![perform("a", EffectKind::Pure), perform("b", EffectKind::Pure)]);
    first.step();
    first.outcome("a", 1, Ok(json!(1)));
    cancel(&mut first);
    let execution = replayed(&first.journal, &first.wants, |key| key.as_str() != "a");
    assert_eq!(execution.taken_over(&first.journal, &HashMap::new(), &Value::Null).entries, []);
}

#[test]
fn what_came_of_another_input_is_left_behind() {
    let mut first = Driver::new(vec![perform("look", EffectKind::Pure), start("good")]);
    let child = first.step().children[0].run_id;
    first.outcome("look", 1, Ok(json!(1)));
    end_child(&mut first, "good", child, Outcome::succeeded(json!(1)));
    cancel(&mut first);
    let with = |input| first.execution.taken_over(&first.journal, &HashMap::new(), &input);
    assert_eq!(with(Value::Null).entries.len(), 3);
    let anew = with(json!({ "list": [1] }));
    assert_eq!(anew.entries, []);
    let children: Vec<_> = anew.children.into_iter().collect();
    assert_eq!(children, [(key("good"), child)], "its own input decides what it takes over");
}

#[test]
fn what_happened_and_is_left_behind_is_never_simply_made_again() {
    for kind in [EffectKind::Unsafe, EffectKind::Reconcilable] {
        let mut first = Driver::new(vec![perform("mail", kind), perform("b", EffectKind::Pure)]);
        first.step();
        first.outcome("mail", 1, Ok(json!("sent")));
        cancel(&mut first);
        // What came before it is done anew, so the machine does not keep its result.
        let execution = replayed(&first.journal, &first.wants, |key| key.as_str() != "mail");
        let taken = execution.taken_over(&first.journal, &HashMap::new(), &Value::Null);
        assert_eq!((kinds(&taken), &taken.ledger[..]), (vec![], &[][..]), "{kind:?}: it is done");

        let mut second = retry(&first, taken);
        second.wants.set(vec![perform("b", EffectKind::Pure)]);
        assert!(second.step().ledger.is_empty(), "nobody need care while it is not wanted");
        // A retry that never came to it leaves it to the next one.
        cancel(&mut second);
        let mut third = retry(&second, taken_over(&second, &HashMap::new()));
        third.wants.set(vec![perform("mail", kind), perform("b", EffectKind::Pure)]);
        let step = third.step();
        assert_eq!(performed(&step), attempts(&[("b", 1)]), "{kind:?}");
        let ledger: Vec<_> = step.ledger.iter().map(|c| (c.kind, c.state)).collect();
        assert_eq!(ledger, [(kind, LedgerState::Unknown)]);
    }
}

#[test]
fn what_happened_is_not_made_again_however_many_retries_carried_it() {
    let said = HashMap::from([(key("mail"), Resolution::Done(json!("sent").into()))]);
    for said in [HashMap::new(), said] {
        let mut first = Driver::new(vec![perform("mail", EffectKind::Unsafe)]);
        first.step();
        if said.is_empty() {
            first.wants.set(vec![perform("b", EffectKind::Pure)]);
            first.outcome("mail", 1, Ok(json!("sent")));
        }
        cancel(&mut first);
        let mut run = retry(&first, taken_over(&first, &said));
        for _ in 0..2 {
            cancel(&mut run);
            run = retry(&run, taken_over(&run, &HashMap::new()));
            assert_eq!(run.key("mail"), Some(&KeyState::Settled { well: true }));
        }
        run.wants.set(vec![perform("mail", EffectKind::Unsafe)]);
        cancel(&mut run);
        // Only now what came before it is done anew.
        let execution = replayed(&run.journal, &run.wants, |_| false);
        let taken = execution.taken_over(&run.journal, &HashMap::new(), &Value::Null);
        let left_behind: Vec<_> = taken.left_behind.keys().collect();
        assert_eq!(left_behind, [&key("mail")], "{said:?}");
        let step = retry(&run, taken).step();
        assert_eq!(
            (performed(&step), written(&step)),
            (vec![], vec!["effect_attempted", "attempt_failed"])
        );
    }
}

#[test]
fn an_unknown_outcome_is_asked_for_before_a_retry_passes_it() {
    for (kind, asks_target) in [(EffectKind::Unsafe, false), (EffectKind::Reconcilable, true)] {
        // In flight when its run was cancelled.
        let mut first = Driver::new(vec![perform("mail", kind)]);
        first.step();
        cancel(&mut first);
        let taken = taken_over(&first, &HashMap::new());
        assert_eq!(kinds(&taken), ["effect_attempted", "attempt_failed"]);
        let ledger: Vec<_> = taken.ledger.iter().map(|c| (c.kind, c.state)).collect();
        assert_eq!(ledger, [(kind, LedgerState::Unknown)]);

        let mut second = retry(&first, taken);
        let step = second.step();
        assert_eq!(performed(&step), [], "{kind:?}: it is never simply made again");
        assert_eq!(step.parked.is_none(), asks_target, "{kind:?}");
    }
}

#[test]
fn what_a_person_said_since_decides() {
    let mut first = Driver::new(vec![perform("mail", EffectKind::Unsafe)]);
    first.step();
    cancel(&mut first);
    for (said, state, attempts) in [
        (Resolution::Done(json!("sent").into()), Some(KeyState::Settled { well: true }), 0),
        (Resolution::Failed("bounced".into()), Some(KeyState::Settled { well: false }), 0),
        (Resolution::NotDone, None, 1),
    ] {
        let taken = taken_over(&first, &HashMap::from([(key("mail"), said.clone())]));
        assert!(taken.ledger.is_empty(), "{said:?}");
        assert_eq!(folded(&first, &taken).key(&key("mail")), state.as_ref(), "{said:?}");
        let mut second = retry(&first, taken);
        assert_eq!(performed(&second.step()).len(), attempts, "{said:?}");
    }
}

#[test]
fn what_a_person_said_of_another_input_is_asked_about() {
    let mut first = Driver::new(vec![perform("mail", EffectKind::Unsafe)]);
    first.step();
    cancel(&mut first);
    let anew = json!({ "to": "somebody else" });
    for (said, is_left) in [
        (Resolution::Done(json!("sent").into()), true),
        (Resolution::Failed("bounced".into()), true),
        (Resolution::NotDone, false),
    ] {
        let said = HashMap::from([(key("mail"), said)]);
        let taken = first.execution.taken_over(&first.journal, &said, &anew);
        assert_eq!(taken.entries, [], "{said:?}");
        assert_eq!(taken.left_behind.contains_key(&key("mail")), is_left, "{said:?}");
    }
    let unsaid = first.execution.taken_over(&first.journal, &HashMap::new(), &anew);
    assert_eq!((unsaid.entries, unsaid.ledger), (Vec::new(), Vec::new()));
    assert!(unsaid.left_behind.contains_key(&key("mail")));
}

#[test]
fn what_certainly_did_not_happen_is_simply_made_again() {
    // It failed before the effect, and its run ended before the next attempt.
    let mut first = Driver::new(vec![perform("mail", EffectKind::Unsafe)]);
    first.step();
    first.outcome("mail", 1, Err(refused()));
    cancel(&mut first);
    assert_eq!(taken_over(&first, &HashMap::new()), TakenOver::default());

    // It was planned in the step that ended the run, and never began.
    let mut first = Driver::new(vec![
        perform("mail", EffectKind::Unsafe),
        Decision::Finish(Outcome::failed(invalid())),
    ]);
    first.step();
    assert_eq!(taken_over(&first, &HashMap::new()), TakenOver::default());
}

#[test]
fn an_unknown_outcome_outlives_a_retry_that_never_came_to_it() {
    let mut first = Driver::new(vec![perform("mail", EffectKind::Unsafe)]);
    first.step();
    first.outcome("mail", 1, Err(timeout()));
    cancel(&mut first);
    let mut second = retry(&first, taken_over(&first, &HashMap::new()));
    second.wants.set(vec![perform("other", EffectKind::Pure)]);
    second.step();
    cancel(&mut second);
    let taken = taken_over(&second, &HashMap::new());
    assert_eq!(kinds(&taken), ["effect_attempted", "attempt_failed"]);
}

#[test]
fn a_new_input_after_a_retry_makes_a_new_effect() {
    for (input, is_same) in [(json!(1), true), (json!(2), false)] {
        let mut first = Driver::new(vec![write(EffectKind::Idempotent, json!(1))]);
        let earlier = first.step();
        cancel(&mut first);
        let mut second = retry(&first, taken_over(&first, &HashMap::new()));
        second.wants.set(vec![write(EffectKind::Idempotent, input)]);
        let later = second.step();
        assert_eq!(effect_ids(&later) == effect_ids(&earlier), is_same);
    }
}

#[test]
fn a_target_is_asked_about_the_attempt_that_was_made_and_no_other() {
    for (input, asks_the_target) in [(json!(1), true), (json!(2), false)] {
        let mut first = Driver::new(vec![write(EffectKind::Reconcilable, json!(1))]);
        let earlier = effect_ids(&first.step());
        cancel(&mut first);
        let mut second = retry(&first, taken_over(&first, &HashMap::new()));
        second.wants.set(vec![write(EffectKind::Reconcilable, input)]);
        let step = second.step();
        if asks_the_target {
            assert!(matches!(step.actions[0], Action::Reconcile(_)));
            assert_eq!(effect_ids(&step), earlier);
            continue;
        }
        // What the target knows is not what is wanted now: only a person can say whether it will do.
        assert!(matches!(second.key("write"), Some(KeyState::Unknown { .. })));
        assert_eq!(effect_ids(&step), []);
        second.input(Input::Resolved {
            key: key("write"),
            attempt: 1,
            resolution: Resolution::NotDone,
            actor: Actor::LocalOwner,
        });
        let step = second.step();
        let settled: Vec<_> = step.ledger.iter().map(|c| (c.effect_id, c.state)).collect();
        assert_eq!(settled[0], (earlier[0], LedgerState::NotDone));
        assert_eq!(performed(&step), attempts(&[("write", 2)]));
        assert_ne!(effect_ids(&step), earlier);
    }
}

#[test]
fn a_key_that_is_wanted_late_still_waits_for_its_person() {
    let mut first = Driver::new(vec![perform("mail", EffectKind::Unsafe)]);
    first.step();
    cancel(&mut first);
    let mut second = retry(&first, taken_over(&first, &HashMap::new()));
    second.wants.set(vec![perform("before", EffectKind::Pure)]);
    second.step();
    second
        .wants
        .set(vec![perform("before", EffectKind::Pure), perform("mail", EffectKind::Unsafe)]);
    let step = second.outcome("before", 1, Ok(json!(1)));
    assert_eq!(performed(&step), []);
    assert!(second.input(Input::Resolved {
        key: key("mail"),
        attempt: 1,
        resolution: Resolution::NotDone,
        actor: Actor::LocalOwner,
    }));
    assert_eq!(performed(&second.step()), [("mail".to_owned(), 2)]);
}

#[test]
fn children_that_ended_badly_are_retried_and_good_ones_kept() {
    let mut first = Driver::new(vec![start("good"), start("bad"), start("open")]);
    let step = first.step();
    let children: Vec<_> = step.children.iter().map(|child| child.run_id).collect();
    end_child(&mut first, "good", children[0], Outcome::succeeded(json!(1)));
    end_child(&mut first, "bad", children[1], Outcome::timed_out());
    cancel(&mut first);
    let taken = taken_over(&first, &HashMap::new());
    assert_eq!(kinds(&taken), ["child_started", "child_settled"]);
    let retried: Vec<_> = taken.children.into_iter().collect();
    assert_eq!(retried, [(key("bad"), children[1]), (key("open"), children[2])]);
}

#[test]
fn a_retry_of_a_retry_remembers_the_children_that_the_first_never_came_to() {
    let mut second = Driver::with(vec![perform("page", EffectKind::Pure)], |started| {
        started.origin.retry_children = [(key("bad"), run(40)), (key("gone"), run(41))].into();
    });
    second.step();
    second.wants.set(vec![perform("page", EffectKind::Pure), start("bad")]);
    let child = second.step().children[0].clone();
    assert_eq!(child.origin.retry_of, Some(run(40)), "it goes on where its earlier run stopped");
    cancel(&mut second);
    let taken = taken_over(&second, &HashMap::new());
    let children: Vec<_> = taken.children.into_iter().collect();
    assert_eq!(children, [(key("bad"), child.run_id), (key("gone"), run(41))]);
}

fn write(kind: EffectKind, input: Value) -> Decision {
    Decision::Perform(Effect { input: input.into(), ..effect("write", kind) })
}

/// What targets see of a step.
fn effect_ids(step: &Step) -> Vec<EffectId> {
    let orders = step.actions.iter().filter_map(|action| match action {
        Action::Perform(order) | Action::Reconcile(order) => Some(order.effect_id),
        Action::Reserve { .. } | Action::Drop(_) => None,
    });
    orders.collect()
}

fn taken_over(ended: &Driver, said: &HashMap<gathering_engine::Key, Resolution>) -> TakenOver {
    ended.execution.taken_over(&ended.journal, said, &Value::Null)
}

/// A run that begins with what was taken over, and wants what the first one wanted.
fn retry(first: &Driver, taken: TakenOver) -> Driver {
    let mut second = Driver::with(vec![], |started| {
        started.origin.left_behind = taken.left_behind;
    });
    second.wants = first.wants.clone();
    second.now = first.now;
    for (at, body) in taken.entries {
        let seq = u32::try_from(second.journal.len()).unwrap();
        second.journal.push(Entry { seq, at, body });
    }
    second.crash();
    second
}

fn folded(first: &Driver, taken: &TakenOver) -> RunState {
    let start = first.journal[0].clone();
    let rest = (1..).zip(&taken.entries);
    let rest = rest.map(|(seq, (at, body))| Entry { seq, at: *at, body: body.clone() });
    let journal: Vec<Entry> = [start].into_iter().chain(rest).collect();
    RunState::fold(&journal)
}

fn kinds(taken: &TakenOver) -> Vec<&'static str> {
    taken.entries.iter().map(|(_, body): &(Timestamp, EntryBody)| body.kind()).collect()
}

fn cancel(run: &mut Driver) {
    run.input(Input::Cancel { actor: Actor::LocalOwner, reason: String::new() });
    run.step();
}

fn start(name: &str) -> Decision {
    Decision::StartChild { key: key(name), child: child() }
}

fn end_child(run: &mut Driver, name: &str, run_id: gathering_domain::RunId, outcome: Outcome) {
    assert!(run.input(Input::Child(ChildSettled { key: key(name), run_id, outcome })));
    run.step();
}

#[test]
fn an_execution_of_an_ended_run_is_all_that_is_needed() {
    let mut first = Driver::new(vec![perform("mail", EffectKind::Unsafe)]);
    first.step();
    cancel(&mut first);
    let fresh: Execution = replayed(&first.journal, &first.wants, |_| true);
    assert_eq!(
        fresh.taken_over(&first.journal, &HashMap::new(), &Value::Null),
        taken_over(&first, &HashMap::new())
    );
}

#[test]
fn what_is_left_behind_outlives_a_run_that_was_at_a_limit_when_it_came_to_it() {
    let mut first = Driver::new(vec![perform("mail", EffectKind::Unsafe)]);
    first.step();
    first.outcome("mail", 1, Ok(json!("sent")));
    cancel(&mut first);
    let execution = replayed(&first.journal, &first.wants, |_| false);
    let taken = execution.taken_over(&first.journal, &HashMap::new(), &Value::Null);

    let mut second = Driver::with(vec![perform("mail", EffectKind::Unsafe)], |started| {
        started.origin.left_behind = taken.left_behind;
        started.limits.attempts = Some(0);
    });
    assert_eq!(performed(&second.step()), [], "it is at its limit");
    cancel(&mut second);

    let step = retry(&second, taken_over(&second, &HashMap::new())).step();
    assert_eq!(performed(&step), []);
    assert_eq!(written(&step), ["effect_attempted", "attempt_failed"], "a person is asked");
}
