//! A world for one turn: its journal, its clock, and everything that it asked for.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use gathering_agents::{
    AgentDefinition, ModelCall, ModelCosts, ToolCallInput, Turn, TurnDefinition, TurnInput,
    TurnMachine, TurnView,
};
use gathering_domain::{
    Actor, Duration, Failure, IdSource, MicroUsd, RunId, Timestamp, TokenUsage, Usage,
};
use gathering_engine::{
    Action, Ambient, AwaitRequest, EffectOrder, Entry, EntryBody, Execution, Input, Key, Limits,
    Machine, Origin, Outcome, Payload, RunStarted, SignalReceived, Step,
};
use gathering_llm::{ModelReply, Part, StopReason, ToolCall};
use gathering_tools::{ToolOutput, Toolbox};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::played::toolbox;

pub(crate) struct World {
    pub(crate) journal: Vec<Entry>,
    pub(crate) orders: BTreeMap<Key, EffectOrder>,
    pub(crate) waits: BTreeMap<Key, AwaitRequest>,
    pub(crate) now: Timestamp,
    /// Attempts by key.
    pub(crate) attempts: HashMap<Key, u32>,
    execution: Execution,
    toolbox: Arc<Toolbox>,
    wake_at: Option<Timestamp>,
    /// What was asked under a key; it is the same whenever it is asked.
    asked: HashMap<Key, Payload>,
}

struct Ids;

/// Each call may cost a cent where its agent pays; a scripted one costs nothing, and what an
/// `odd` one costs nobody knows.
struct Cents;

impl ModelCosts for Cents {
    fn most(&self, call: &ModelCall) -> Option<MicroUsd> {
        match call.models[0].provider() {
            "paid" => Some(MicroUsd(10_000)),
            "odd" => None,
            _ => Some(MicroUsd::ZERO),
        }
    }

    fn usual_output(&self, call: &ModelCall) -> Option<u32> {
        (call.models[0].provider() == "paid").then_some(4_000)
    }
}

impl IdSource for Ids {
    fn next_uuid(&self) -> Uuid {
        Uuid::from_u128(77)
    }
}

/// An agent with all tools, changed by `more`.
pub(crate) fn agent(more: Value) -> Value {
    let mut agent = json!({
        "name": "tester",
        "model": "scripted/demo",
        "tools": ["look", "write", "send", "pay", "burn", "ask_person"],
    });
    agent.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    agent
}

pub(crate) fn usage(tokens: u64) -> Usage {
    Usage {
        tokens: TokenUsage { input: tokens, ..TokenUsage::default() },
        model_calls: 1,
        ..Usage::default()
    }
}

pub(crate) fn reply(parts: Vec<Part>, stop_reason: StopReason) -> Payload {
    let reply = ModelReply {
        parts,
        usage: TokenUsage::default(),
        usage_known: true,
        stop_reason,
        provider: "scripted".to_owned(),
        model: "demo".to_owned(),
        scripted: true,
    };
    Payload::new(serde_json::to_value(reply).unwrap())
}

pub(crate) fn text(text: &str) -> Payload {
    reply(vec![Part::text(text)], StopReason::EndTurn)
}

pub(crate) fn call(id: &str, tool: &str, arguments: Value) -> Part {
    Part::ToolCall(ToolCall {
        id: id.to_owned(),
        name: tool.to_owned(),
        arguments,
        signature: None,
    })
}

/// A reply that calls tools: `(tool, arguments)` each, with ids `c0`, `c1`, ….
pub(crate) fn calls(wanted: &[(&str, Value)]) -> Payload {
    let parts = wanted.iter().enumerate();
    let parts = parts.map(|(i, (tool, arguments))| call(&format!("c{i}"), tool, arguments.clone()));
    reply(parts.collect(), StopReason::ToolCalls)
}

pub(crate) fn output(value: Value) -> Payload {
    Payload::new(serde_json::to_value(ToolOutput::of(value)).unwrap())
}

fn origin() -> Origin {
    Origin {
        chain: Uuid::from_u128(1),
        root: run_id(),
        parent: None,
        depth: 0,
        budgeted: false,
        budgets: Vec::new(),
        retry_of: None,
        retry_children: BTreeMap::new(),
        left_behind: BTreeMap::new(),
        api_key_id: None,
        fire_id: None,
        schedule_id: None,
        triggers: Vec::new(),
        private_to: None,
    }
}

fn run_id() -> RunId {
    RunId::from_uuid(Uuid::from_u128(1))
}

