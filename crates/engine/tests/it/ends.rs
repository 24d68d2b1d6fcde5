//! Ends: finish, cancel, deadline, and machines that cannot go on.

use gathering_domain::{Actor, Duration, EffectKind, RunId, RunStatus, Waiting};
use gathering_engine::{
    Ambient, Decision, Entry, EntryBody, Execution, Facts, Input, Key, Limit, Machine, Outcome,
    Settlement, Until,
};
use serde_json::json;

use crate::driver::{Driver, START, key, perform, written};

#[test]
fn a_run_ends_when_its_machine_says_so() {
    let mut run = Driver::new(vec![Decision::record(key("note"), json!(1))]);
    let step = run.step();
    assert_eq!(written(&step), ["effect_settled", "run_finished"], "in one append");
    assert_eq!(run.end().status, RunStatus::Succeeded);
    assert_eq!(written(&run.step()), [] as [&str; 0], "an ended run takes no step");
}

#[test]
fn cancel_wins_over_an_end_that_comes_with_it() {
    let mut run = Driver::new(vec![perform("page", EffectKind::Pure)]);
    run.step();
    assert!(run.input(crate::driver::outcome("page", 1, Ok(json!(1)), 0)));
    assert!(run.input(cancel("enough")));
    run.step();
    let end = run.end();
    assert_eq!(
        (end.status, end.error.as_ref().map(|e| e.code.as_str())),
        (RunStatus::Cancelled, Some("cancelled"))
    );
    assert_eq!(end.error.as_ref().map(|error| error.message.as_str()), Some("enough"));
}

#[test]
fn an_ended_run_takes_nothing_in() {
    let mut run = Driver::new(vec![]);
    run.step();
    let end = run.end().clone();
    assert!(!run.input(cancel("too late")));
    assert!(!run.input(Input::Limit { limit: Limit::Recoveries, key: None }));
    assert_eq!(written(&run.step()), [] as [&str; 0]);
    assert_eq!(run.end(), &end);
}

#[test]
fn the_first_cancel_counts() {
    let mut run = Driver::new(vec![perform("page", EffectKind::Pure)]);
    run.step();
    assert!(run.input(cancel("first")));
    assert!(!run.input(cancel("second")));
    run.step();
    assert_eq!(run.end().error.as_ref().map(|error| error.message.as_str()), Some("first"));
}

#[test]
fn a_deadline_counts_waiting_and_reaches_a_busy_run() {
    let nap = Decision::Sleep { key: key("nap"), until: Until::After(Duration::from_secs(60)) };
    for decision in [nap, perform("page", EffectKind::Pure)] {
        let mut run = Driver::with(vec![decision], |started| {
            started.limits.timeout = Some(Duration::from_secs(5));
        });
        assert_eq!(run.step().wake_at, Some(START + Duration::from_secs(5)));
        run.wait(4_999);
        assert!(run.step().finished.is_none());
        run.wait(1);
        let last = run.step();
        assert_eq!(written(&last), ["limit_reached", "run_finished"]);
        assert_eq!(run.end().status, RunStatus::TimedOut);
    }
}

#[test]
fn a_timer_is_durable_and_fires_once() {
    let nap = Decision::Sleep { key: key("nap"), until: Until::After(Duration::from_secs(60)) };
    let mut run = Driver::new(vec![nap]);
    let parked = run.step().parked.expect("it only waits");
    assert_eq!(
        (parked.waiting, parked.wake_at),
        (Waiting::Timer, Some(START + Duration::from_secs(60)))
    );
    run.wait(59_000);
    run.crash();
    assert_eq!(written(&run.step()), [] as [&str; 0], "the first time set it counts");
    run.wait(1_000);
    run.crash();
    assert_eq!(written(&run.step()), ["timer_fired", "run_finished"]);
}

#[test]
fn a_run_does_not_sleep_for_ever() {
    let far = START + gathering_engine::MAX_TIMEOUT + Duration::from_secs(1);
    let far = Decision::Sleep { key: key("nap"), until: Until::At(far) };
    let mut run = Driver::new(vec![far]);
    assert_eq!(written(&run.step()), ["effect_settled", "run_finished"]);
}

#[test]
fn a_timer_that_is_due_already_fires_in_the_same_step() {
    let past = Decision::Sleep { key: key("nap"), until: Until::At(START) };
    let mut run = Driver::new(vec![past]);
    assert_eq!(written(&run.step()), ["timer_set", "timer_fired", "run_finished"]);
}

