//! A driver: an execution of a machine that wants what its test says, over a journal in memory.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use gathering_domain::{
    Actor, Advice, Cost, Duration, EffectKind, Failure, IdSource, MicroUsd, RunId, Timestamp, Usage,
};
use gathering_engine::{
    Action, Ambient, Decision, Effect, EffectOrder, Entry, EntryBody, Execution, Facts, Input, Key,
    KeyState, Limits, Machine, Origin, Outcome, Payload, RetryPolicy, RunStarted, Step,
};
use serde_json::{Value, json};
use uuid::Uuid;

/// When every run of these tests begins.
pub(crate) const START: Timestamp = Timestamp::from_micros(1_000_000_000);

/// What the machine wants, for the test to change at will.
#[derive(Clone, Default)]
pub(crate) struct Wants(Arc<Mutex<Vec<Decision>>>);

impl Wants {
    pub(crate) fn set(&self, decisions: Vec<Decision>) {
        *self.0.lock().unwrap() = decisions;
    }
}

/// Wants what its test says, without what has settled, and ends when nothing is left.
struct Scripted {
    wants: Wants,
    carries: fn(&Key) -> bool,
}

impl Machine for Scripted {
    fn apply(&mut self, _entry: &Entry) {}

    fn decide(&mut self, facts: &Facts<'_>) -> Vec<Decision> {
        let settled = |decision: &Decision| {
            let state = decision.key().and_then(|key| facts.key(key));
            matches!(state, Some(KeyState::Settled { .. } | KeyState::Abandoned))
        };
        let wanted = self.wants.0.lock().unwrap();
        let left: Vec<Decision> =
            wanted.iter().filter(|decision| !settled(decision)).cloned().collect();
        if left.is_empty() {
            vec![Decision::Finish(Outcome::succeeded(json!("done")))]
        } else {
            left
        }
    }

    fn carries(&self, key: &Key) -> bool {
        (self.carries)(key)
    }
}

#[derive(Default)]
struct Ids(AtomicU64);

impl IdSource for Ids {
    fn next_uuid(&self) -> Uuid {
        Uuid::from_u128(100 + u128::from(self.0.fetch_add(1, Ordering::Relaxed)))
    }
}

/// One run, its journal, and the process that holds it.
pub(crate) struct Driver {
    pub(crate) execution: Execution,
    pub(crate) journal: Vec<Entry>,
    pub(crate) wants: Wants,
    pub(crate) now: Timestamp,
    pub(crate) jitter: f64,
    ids: Ids,
}

impl Driver {
    /// A run that wants `decisions`.
    pub(crate) fn new(decisions: Vec<Decision>) -> Self {
        Self::with(decisions, |_| {})
    }

    /// The same, with its start changed by `change`.
    pub(crate) fn with(decisions: Vec<Decision>, change: impl FnOnce(&mut RunStarted)) -> Self {
        let mut started = RunStarted {
            machine: "scripted".to_owned(),
            behaviour: 1,
            definition: Payload::default(),
            input: Payload::default(),
            actor: Actor::LocalOwner,
            trigger: "manual".to_owned(),
            limits: Limits::default(),
            origin: Origin::root(run(1)),
        };
        change(&mut started);
        let first = Entry { seq: 0, at: START, body: EntryBody::RunStarted(Box::new(started)) };
        let wants = Wants::default();
        wants.set(decisions);
        Self::replay(vec![first], wants)
    }

    fn replay(journal: Vec<Entry>, wants: Wants) -> Self {
        Self {
            execution: replayed(&journal, &wants, |_| true),
            journal,
            wants,
            now: START,
            jitter: 1.0,
            ids: Ids::default(),
        }
    }

    /// The next step, appended.
    pub(crate) fn step(&mut self) -> Step {
        let env = Ambient { now: self.now, ids: &self.ids, jitter: self.jitter };
        let step = self.execution.step(env);
        self.journal.extend(step.entries.iter().cloned());
        step
    }

    /// Takes in what happened; answers whether it meant anything.
    pub(crate) fn input(&mut self, input: Input) -> bool {
        let env = Ambient { now: self.now, ids: &self.ids, jitter: self.jitter };
        self.execution.input(input, env)
    }

