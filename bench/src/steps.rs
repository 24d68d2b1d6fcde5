//! A machine of sequential no-op steps: what the store, the engine and the worker cost by themselves.

use std::sync::Arc;

use futures::future::BoxFuture;
use gathering_domain::{Duration, EffectKind, ProjectId};
use gathering_engine::{
    ChildSpec, Decision, Effect, EffectOrder, Entry, EntryBody, Facts, Key, Machine, Outcome,
    Payload, RetryPolicy, RunStarted,
};
use gathering_worker::{Attempted, BuildError, Machines, Performer, RunContext};
use serde_json::{Value, json};

/// Steps of one run.
pub(crate) const STEPS: usize = 10;

/// Makes machines of [`STEPS`] steps.
pub(crate) struct StepMachines {
    keys: Arc<[Key]>,
    input: Payload,
}

struct StepMachine {
    keys: Arc<[Key]>,
    input: Payload,
    done: usize,
}

/// Does nothing, at once.
pub(crate) struct NoOp;

impl StepMachines {
    pub(crate) fn new() -> Self {
        let keys = (0..STEPS).map(|step| Key::new(format!("node:step_{step}"))).collect();
        Self { keys, input: Arc::new(json!({})) }
    }
}

impl Machines for StepMachines {
    fn build<'a>(
        &'a self,
        _: ProjectId,
        _: &'a RunStarted,
    ) -> BoxFuture<'a, Result<Box<dyn Machine>, BuildError>> {
        let machine =
            StepMachine { keys: Arc::clone(&self.keys), input: Arc::clone(&self.input), done: 0 };
        Box::pin(std::future::ready(Ok(Box::new(machine) as Box<dyn Machine>)))
    }

    fn child_definition(&self, _: &RunStarted, child: &ChildSpec) -> Result<Payload, BuildError> {
        Ok(Arc::clone(&child.definition))
    }
}

impl Machine for StepMachine {
    fn apply(&mut self, entry: &Entry) {
        if let EntryBody::EffectSettled(_) = entry.body {
            self.done += 1;
        }
    }

    fn decide(&mut self, facts: &Facts<'_>) -> Vec<Decision> {
        let Some(key) = self.keys.get(self.done) else {
            return vec![Decision::Finish(Outcome::succeeded(Value::Null))];
        };
        if facts.under_way(key) {
            return vec![Decision::Keep(key.clone())];
        }
        vec![Decision::Perform(Effect {
            key: key.clone(),
            performer: "no_op",
            input: Arc::clone(&self.input),
            kind: EffectKind::Pure,
            retry: RetryPolicy::default(),
            timeout: Duration::from_secs(30),
            reserve: None,
        })]
    }

    fn carries(&self, _: &Key) -> bool {
        true
    }
}

impl Performer for NoOp {
    fn perform(&self, order: EffectOrder, _: Arc<RunContext>) -> BoxFuture<'static, Attempted> {
        let output = json!({ "step": order.effect.key.as_str() });
        Box::pin(std::future::ready(Attempted::output(output)))
    }
}
