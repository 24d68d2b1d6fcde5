//! The toy workload: random programs that use every decision a machine can make.

mod machine;
mod program;

use gathering_engine::{AwaitRequest, ChildSpec, EffectOrder, Machine, Payload, RunStarted};
use serde_json::{Value, json};

use crate::{Dice, Workload};
use machine::ToyMachine;
pub(crate) use program::root;

/// The name of the toy machine.
pub(crate) const TOY: &str = "toy";

/// Random programs over all decisions, deterministic from a seed that is their definition.
#[derive(Debug, Clone, Copy, Default)]
pub struct Toy;

impl Workload for Toy {
    fn new_run(&self, dice: &mut Dice) -> ChildSpec {
        root(dice)
    }

    fn machine(&self, _started: &RunStarted) -> Box<dyn Machine> {
        Box::new(ToyMachine::default())
    }

    fn output(&self, order: &EffectOrder, _dice: &mut Dice) -> Payload {
        Payload::new(Value::from(digest(&order.effect.input)))
    }

    fn answer(&self, request: &AwaitRequest, dice: &mut Dice) -> Payload {
        Payload::new(match request {
            AwaitRequest::Signal { .. } => json!(dice.below(100)),
            AwaitRequest::Approval { options, .. } => {
                json!({ "option": options[dice.index(options.len())] })
            }
        })
    }
}

/// A number that stands for a value.
pub(crate) fn digest(value: &Value) -> u64 {
    match value {
        Value::Number(number) => number.as_u64().unwrap_or(1),
        Value::Array(items) => items.iter().fold(17, |sum, item| mix(sum, digest(item))),
        Value::Object(fields) => fields.values().fold(31, |sum, field| mix(sum, digest(field))),
        Value::String(text) => text.bytes().fold(7, |sum, byte| mix(sum, u64::from(byte))),
        Value::Bool(flag) => u64::from(*flag),
        Value::Null => 0,
    }
}

const fn mix(sum: u64, item: u64) -> u64 {
    (sum.wrapping_mul(0x0100_0000_01B3) ^ item) >> 1
}
