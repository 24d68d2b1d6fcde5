//! A world for one run: performs nothing, answers what the test says, and watches the invariants.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use gathering_domain::{
    Actor, Duration, EffectKind, Failure, IdSource, NodeStatus, RunId, RunStatus, Timestamp, Usage,
};
use gathering_engine::{
    Action, Ambient, AwaitRequest, ChildSettled, ChildSpec, EffectOrder, Entry, EntryBody,
    Execution, Input, Key, Origin, Outcome, Payload, RunStarted, SignalReceived,
};
use gathering_pipelines::{
    Definition, NodeView, PIPELINE_BEHAVIOUR, PIPELINE_MACHINE, Pinned, PinnedAgent,
    PinnedPipeline, PinnedTool, PipelineMachine, Program, nodes_view,
};
use serde_json::{Value, json};
use uuid::Uuid;

#[derive(Debug, Default)]
struct Counting(AtomicU64);

impl IdSource for Counting {
    fn next_uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)) + 100)
    }
}

/// One run and all that it has asked for.
pub(crate) struct World {
    pub(crate) program: Arc<Program>,
    pub(crate) journal: Vec<Entry>,
    pub(crate) in_flight: BTreeMap<Key, EffectOrder>,
    pub(crate) children: BTreeMap<Key, (RunId, ChildSpec)>,
    pub(crate) questions: BTreeMap<Key, AwaitRequest>,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) wake_at: Option<Timestamp>,
    pub(crate) now: Timestamp,
    execution: Execution,
    ids: Counting,
    settled: BTreeSet<Key>,
}

const RUN: u128 = 1;

/// Pins a definition to agents and tools of every name that it uses.
pub(crate) fn pin(definition: &Definition) -> PinnedPipeline {
    let used = definition.used_names();
    let agent = |name: &String| {
        (name.clone(), PinnedAgent { behaviour: 1, definition: json!({ "name": name }) })
    };
    let tool = |name: &String| {
        let kind = if name.starts_with("unsafe") { EffectKind::Unsafe } else { EffectKind::Pure };
        (name.clone(), PinnedTool { kind, timeout: None, consent: name == "asking" })
    };
    PinnedPipeline {
        hash: definition.content_hash(),
        definition: definition.to_value(),
        agents: used.agents.iter().map(agent).collect(),
        tools: used.tools.iter().map(tool).collect(),
        channels: used.channels.into_iter().map(|name| (name, EffectKind::Unsafe)).collect(),
    }
}

pub(crate) fn pinned(definitions: &[&Definition]) -> Pinned {
    Pinned {
        main: definitions[0].name.to_string(),
        pipelines: definitions.iter().map(|d| (d.name.to_string(), pin(d))).collect(),
    }
}

impl World {
    pub(crate) fn start(yaml: &str, input: Value) -> Self {
        let definition = Definition::from_yaml(yaml).unwrap_or_else(|faults| panic!("{faults:#?}"));
        Self::run(&pinned(&[&definition]), input, Vec::new())
    }

    /// Starts a run whose journal begins with `carried`.
    pub(crate) fn run(pinned: &Pinned, input: Value, carried: Vec<(Timestamp, EntryBody)>) -> Self {
        let definition = Payload::new(serde_json::to_value(pinned).unwrap());
        let program = Arc::new(Program::load(&definition).unwrap());
        let now = Timestamp::from_micros(1_700_000_000_000_000);
        let run_id = RunId::from_uuid(Uuid::from_u128(RUN));
        let started = EntryBody::RunStarted(Box::new(RunStarted {
            machine: PIPELINE_MACHINE.to_owned(),
            behaviour: PIPELINE_BEHAVIOUR,
            definition,
            input: Payload::new(input),
            actor: Actor::LocalOwner,
            trigger: "manual".to_owned(),
            limits: program.limits(),
            origin: Origin::root(run_id),
        }));
        let bodies = std::iter::once((now, started)).chain(carried);
        let journal: Vec<Entry> =
            (0..).zip(bodies).map(|(seq, (at, body))| Entry { seq, at, body }).collect();
        let mut world = Self {
            execution: replay(&program, &journal),
            program,
            journal: Vec::new(),
            in_flight: BTreeMap::new(),
            children: BTreeMap::new(),
            questions: BTreeMap::new(),
            outcome: None,
            wake_at: None,
            now,
            ids: Counting::default(),
            settled: BTreeSet::new(),
        };
        world.note(journal);
        world.step();
        world
    }

