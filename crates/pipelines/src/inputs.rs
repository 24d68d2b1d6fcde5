//! Checks a run's input against the pipeline's `inputs`.

use gathering_domain::{Fault, Pointer};
use jsonschema::Validator;
use serde_json::Value;

use crate::{definition::Definition, shape, validation::MAX_FAULTS};

/// The compiled `inputs` of a definition.
#[derive(Debug)]
pub(crate) struct InputShape(Option<Validator>);

impl InputShape {
    /// Compiles the schema; the error says why it is none.
    pub(crate) fn compile(inputs: Option<&Value>) -> Result<Self, String> {
        inputs.map(shape::compile).transpose().map(Self)
    }

    /// Everything wrong with `input`.
    pub(crate) fn check(&self, input: &Value) -> Vec<Fault> {
        let mut faults = Vec::new();
        if let Some(shape) = &self.0 {
            shape::collect(shape, input, &Pointer::root(), &mut faults);
            faults.truncate(MAX_FAULTS);
        }
        faults
    }
}

impl Definition {
    /// Everything wrong with a run's `input`, with pointers into it.
    pub fn check_input(&self, input: &Value) -> Vec<Fault> {
        match InputShape::compile(self.inputs.as_ref()) {
            Ok(shape) => shape.check(input),
            Err(message) => {
                vec![Fault::new(Pointer::root(), "invalid_schema", message)]
            }
        }
    }
}