impl World {
    /// Starts a turn and takes its first step.
    pub(crate) fn start(agent: Value, input: Value) -> Self {
        Self::start_limited(agent, input, Limits::default())
    }

    pub(crate) fn start_limited(agent: Value, input: Value, limits: Limits) -> Self {
        let toolbox = toolbox();
        let agent = AgentDefinition::parse(&agent, Some(&toolbox)).unwrap();
        let definition = TurnDefinition::pin(agent, &toolbox).unwrap();
        let input: TurnInput = serde_json::from_value(input).unwrap();
        let child = TurnMachine::child(&definition, &input, limits);
        let (definition, input) = (child.definition, child.input);
        Self::begin(definition, input, limits, Vec::new())
    }

    pub(crate) fn begin(
        definition: Payload,
        input: Payload,
        limits: Limits,
        carried: Vec<(Timestamp, EntryBody)>,
    ) -> Self {
        let now = Timestamp::from_micros(1_000_000);
        let started = RunStarted {
            machine: TurnMachine::NAME.to_owned(),
            behaviour: TurnMachine::BEHAVIOUR,
            definition,
            input,
            actor: Actor::LocalOwner,
            trigger: "manual".to_owned(),
            limits,
            origin: origin(),
        };
        let first = (now, EntryBody::RunStarted(Box::new(started)));
        let bodies = std::iter::once(first).chain(carried).zip(0..);
        let journal: Vec<Entry> = bodies.map(|((at, body), seq)| Entry { seq, at, body }).collect();
        let toolbox = toolbox();
        let execution = replayed(&toolbox, &journal);
        let mut world = Self {
            journal,
            orders: BTreeMap::new(),
            waits: BTreeMap::new(),
            now,
            attempts: HashMap::new(),
            execution,
            toolbox,
            wake_at: None,
            asked: HashMap::new(),
        };
        world.step();
        world
    }

    /// Everything that can be done now, with the invariants that hold at each step.
    fn step(&mut self) {
        let settled: HashSet<Key> = self.settled();
        let env = Ambient { now: self.now, ids: &Ids, jitter: 1.0 };
        let Step { entries, opened, closed, parked, actions, .. } = self.execution.step(env);
        self.journal.extend(entries);
        self.wake_at = parked.and_then(|parked| parked.wake_at);
        self.waits.extend(opened);
        for (key, _) in closed {
            self.waits.remove(&key);
        }
        for action in actions {
            match action {
                Action::Perform(order) => {
                    let key = order.effect.key.clone();
                    assert!(!settled.contains(&key), "{key} was settled and is performed again");
                    let input = Arc::clone(&order.effect.input);
                    let asked = self.asked.entry(key.clone()).or_insert_with(|| Arc::clone(&input));
                    assert_eq!(*asked, input, "{key} means something else than before");
                    *self.attempts.entry(key.clone()).or_default() += 1;
                    assert!(self.orders.insert(key.clone(), order).is_none(), "{key} runs twice");
                }
                Action::Drop(key) => {
                    self.orders.remove(&key);
                }
                Action::Reserve { .. } | Action::Reconcile(_) => panic!("nothing asks for this"),
            }
        }
        if self.outcome().is_none() {
            let goes_on =
                !self.orders.is_empty() || !self.waits.is_empty() || self.wake_at.is_some();
            assert!(goes_on || self.unknown().is_some(), "the run waits for nothing");
        }
    }

    fn settled(&self) -> HashSet<Key> {
        let settled = self.journal.iter().filter_map(|entry| match &entry.body {
            EntryBody::EffectSettled(settled) => Some(settled.key.clone()),
            _ => None,
        });
        settled.collect()
    }

    pub(crate) fn input(&mut self, input: Input) -> bool {
        let env = Ambient { now: self.now, ids: &Ids, jitter: 1.0 };
        let meant = self.execution.input(input, env);
        self.step();
        meant
    }

    /// Ends the attempt under `key`.
    pub(crate) fn end(&mut self, key: &str, result: Result<Payload, Failure>, usage: Usage) {
        let order = self.orders.remove(key);
        let order = order.unwrap_or_else(|| panic!("{key} is not under way: {:?}", self.keys()));
        let (key, attempt) = (order.effect.key, order.attempt);
        assert!(self.input(Input::Outcome { key, attempt, result, usage }));
    }

    /// The model answers.
    pub(crate) fn say(&mut self, key: &str, reply: Payload) {
        self.end(key, Ok(reply), usage(10));
    }