    /// Does what can be done now, and checks what was asked.
    pub(crate) fn step(&mut self) {
        let env = Ambient { now: self.now, ids: &self.ids, jitter: 1.0 };
        let step = self.execution.step(env);
        self.note(step.entries);
        for child in step.children {
            let key = child.origin.parent.unwrap().key;
            self.children.insert(key, (child.run_id, child.spec));
        }
        self.children.retain(|_, (run_id, _)| !step.cancelled_children.contains(run_id));
        self.questions.extend(step.opened);
        for (key, _) in step.closed {
            self.questions.remove(&key);
        }
        for action in step.actions {
            match action {
                Action::Perform(order) | Action::Reconcile(order) => {
                    assert!(!self.settled.contains(&order.effect.key), "{:?}", order.effect.key);
                    self.in_flight.insert(order.effect.key.clone(), order);
                }
                Action::Reserve { .. } => unreachable!("pipelines reserve no money"),
                Action::Drop(key) => {
                    self.in_flight.remove(&key);
                }
            }
        }
        if let Some(parked) = step.parked {
            self.wake_at = parked.wake_at;
        }
        if let Some(finished) = step.finished {
            self.outcome = Some(finished.outcome);
        }
    }

    /// Keeps entries, and checks that nothing that has settled is begun again.
    fn note(&mut self, entries: Vec<Entry>) {
        for entry in entries {
            if let Some(key) = entry.body.key() {
                match &entry.body {
                    EntryBody::EffectSettled(_)
                    | EntryBody::ChildSettled(_)
                    | EntryBody::SignalReceived(_)
                    | EntryBody::EventEmitted(_)
                    | EntryBody::TimerFired { .. } => {
                        assert!(self.settled.insert(key.clone()), "{key:?} settled twice");
                    }
                    _ => assert!(!self.settled.contains(key), "{key:?} begun after it settled"),
                }
            }
            self.journal.push(entry);
        }
    }

    /// Forgets everything that this process knows, and goes on from the journal.
    pub(crate) fn crash(&mut self) {
        let before = self.nodes();
        self.execution = replay(&self.program, &self.journal);
        assert_eq!(self.nodes(), before);
        self.in_flight.clear();
        self.step();
    }

    fn input(&mut self, input: Input) {
        let env = Ambient { now: self.now, ids: &self.ids, jitter: 1.0 };
        self.execution.input(input, env);
        self.step();
    }

    pub(crate) fn finish_effect(&mut self, key: &str, result: Result<Value, Failure>) {
        let key = Key::new(key);
        let order = self.in_flight.remove(&key);
        let attempt = order.unwrap_or_else(|| panic!("{key:?} is not in flight")).attempt;
        let usage = Usage { tool_calls: 1, ..Usage::default() };
        self.input(Input::Outcome { key, attempt, result: result.map(Payload::new), usage });
    }

    pub(crate) fn finish_child(&mut self, key: &str, outcome: Outcome) {
        let key = Key::new(key);
        let (run_id, _) = self.children.remove(&key).unwrap_or_else(|| panic!("no child {key:?}"));
        self.input(Input::Child(ChildSettled { key, run_id, outcome }));
    }

    pub(crate) fn answer(&mut self, key: &str, answer: Value) {
        let key = Key::new(key);
        self.questions.remove(&key);
        let actor = Actor::LocalOwner;
        self.input(Input::Signal(SignalReceived { key, payload: Payload::new(answer), actor }));
    }

    pub(crate) fn cancel(&mut self) {
        self.input(Input::Cancel { actor: Actor::LocalOwner, reason: "enough".to_owned() });
    }

    pub(crate) fn pass(&mut self, duration: Duration) {
        self.now = self.now + duration;
        self.step();
    }

    pub(crate) fn nodes(&self) -> Vec<NodeView> {
        nodes_view(Arc::clone(&self.program), &self.journal)
    }

    pub(crate) fn node(&self, id: &str) -> NodeView {
        self.nodes().into_iter().find(|node| node.id == id).unwrap()
    }

    pub(crate) fn status(&self, id: &str) -> NodeStatus {
        self.node(id).status
    }

    /// The keys of everything asked for and not answered.
    pub(crate) fn open(&self) -> Vec<String> {
        let keys = self.in_flight.keys().chain(self.children.keys()).chain(self.questions.keys());
        keys.map(ToString::to_string).collect()
    }

    pub(crate) fn result(&self) -> (RunStatus, Value) {
        let outcome = self.outcome.as_ref().unwrap_or_else(|| panic!("runs: {:?}", self.open()));
        (outcome.status, outcome.output.as_ref().clone())
    }

    pub(crate) fn failure(&self) -> Failure {
        self.outcome.as_ref().and_then(|outcome| outcome.error.clone()).unwrap()
    }

    /// What a retry of this ended run begins with.
    pub(crate) fn retry(&self, pinned: &Pinned, input: Value) -> Self {
        let said = std::collections::HashMap::new();
        let taken = self.execution.taken_over(&self.journal, &said, &input);
        Self::run(pinned, input, taken.entries)
    }
}

fn replay(program: &Arc<Program>, journal: &[Entry]) -> Execution {
    let machine = Box::new(PipelineMachine::new(Arc::clone(program)));
    let run_id = RunId::from_uuid(Uuid::from_u128(RUN));
    Execution::replay(run_id, machine, journal.iter().cloned()).unwrap()
}

pub(crate) fn done(output: Value) -> Outcome {
    Outcome::succeeded(output)
}

pub(crate) fn broken(code: &str) -> Failure {
    Failure::fatal(code, format!("it failed with {code}"))
}