#[test]
fn a_run_that_is_recovered_again_and_again_is_poisoned() {
    let mut run = Driver::new(vec![perform("page", EffectKind::Pure)]);
    run.step();
    assert!(run.input(Input::Limit { limit: Limit::Recoveries, key: None }));
    assert!(!run.input(Input::Limit { limit: Limit::Recoveries, key: None }), "said once");
    assert_eq!(written(&run.step()), ["limit_reached", "run_finished"]);
    assert_eq!(run.end().error.as_ref().map(|error| error.code.as_str()), Some("poisoned"));
}

#[test]
fn what_inputs_have_written_can_be_taken_without_a_step() {
    let mut run =
        Driver::new(vec![perform("page", EffectKind::Pure), perform("other", EffectKind::Pure)]);
    run.step();
    run.input(crate::driver::outcome("page", 1, Ok(json!(1)), 0));
    let written_only = run.execution.written();
    assert_eq!(written(&written_only), ["effect_settled"]);
    assert!(written_only.actions.is_empty() && written_only.parked.is_none());
}

/// A machine of one function.
struct Odd(fn(&Facts<'_>) -> Vec<Decision>);

impl Machine for Odd {
    fn apply(&mut self, _entry: &Entry) {}

    fn decide(&mut self, facts: &Facts<'_>) -> Vec<Decision> {
        (self.0)(facts)
    }

    fn carries(&self, _key: &Key) -> bool {
        true
    }
}

#[test]
fn a_machine_that_cannot_go_on_fails_its_run_by_name() {
    let wants_nothing: fn(&Facts<'_>) -> Vec<Decision> = |_| vec![];
    let wants_what_is_settled: fn(&Facts<'_>) -> Vec<Decision> =
        |_| vec![Decision::record(Key::new("note"), json!(1))];
    let records_for_ever: fn(&Facts<'_>) -> Vec<Decision> = |facts| {
        let key = Key::new(format!("note:{}", facts.state().next_seq()));
        vec![Decision::Record { key, result: Settlement::Output(json!(1).into()) }]
    };
    for (name, decide, code) in [
        ("wants nothing", wants_nothing, "machine_stuck"),
        ("wants what is settled", wants_what_is_settled, "machine_stuck"),
        ("records for ever", records_for_ever, "machine_endless"),
    ] {
        let start = Driver::new(vec![]).journal;
        let machine = Box::new(Odd(decide));
        let mut execution = Execution::replay(crate::driver::run(1), machine, start).unwrap();
        let ids = NoIds;
        let step = execution.step(Ambient { now: START, ids: &ids, jitter: 0.5 });
        let outcome = step.finished.expect(name).outcome;
        assert_eq!(outcome.status, RunStatus::Failed, "{name}");
        assert_eq!(outcome.error.map(|error| error.code).as_deref(), Some(code), "{name}");
    }
}

#[test]
fn a_journal_with_a_gap_or_without_a_start_is_refused() {
    let mut run = Driver::new(vec![perform("mail", EffectKind::Unsafe)]);
    run.step();
    let journal = run.journal;
    let replay = |entries: Vec<Entry>| {
        Execution::replay(crate::driver::run(1), Box::new(Odd(|_| vec![])), entries).err()
    };
    assert!(replay(journal.clone()).is_none());
    assert!(replay(vec![]).is_some());
    assert!(replay(journal[1..].to_vec()).is_some());
    let twice = vec![journal[0].clone(), journal[0].clone()];
    assert!(replay(twice).is_some());
    let mut second = journal[1].clone();
    second.seq = 0;
    assert!(replay(vec![second]).is_some(), "the first entry is not the start");
}

#[test]
fn a_finished_run_tells_its_outcome_and_its_parent() {
    let parent = gathering_engine::ParentLink { run_id: crate::driver::run(7), key: key("child") };
    let link = parent.clone();
    let mut run = Driver::with(vec![], |started| started.origin.parent = Some(link));
    let finished = run.step().finished.expect("it had nothing to do");
    assert_eq!(finished.parent, Some(parent));
    assert_eq!(finished.outcome, Outcome::succeeded(json!("done")));
    assert!(matches!(run.journal.last().map(|entry| &entry.body), Some(EntryBody::RunFinished(_))));
}

struct NoIds;

impl gathering_domain::IdSource for NoIds {
    fn next_uuid(&self) -> uuid::Uuid {
        RunId::from_uuid(uuid::Uuid::from_u128(9)).uuid()
    }
}

fn cancel(reason: &str) -> Input {
    Input::Cancel { actor: Actor::LocalOwner, reason: reason.to_owned() }
}