    /// A tool answers.
    pub(crate) fn give(&mut self, key: &str, value: Value) {
        self.end(key, Ok(output(value)), Usage::default());
    }

    pub(crate) fn fail(&mut self, key: &str, failure: Failure) {
        self.end(key, Err(failure), Usage::default());
    }

    /// A person answers.
    pub(crate) fn answer(&mut self, key: &str, payload: Value) {
        let (key, _) = self.waits.remove_entry(key).unwrap_or_else(|| panic!("{key} is not asked"));
        let (payload, actor) = (Payload::new(payload), Actor::LocalOwner);
        assert!(self.input(Input::Signal(SignalReceived { key, payload, actor })));
    }

    /// Time passes.
    pub(crate) fn pass(&mut self, time: Duration) {
        self.now = self.now + time;
        self.step();
    }

    /// Time passes until the run wants to be looked at.
    pub(crate) fn wake(&mut self) {
        if let Some(at) = self.wake_at {
            self.now = self.now.max(at);
            self.step();
        }
    }

    /// The process dies, and another one goes on from the journal.
    pub(crate) fn crash(&mut self) {
        self.orders.clear();
        self.execution = replayed(&self.toolbox, &self.journal);
        self.step();
    }

    /// Keys under way, in order.
    pub(crate) fn keys(&self) -> Vec<&str> {
        self.orders.keys().map(Key::as_str).collect()
    }

    /// An effect whose outcome nobody knows.
    pub(crate) fn unknown(&self) -> Option<(Key, u32)> {
        let mut open = self.execution.state().open_keys();
        open.find_map(|(key, state)| match state {
            gathering_engine::KeyState::Unknown { attempt, .. } => Some((key.clone(), *attempt)),
            _ => None,
        })
    }

    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        self.execution.state().finished()
    }

    /// `succeeded "…"`, or the failure's code.
    pub(crate) fn ended(&self) -> String {
        let outcome = self.outcome().unwrap_or_else(|| panic!("goes on with {:?}", self.keys()));
        match &outcome.error {
            None => format!("succeeded {}", outcome.output),
            Some(failure) => failure.code.clone(),
        }
    }

    /// What the model is asked under `key`.
    pub(crate) fn model_call(&self, key: &str) -> ModelCall {
        let order = self.orders.get(key).unwrap_or_else(|| panic!("{key}: {:?}", self.keys()));
        assert_eq!(order.effect.performer, "model");
        serde_json::from_value(order.effect.input.as_ref().clone()).unwrap()
    }

    /// What the tool is called with under `key`.
    pub(crate) fn tool_call(&self, key: &str) -> ToolCallInput {
        let order = self.orders.get(key).unwrap_or_else(|| panic!("{key}: {:?}", self.keys()));
        assert_eq!(order.effect.performer, "tool");
        serde_json::from_value(order.effect.input.as_ref().clone()).unwrap()
    }

    /// The conversation that the model reads under `key`, one line a message.
    pub(crate) fn read(&self, key: &str) -> Vec<String> {
        let messages = self.model_call(key).request.messages;
        let lines = messages.iter().map(|message| {
            let role = serde_json::to_value(message.role).unwrap();
            let called: Vec<String> = message
                .parts
                .iter()
                .filter_map(|part| match part {
                    Part::ToolCall(call) => Some(format!("{}({})", call.name, call.arguments)),
                    _ => None,
                })
                .collect();
            let text = message.plain_text().replace('\n', " | ");
            format!("{}: {text}{}", role.as_str().unwrap(), called.join(" "))
        });
        lines.collect()
    }

    pub(crate) fn view(&self) -> TurnView {
        Turn::replay(&self.journal).view().unwrap()
    }

    /// A new run that takes over what this one has settled.
    pub(crate) fn retry(&self) -> Self {
        let EntryBody::RunStarted(started) = &self.journal[0].body else { panic!("no start") };
        let taken = self.execution.taken_over(&self.journal, &HashMap::new(), &started.input);
        let (definition, input) = (Arc::clone(&started.definition), Arc::clone(&started.input));
        Self::begin(definition, input, started.limits, taken.entries)
    }
}

fn replayed(toolbox: &Arc<Toolbox>, journal: &[Entry]) -> Execution {
    let machine: Box<dyn Machine> =
        Box::new(TurnMachine::new(Arc::clone(toolbox), Arc::new(Cents)));
    Execution::replay(run_id(), machine, journal.to_vec()).unwrap()
}
