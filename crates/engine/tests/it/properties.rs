//! Properties: whatever comes in whatever order, nothing panics and the journal explains the state.

use gathering_domain::{Actor, Duration, EffectKind, Failure, MicroUsd};
use gathering_engine::{
    Action, ChildSettled, Decision, Effect, EntryBody, Input, Key, Limit, OnCost, Outcome,
    Reservation, Resolution, RunState, SignalReceived, Step, Tally, Until,
};
use proptest::prelude::*;
use serde_json::json;

use crate::{
    driver::{Driver, effect, invalid, key, outcome, refused, timeout},
    giving_up::child,
};

/// What a test does next.
#[derive(Debug, Clone)]
enum Move {
    Step,
    Crash,
    Wait(u64),
    Want(Vec<usize>),
    Input(Input),
}

/// Every kind of decision, under a key of its own.
fn decisions() -> Vec<Decision> {
    let costly = |name: &str, kind| {
        Decision::Perform(Effect { reserve: Some(MicroUsd(30)), ..effect(name, kind) })
    };
    let request = gathering_engine::AwaitRequest::Signal { name: "go".to_owned() };
    vec![
        Decision::Perform(effect("k0", EffectKind::Pure)),
        costly("k1", EffectKind::Idempotent),
        Decision::Perform(effect("k2", EffectKind::Reconcilable)),
        costly("k3", EffectKind::Unsafe),
        Decision::Sleep { key: key("k4"), until: Until::After(Duration::from_secs(3)) },
        Decision::Await { key: key("k5"), request },
        Decision::StartChild { key: key("k6"), child: child() },
        Decision::record(key("k7"), json!(7)),
    ]
}

fn input() -> impl Strategy<Value = Input> {
    let name = (0..8_usize).prop_map(|n| format!("k{n}"));
    let result = prop_oneof![
        Just(Ok(json!(1))),
        Just(Err(refused())),
        Just(Err(timeout())),
        Just(Err(invalid()))
    ];
    let outcome = (name.clone(), 1..4_u32, result, 0..40_i64)
        .prop_map(|(name, attempt, result, cost)| outcome(&name, attempt, result, cost));
    let postponed = (name.clone(), 1..4_u32, 0..5_000_u64).prop_map(|(name, attempt, millis)| {
        let after = Duration::from_millis(millis);
        Input::Postponed { key: key(&name), attempt, after, error: refused() }
    });
    let answer = prop_oneof![
        2 => Just(Reservation::Granted),
        1 => Just(Reservation::Refused(OnCost::Fail)),
        1 => Just(Reservation::Refused(OnCost::Wait)),
    ];
    let reserved = (name.clone(), answer)
        .prop_map(|(name, answer)| Input::Reserved { key: key(&name), answer });
    let answer = prop_oneof![
        Just(Ok(Some(json!(2).into()))),
        Just(Ok(None)),
        Just(Err(Failure::fatal("gone", "gone")))
    ];
    let reconciled = (name.clone(), 1..4_u32, answer)
        .prop_map(|(name, attempt, answer)| Input::Reconciled { key: key(&name), attempt, answer });
    let resolution = prop_oneof![
        Just(Resolution::NotDone),
        Just(Resolution::Done(json!(3).into())),
        Just(Resolution::Failed("no".to_owned()))
    ];
    let resolved = (name.clone(), 1..4_u32, resolution).prop_map(|(name, attempt, resolution)| {
        Input::Resolved { key: key(&name), attempt, resolution, actor: Actor::LocalOwner }
    });
    let signal = name.clone().prop_map(|name| {
        let payload = json!(4).into();
        Input::Signal(SignalReceived { key: key(&name), payload, actor: Actor::System })
    });
    let ended = (name, 100..104_u128).prop_map(|(name, number)| {
        let run_id = crate::driver::run(number);
        Input::Child(ChildSettled {
            key: key(&name),
            run_id,
            outcome: Outcome::succeeded(json!(5)),
        })
    });
    let rare = prop_oneof![
        Just(Input::Cancel { actor: Actor::System, reason: String::new() }),
        Just(Input::Limit { limit: Limit::Cost, key: None }),
        Just(Input::Limit { limit: Limit::Recoveries, key: None }),
        (1..3_u128, 0..200_i64).prop_map(|(budget, cost)| Input::Raised {
            budget: crate::driver::run(budget),
            cost: MicroUsd(cost),
            actor: Actor::LocalOwner,
        }),
    ];
    prop_oneof![
        8 => outcome,
        3 => postponed,
        4 => reserved,
        4 => reconciled,
        4 => resolved,
        2 => signal,
        2 => ended,
        1 => rare,
    ]
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        4 => Just(Move::Step),
        1 => Just(Move::Crash),
        2 => (0..3_000_u64).prop_map(Move::Wait),
        1 => proptest::collection::vec(0..8_usize, 1..8).prop_map(Move::Want),
        10 => input().prop_map(Move::Input),
    ];
    proptest::collection::vec(one, 1..60)
}

