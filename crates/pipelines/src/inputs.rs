//! Checks a run's input against the pipeline's `inputs`.

use gathering_domain::{Fault, Pointer};
use gathering_tools::{InvalidSchema, Schema};
use serde_json::Value;

use crate::definition::Definition;

/// The compiled `inputs` of a definition.
#[derive(Debug)]
pub(crate) struct InputShape(Option<Schema>);

impl InputShape {
    /// Compiles the schema; the error says why it is none.
    pub(crate) fn compile(inputs: Option<&Value>) -> Result<Self, InvalidSchema> {
        inputs.map(Schema::compile).transpose().map(Self)
    }

    /// What is wrong with `input`; of a large one the first fault, because whoever starts a run may
    /// send millions of them.
    pub(crate) fn check(&self, input: &Value) -> Vec<Fault> {
        self.0.as_ref().map(|shape| shape.faults(input)).unwrap_or_default()
    }
}

impl Definition {
    /// What is wrong with a run's `input`, with pointers into it.
    pub fn check_input(&self, input: &Value) -> Vec<Fault> {
        match InputShape::compile(self.inputs.as_ref()) {
            Ok(shape) => shape.check(input),
            Err(invalid) => {
                vec![Fault::new(Pointer::root(), "invalid_schema", invalid.to_string())]
            }
        }
    }
}
