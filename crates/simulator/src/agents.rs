//! The agents workload: turns of random agents, with models that answer anything and tools of every kind.

mod replies;
mod toolbox;

use std::sync::Arc;

use gathering_agents::{
    AgentDefinition, ModelCall, ModelCosts, TurnDefinition, TurnInput, TurnMachine,
};
use gathering_domain::MicroUsd;
use gathering_engine::{
    AwaitRequest, ChildSpec, EffectOrder, Limits, Machine, Payload, RunStarted,
};
use gathering_tools::Toolbox;
use serde_json::{Value, json};

use crate::{Dice, Workload};
use toolbox::toolbox;

/// How many different agents there are.
const AGENTS: u64 = 60;

/// What one call of a paid model may cost at most.
const CALL_COST: MicroUsd = MicroUsd(50);

/// Turns of random agents.
pub struct Agents {
    toolbox: Arc<Toolbox>,
    definitions: Vec<TurnDefinition>,
}

/// A paid model may cost something; a scripted one costs nothing.
struct Costs;

impl ModelCosts for Costs {
    fn most(&self, call: &ModelCall) -> Option<MicroUsd> {
        let paid = call.models.first()?.provider() == "paid";
        Some(if paid { CALL_COST } else { MicroUsd::ZERO })
    }

    fn usual_output(&self, _: &ModelCall) -> Option<u32> {
        None
    }
}

impl Agents {
    /// Pins the agents to their tools.
    pub fn new() -> Self {
        let toolbox = toolbox();
        let definitions = (0..AGENTS).map(|number| {
            let document = agent(&mut Dice::new(number));
            let agent = AgentDefinition::parse(&document, Some(&toolbox));
            let agent = agent.unwrap_or_else(|faults| panic!("{document} has faults: {faults:?}"));
            let pinned = TurnDefinition::pin(agent, &toolbox);
            pinned.unwrap_or_else(|faults| panic!("{document} cannot be pinned: {faults:?}"))
        });
        let definitions = definitions.collect();
        Self { toolbox, definitions }
    }

    /// One of the agents, as a run of a pipeline is pinned to it.
    pub(crate) fn pinned(&self, number: usize) -> Value {
        let definition = &self.definitions[number % self.definitions.len()];
        serde_json::to_value(definition).expect("a definition is plain data")
    }
}

impl Default for Agents {
    fn default() -> Self {
        Self::new()
    }
}

impl Workload for Agents {
    fn new_run(&self, dice: &mut Dice) -> ChildSpec {
        let limits = Limits {
            timeout: dice.chance(200).then(|| dice.millis(50, 60_000)),
            cost: dice
                .chance(500)
                .then(|| MicroUsd(30 + i64::try_from(dice.below(300)).unwrap_or(0))),
            attempts: dice.chance(100).then(|| 1 + dice.below(8)),
            ..Limits::default()
        };
        let definition = &self.definitions[dice.index(self.definitions.len())];
        let task = dice.pick(&["Go.", "Go on."]).to_owned();
        let input = TurnInput { task, ..TurnInput::default() };
        TurnMachine::child(definition, &input, limits)
    }

    fn machine(&self, _started: &RunStarted) -> Box<dyn Machine> {
        Box::new(TurnMachine::new(Arc::clone(&self.toolbox), Arc::new(Costs)))
    }

    fn output(&self, order: &EffectOrder, dice: &mut Dice) -> Payload {
        match order.effect.performer {
            "model" => replies::model(dice),
            _ => Payload::new(json!({ "value": { "n": dice.below(3) } })),
        }
    }

    fn answer(&self, request: &AwaitRequest, dice: &mut Dice) -> Payload {
        Payload::new(match request {
            AwaitRequest::Approval { options, .. } if !options.is_empty() => {
                json!({ "answer": options[dice.index(options.len())] })
            }
            AwaitRequest::Approval { .. } | AwaitRequest::Signal { .. } => {
                json!({ "answer": "as you like" })
            }
        })
    }
}

/// An agent with all tools, and limits that its models soon reach.
fn agent(dice: &mut Dice) -> Value {
    let mut agent = json!({
        "name": "tester",
        "model": if dice.chance(600) { "paid/demo" } else { "scripted/demo" },
        "tools": ["look", "write", "send", "pay", "ask_person"],
        "limits": { "turns": 1 + dice.below(5), "tool_calls": dice.pick(&[1, 3, 30]) },
        "on_limit": dice.pick(&["report", "fail"]),
    });
    if dice.chance(300) {
        agent["limits"]["timeout"] = json!("1m");
    }
    if dice.chance(300) {
        agent["output_schema"] = json!({ "type": "object", "required": ["n"] });
    }
    agent
}
