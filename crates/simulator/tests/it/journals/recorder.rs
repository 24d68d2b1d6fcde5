//! A recorder: a run that is driven live, by answers that its recipe gives, and keeps its journal.

use std::{
    collections::{BTreeMap, HashMap},
    sync::atomic::{AtomicU64, Ordering},
};

use gathering_domain::{Actor, Duration, Failure, IdSource, MicroUsd, RunId, Timestamp, Usage};
use gathering_engine::{
    Action, Ambient, ChildSettled, ChildSpec, Entry, EntryBody, Execution, Input, Key, Origin,
    Outcome, Payload, Reservation, Resolution, RunStarted, SignalReceived,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{file::Recording, machines, replayed};

/// A run under way.
pub(super) struct Recorder {
    journal: Vec<Entry>,
    execution: Execution,
    now: Timestamp,
    ids: Ids,
    attempts: BTreeMap<Key, u32>,
    children: BTreeMap<Key, RunId>,
}

struct Ids(AtomicU64);

impl IdSource for Ids {
    fn next_uuid(&self) -> Uuid {
        Uuid::from_u128(self.0.fetch_add(1, Ordering::Relaxed).into())
    }
}

impl Recorder {
    /// Starts a run of `spec`, with `origin` changed as the recipe says.
    pub(super) fn start(spec: ChildSpec, change: impl FnOnce(&mut RunStarted)) -> Self {
        let mut started = RunStarted {
            machine: spec.machine.to_owned(),
            behaviour: spec.behaviour,
            definition: spec.definition,
            input: spec.input,
            actor: Actor::LocalOwner,
            trigger: "manual".to_owned(),
            limits: spec.limits,
            origin: Origin::root(machines::run_id()),
        };
        change(&mut started);
        Self::begin(started, Vec::new())
    }

    fn begin(started: RunStarted, carried: Vec<(Timestamp, EntryBody)>) -> Self {
        let now = Timestamp::from_micros(1_800_000_000_000_000);
        let first = (now, EntryBody::RunStarted(Box::new(started)));
        let bodies = std::iter::once(first).chain(carried).zip(0..);
        let journal: Vec<Entry> = bodies.map(|((at, body), seq)| Entry { seq, at, body }).collect();
        let mut recorder = Self {
            execution: replayed(&journal),
            journal,
            now,
            ids: Ids(AtomicU64::new(100)),
            attempts: BTreeMap::new(),
            children: BTreeMap::new(),
        };
        recorder.step();
        recorder
    }

    fn step(&mut self) {
        let env = Ambient { now: self.now, ids: &self.ids, jitter: 0.5 };
        let step = self.execution.step(env);
        self.journal.extend(step.entries);
        for child in step.children {
            let parent = child.origin.parent.expect("a child has a parent");
            self.children.insert(parent.key, child.run_id);
        }
        let mut granted = Vec::new();
        for action in step.actions {
            match action {
                Action::Perform(order) | Action::Reconcile(order) => {
                    self.attempts.insert(order.effect.key.clone(), order.attempt);
                }
                Action::Reserve { key, .. } => granted.push(key),
                Action::Drop(key) => {
                    self.attempts.remove(&key);
                }
            }
        }
        for key in granted {
            self.input(Input::Reserved { key, answer: Reservation::Granted });
        }
    }

    fn input(&mut self, input: Input) {
        // A tenth of a second lies between whatever happens.
        self.now = self.now + Duration::from_millis(100);
        let env = Ambient { now: self.now, ids: &self.ids, jitter: 0.5 };
        let told = format!("{input:?}");
        assert!(self.execution.input(input, env), "it means nothing to the run: {told}");
        self.step();
    }

    fn end(&mut self, key: &str, result: Result<Payload, Failure>, usage: Usage) -> &mut Self {
        let attempt = self.attempts.remove(key);
        let attempt = attempt.unwrap_or_else(|| panic!("{key} is not among {:?}", self.attempts));
        self.input(Input::Outcome { key: Key::new(key), attempt, result, usage });
        self
    }

    /// An attempt ends well.
    pub(super) fn ok(&mut self, key: &str, output: Value) -> &mut Self {
        self.end(key, Ok(output.into()), Usage { tool_calls: 1, ..Usage::default() })
    }

    /// A model answers, for so many millionths of a dollar.
    pub(super) fn says(&mut self, key: &str, reply: Value, cost: i64) -> &mut Self {
        let mut usage = Usage { model_calls: 1, ..Usage::default() };
        usage.tokens.input = 10;
        usage.cost.known = MicroUsd(cost);
        self.end(key, Ok(reply.into()), usage)
    }

    /// An attempt ends badly.
    pub(super) fn fails(&mut self, key: &str, failure: Failure) -> &mut Self {
        self.end(key, Err(failure), Usage::default())
    }

    /// The target says whether an attempt happened.
    pub(super) fn reconciled(
        &mut self,
        key: &str,
        answer: Result<Option<Value>, Failure>,
    ) -> &mut Self {
        let attempt = self.attempts.remove(key).expect("the target is asked");
        let answer = answer.map(|output| output.map(Payload::new));
        self.input(Input::Reconciled { key: Key::new(key), attempt, answer });
        self
    }

    /// A person says what became of an attempt.
    pub(super) fn resolved(&mut self, key: &str, attempt: u32, say: Resolution) -> &mut Self {
        let actor = Actor::LocalOwner;
        self.input(Input::Resolved { key: Key::new(key), attempt, resolution: say, actor });
        self
    }

    /// A child run ends.
    pub(super) fn child(&mut self, key: &str, outcome: Outcome) -> &mut Self {
        let run_id = self.children.remove(key);
        let run_id = run_id.unwrap_or_else(|| panic!("{key} is not among {:?}", self.children));
        self.input(Input::Child(ChildSettled { key: Key::new(key), run_id, outcome }));
        self
    }

    /// A person answers.
    pub(super) fn answers(&mut self, key: &str, answer: Value) -> &mut Self {
        let signal =
            SignalReceived { key: Key::new(key), payload: answer.into(), actor: Actor::LocalOwner };
        self.input(Input::Signal(signal));
        self
    }

    /// Somebody cancels.
    pub(super) fn cancel(&mut self) -> &mut Self {
        self.input(Input::Cancel { actor: Actor::LocalOwner, reason: "enough".to_owned() });
        self
    }

    /// Time passes.
    pub(super) fn pass(&mut self, secs: u64) -> &mut Self {
        self.now = self.now + Duration::from_secs(secs);
        self.step();
        self
    }

    /// The process dies, and another one goes on.
    pub(super) fn crash(&mut self) -> &mut Self {
        self.execution = replayed(&self.journal);
        self.attempts.clear();
        self.step();
        self
    }

    /// The run ended badly, and is retried.
    pub(super) fn retry(&self) -> Self {
        let EntryBody::RunStarted(started) = &self.journal[0].body else { panic!("no start") };
        let taken = self.execution.taken_over(&self.journal, &HashMap::new(), &started.input);
        let mut started = started.as_ref().clone();
        "retry".clone_into(&mut started.trigger);
        started.origin.retry_of = Some(RunId::from_uuid(Uuid::from_u128(2)));
        started.origin.retry_children = taken.children;
        started.origin.left_behind = taken.left_behind;
        Self::begin(started, taken.entries)
    }

    /// The journal, which ends in the status that the recipe expects.
    pub(super) fn ended(&self, feature: &str, status: &str) -> Recording {
        let outcome = self.execution.state().finished();
        let outcome = outcome.unwrap_or_else(|| panic!("{feature} goes on: {:?}", self.attempts));
        assert_eq!(json!(outcome.status), json!(status), "{feature}: {:?}", outcome.error);
        Recording::of(feature, &self.journal)
    }
}