/// Plays moves; a step follows each input, as in a worker.
fn play(run: &mut Driver, moves: Vec<Move>) {
    for next in moves {
        match next {
            Move::Step => {}
            Move::Crash => run.crash(),
            Move::Wait(millis) => run.wait(millis),
            // What was given up in flight must not be wanted again, so the machine only wants less.
            Move::Want(places) => {
                let begun = |decision: &Decision| {
                    decision.key().is_some_and(|key| run.execution.state().key(key).is_some())
                };
                let wanted = decisions().into_iter().enumerate();
                let wanted =
                    wanted.filter(|(place, decision)| places.contains(place) || !begun(decision));
                run.wants.set(wanted.map(|(_, decision)| decision).collect());
            }
            Move::Input(input) => {
                run.input(input);
            }
        }
        run.step();
    }
}

fn begin(budgeted: bool, limit: Option<i64>) -> Driver {
    let mut run = Driver::with(decisions(), |started| {
        started.origin.budgeted = budgeted;
        started.limits.cost = limit.map(MicroUsd);
    });
    run.step();
    run
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn inputs_in_any_order_never_panic_and_every_prefix_folds(
        moves in moves(),
        budgeted in any::<bool>(),
        limit in proptest::option::of(0..100_i64),
    ) {
        let mut run = begin(budgeted, limit);
        play(&mut run, moves);
        prop_assert_eq!(run.execution.state(), &RunState::fold(&run.journal));
        let (mut state, mut tally) = (RunState::default(), Tally::default());
        for (length, entry) in (1..).zip(&run.journal) {
            state.apply(entry);
            prop_assert_eq!(&state, &RunState::fold(&run.journal[..length]));
            tally.add(entry);
            let cancelled = state.cancel().is_some();
            let sum = Tally { entries: state.next_seq(), usage: state.usage(), cancel_requested: cancelled };
            prop_assert_eq!(tally, sum);
        }
    }

    #[test]
    fn a_settled_key_is_never_written_again_and_an_end_is_last(moves in moves()) {
        let mut run = begin(false, None);
        play(&mut run, moves);
        let mut settled = std::collections::HashSet::new();
        let mut ended = false;
        for entry in &run.journal {
            prop_assert!(!ended, "{} follows the end", entry.body.kind());
            ended = matches!(entry.body, EntryBody::RunFinished(_));
            if let Some(key) = entry.body.key()
                && !matches!(entry.body, EntryBody::LimitReached { .. })
            {
                prop_assert!(!settled.contains(key), "{key} has settled");
                let last = matches!(
                    entry.body,
                    EntryBody::EffectSettled(_)
                        | EntryBody::TimerFired { .. }
                        | EntryBody::SignalReceived(_)
                        | EntryBody::ChildSettled(_)
                );
                if last {
                    settled.insert(key.clone());
                }
            }
        }
    }

    #[test]
    fn an_unsafe_attempt_follows_another_only_if_that_did_not_happen(moves in moves()) {
        let mut run = begin(false, None);
        play(&mut run, moves);
        let mut open = false;
        for entry in &run.journal {
            match &entry.body {
                EntryBody::EffectAttempted(attempt) if attempt.kind == EffectKind::Unsafe => {
                    prop_assert!(!open, "attempt {} is made blindly", attempt.attempt);
                    open = true;
                }
                EntryBody::AttemptFailed(failed) if failed.key.as_str() == "k3" => {
                    open = failed.retry_at().is_none() && open;
                }
                _ => {}
            }
        }
    }

    #[test]
    fn a_shared_budget_holds_what_the_run_counts_and_its_open_grants(moves in moves()) {
        let mut run = begin(true, None);
        let mut budget = Budget::default();
        for next in moves {
            match next {
                Move::Crash => run.crash(),
                Move::Wait(millis) => run.wait(millis),
                Move::Step | Move::Want(_) => {}
                Move::Input(Input::Reserved { key, answer: Reservation::Granted }) => {
                    let answer = Reservation::Granted;
                    if run.input(Input::Reserved { key: key.clone(), answer }) {
                        budget.grant(key);
                    }
                }
                Move::Input(input) => {
                    run.input(input);
                }
            }
            let step = run.step();
            budget.take(&step);
            prop_assert_eq!(budget.booked, run.execution.state().spent().0 + 30 * budget.open());
            let reserving = |action: &Action| matches!(action, Action::Reserve { .. });
            prop_assert!(step.actions.iter().filter(|action| reserving(action)).count() <= 2);
        }
        run.input(Input::Cancel { actor: Actor::System, reason: String::new() });
        budget.take(&run.step());
        prop_assert_eq!(budget.booked, run.execution.state().spent().0 + 30 * budget.open());
    }
}

/// What the store keeps of a budget: what is booked, and grants that no attempt has used.
#[derive(Default)]
struct Budget {
    booked: i64,
    grants: std::collections::HashSet<Key>,
}

impl Budget {
    /// Whoever asks again gets a grant in place of the one before.
    fn grant(&mut self, key: Key) {
        if self.grants.insert(key) {
            self.booked += 30;
        }
    }

    fn take(&mut self, step: &Step) {
        for key in &step.grants.used {
            assert!(self.grants.remove(key), "{key} was attempted without a grant");
        }
        for key in &step.grants.returned {
            assert!(self.grants.remove(key), "{key} was given back twice");
            self.booked -= 30;
        }
        self.booked += step.spend.as_ref().map_or(0, |spend| spend.delta.0);
    }

    fn open(&self) -> i64 {
        i64::try_from(self.grants.len()).unwrap()
    }
}