    /// Takes in the end of an attempt and steps.
    pub(crate) fn outcome(
        &mut self,
        key: &str,
        attempt: u32,
        result: Result<Value, Failure>,
    ) -> Step {
        self.outcome_for(key, attempt, result, 0)
    }

    /// The same, at a cost.
    pub(crate) fn outcome_for(
        &mut self,
        key: &str,
        attempt: u32,
        result: Result<Value, Failure>,
        cost: i64,
    ) -> Step {
        let input = outcome(key, attempt, result, cost);
        assert!(self.input(input), "the outcome of attempt {attempt} of {key} meant nothing");
        self.step()
    }

    /// The process dies, and another one goes on at once.
    pub(crate) fn crash(&mut self) {
        self.execution = replayed(&self.journal, &self.wants, |_| true);
    }

    /// Lets time pass.
    pub(crate) fn wait(&mut self, millis: u64) {
        self.now = self.now + Duration::from_millis(millis);
    }

    /// What the journal says of a key.
    pub(crate) fn key(&self, name: &str) -> Option<&KeyState> {
        self.execution.state().key(&key(name))
    }

    /// How the run has ended.
    pub(crate) fn end(&self) -> &Outcome {
        self.execution.state().finished().expect("the run has ended")
    }
}

/// Folds a journal into a fresh execution.
pub(crate) fn replayed(journal: &[Entry], wants: &Wants, carries: fn(&Key) -> bool) -> Execution {
    let machine = Box::new(Scripted { wants: wants.clone(), carries });
    Execution::replay(run(1), machine, journal.iter().cloned()).unwrap()
}

pub(crate) fn run(number: u128) -> RunId {
    RunId::from_uuid(Uuid::from_u128(number))
}

pub(crate) fn key(name: &str) -> Key {
    Key::new(name)
}

/// An effect that is tried three times, waiting one second and then two.
pub(crate) fn effect(name: &str, kind: EffectKind) -> Effect {
    Effect {
        key: key(name),
        performer: "test",
        input: Payload::default(),
        kind,
        retry: RetryPolicy {
            attempts: 3,
            first_delay: Duration::from_secs(1),
            factor: 2.0,
            max_delay: Duration::from_secs(60),
        },
        timeout: Duration::from_secs(30),
        reserve: None,
    }
}

pub(crate) fn perform(name: &str, kind: EffectKind) -> Decision {
    Decision::Perform(effect(name, kind))
}

/// An effect without side effects that reserves money.
pub(crate) fn costly(name: &str, reserve: i64) -> Decision {
    Decision::Perform(Effect { reserve: Some(MicroUsd(reserve)), ..effect(name, EffectKind::Pure) })
}

pub(crate) fn outcome(
    name: &str,
    attempt: u32,
    result: Result<Value, Failure>,
    cost: i64,
) -> Input {
    let cost = Cost { known: MicroUsd(cost), unpriced_calls: 0 };
    let usage = Usage { cost, ..Usage::default() };
    Input::Outcome { key: key(name), attempt, result: result.map(Payload::new), usage }
}

/// A failure that certainly precedes the effect.
pub(crate) fn refused() -> Failure {
    Failure::retryable("refused", "nobody listens", None)
}

/// A failure after which nobody knows.
pub(crate) fn timeout() -> Failure {
    Failure::unknown("timeout", "no answer came")
}

/// A failure that no retry mends.
pub(crate) fn invalid() -> Failure {
    Failure::fatal("invalid", "the target does not take it")
}

pub(crate) fn refused_for(wait: Duration) -> Failure {
    Failure { advice: Advice::Retry { after: Some(wait) }, ..refused() }
}

/// The attempts that a step wants to be performed, as key and number.
pub(crate) fn performed(step: &Step) -> Vec<(String, u32)> {
    let orders = step.actions.iter().filter_map(|action| match action {
        Action::Perform(order) => Some(order),
        _ => None,
    });
    orders.map(|order: &EffectOrder| (order.effect.key.to_string(), order.attempt)).collect()
}

/// The kinds of entries that a step writes.
pub(crate) fn written(step: &Step) -> Vec<&'static str> {
    step.entries.iter().map(|entry| entry.body.kind()).collect()
}

/// A list as `performed` gives it.
pub(crate) fn attempts(of: &[(&str, u32)]) -> Vec<(String, u32)> {
    of.iter().map(|(name, attempt)| ((*name).to_owned(), *attempt)).collect()
}
