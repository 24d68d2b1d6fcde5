//! The pipelines workload: random graphs over the node types, with turns of agents as child runs.

mod definition;

use std::{collections::BTreeMap, sync::Arc};

use gathering_agents::TurnMachine;
use gathering_domain::{EffectKind, MicroUsd};
use gathering_engine::{AwaitRequest, ChildSpec, EffectOrder, Machine, Payload, RunStarted};
use gathering_pipelines::{
    Definition, PIPELINE_BEHAVIOUR, PIPELINE_MACHINE, Pinned, PinnedAgent, PinnedPipeline,
    PinnedTool, PipelineMachine, Program,
};
use serde_json::{Value, json};

use crate::{Agents, Dice, Workload};

/// Random pipelines.
pub struct Pipelines {
    agents: Agents,
    /// What runs start with, and the programs of both main and child pipelines by their names.
    definitions: Vec<Payload>,
    programs: BTreeMap<String, Arc<Program>>,
}

impl Pipelines {
    /// Draws so many pipelines, each with one that it may start as a child.
    pub fn new(count: u64) -> Self {
        let agents = Agents::new();
        let mut workload = Self { agents, definitions: Vec::new(), programs: BTreeMap::new() };
        for number in 0..count {
            workload.add(number);
        }
        workload
    }

    fn add(&mut self, number: u64) {
        let mut dice = Dice::new(number);
        let (main, child) = (format!("main_{number}"), format!("child_{number}"));
        let definitions = [
            definition::random(&mut dice, &main, Some(&child)),
            definition::random(&mut dice, &child, None),
        ];
        let pipelines = definitions
            .each_ref()
            .map(|definition| (definition.name.to_string(), self.pin(definition, number)));
        let mut pinned = Pinned { main, pipelines: pipelines.into() };
        let written = |pinned: &Pinned| {
            Payload::new(serde_json::to_value(pinned).expect("a definition is plain data"))
        };
        let whole = written(&pinned);
        self.load(&pinned.main, &whole);
        pinned.main = child;
        self.load(&pinned.main, &written(&pinned));
        self.definitions.push(whole);
    }

    fn load(&mut self, name: &str, definition: &Value) {
        let program = Program::load(definition);
        let program = program.unwrap_or_else(|fault| panic!("{definition} is broken: {fault:?}"));
        self.programs.insert(name.to_owned(), Arc::new(program));
    }

    /// Pins a definition to agents and tools of every name that it uses.
    fn pin(&self, definition: &Definition, number: u64) -> PinnedPipeline {
        let used = definition.used_names();
        let number = usize::try_from(number).unwrap_or(0);
        let agent = |name: &String| {
            let behaviour = TurnMachine::BEHAVIOUR;
            let definition = self.agents.pinned(number + name.len());
            (name.clone(), PinnedAgent { behaviour, definition })
        };
        let tool = |name: &String| {
            let kind = match name.as_str() {
                "send" => EffectKind::Unsafe,
                "pay" => EffectKind::Reconcilable,
                "write" => EffectKind::Idempotent,
                _ => EffectKind::Pure,
            };
            (name.clone(), PinnedTool { kind, timeout: None, consent: name == "pay" })
        };
        PinnedPipeline {
            hash: definition.content_hash(),
            definition: definition.to_value(),
            agents: used.agents.iter().map(agent).collect(),
            tools: used.tools.iter().map(tool).collect(),
            channels: used.channels.into_iter().map(|name| (name, EffectKind::Unsafe)).collect(),
        }
    }
}

impl Workload for Pipelines {
    fn new_run(&self, dice: &mut Dice) -> ChildSpec {
        let definition = Payload::clone(&self.definitions[dice.index(self.definitions.len())]);
        let mut limits = self.program(&definition).limits();
        limits.cost =
            dice.chance(400).then(|| MicroUsd(50 + i64::try_from(dice.below(500)).unwrap_or(0)));
        limits.timeout = dice.chance(150).then(|| dice.millis(50, 60_000)).or(limits.timeout);
        let items = dice.below(4);
        ChildSpec {
            machine: PIPELINE_MACHINE,
            behaviour: PIPELINE_BEHAVIOUR,
            definition,
            input: Payload::new(json!({
                "truth": dice.chance(500),
                "list": (0..items).collect::<Vec<_>>(),
            })),
            limits,
            title: String::new(),
        }
    }

    fn machine(&self, started: &RunStarted) -> Box<dyn Machine> {
        if started.machine == PIPELINE_MACHINE {
            Box::new(PipelineMachine::new(self.program(&started.definition)))
        } else {
            self.agents.machine(started)
        }
    }

    fn output(&self, order: &EffectOrder, dice: &mut Dice) -> Payload {
        match order.effect.performer {
            "http" => Payload::new(json!({ "status": 200, "headers": {}, "body": dice.below(9) })),
            "start_pipeline" => Payload::new(json!({ "run_id": "run_1" })),
            _ => self.agents.output(order, dice),
        }
    }

    fn answer(&self, request: &AwaitRequest, dice: &mut Dice) -> Payload {
        self.agents.answer(request, dice)
    }
}

impl Pipelines {
    fn program(&self, definition: &Value) -> Arc<Program> {
        let name = definition["main"].as_str().unwrap_or_default();
        Arc::clone(&self.programs[name])
    }
}
