//! From a recorded first entry to the machine that decided: one arm for each behaviour that ever was.

use std::sync::Arc;

use gathering_agents::{ModelCall, ModelCosts, TurnMachine};
use gathering_domain::{MicroUsd, RunId};
use gathering_engine::{Entry, EntryBody, Machine};
use gathering_pipelines::{PipelineMachine, Program};
use uuid::Uuid;

use super::toolbox::toolbox;

/// A call of a `paid` model may cost a cent; a scripted one costs nothing.
struct Cents;

impl ModelCosts for Cents {
    fn most(&self, call: &ModelCall) -> Option<MicroUsd> {
        let paid = call.models.first()?.provider() == "paid";
        Some(if paid { MicroUsd(10_000) } else { MicroUsd::ZERO })
    }

    fn usual_output(&self, call: &ModelCall) -> Option<u32> {
        (call.models.first()?.provider() == "paid").then_some(4_000)
    }
}

/// The machine of a journal that begins with `first`.
pub(super) fn of(first: &Entry) -> Box<dyn Machine> {
    let EntryBody::RunStarted(started) = &first.body else { panic!("no `run_started`") };
    match (started.machine.as_str(), started.behaviour) {
        ("pipeline", 1) => {
            let program = Program::load(&started.definition).unwrap();
            Box::new(PipelineMachine::new(Arc::new(program)))
        }
        ("agent_turn", 1) => Box::new(TurnMachine::new(toolbox(), Arc::new(Cents))),
        other => panic!("no machine decides as {other:?}: behaviours are never dropped"),
    }
}

/// The run of every recorded journal.
pub(super) const fn run_id() -> RunId {
    RunId::from_uuid(Uuid::from_u128(1))
}
