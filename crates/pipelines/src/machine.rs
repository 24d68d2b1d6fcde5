//! The machine of a pipeline: folds a run's journal and decides what its nodes want next.
//!
//! The fold knows of each node whether it waits, works or has ended, and of each edge whether it was
//! taken or skipped; both follow from the entries alone. A node that starts keeps the scope of that
//! moment, so what it asks for never depends on what other branches do meanwhile. Nodes at work are
//! kept in the order in which they started: the limit of concurrency takes the first, and a node
//! that was let in is never pushed out again.

mod fold;
mod keys;

mod answers;
mod flow;
mod items;

mod jobs;
mod plan;

mod view;

use std::sync::Arc;

use gathering_domain::Failure;
use gathering_engine::{Decision, Entry, Facts, Key, Machine, Outcome, Payload};
use serde_json::Value;

use self::fold::Fold;
pub use self::{
    jobs::DEFAULT_EFFECT_TIMEOUT,
    view::{ItemsView, NodeView},
};
use crate::program::{BrokenProgram, Program};

/// The name of this machine in a run's first entry.
pub const PIPELINE_MACHINE: &str = "pipeline";

/// The behaviour that new runs start with. What a number means never changes.
pub const PIPELINE_BEHAVIOUR: u32 = 1;

/// The machine that runs an agent's turn.
pub const AGENT_MACHINE: &str = "agent_turn";

/// Most items of a map.
pub const MAX_MAP_ITEMS: usize = 10_000;

/// Runs one pipeline.
#[derive(Debug)]
pub struct PipelineMachine {
    program: Arc<Program>,
    fold: Fold,
}

impl PipelineMachine {
    /// A machine at the start of a journal.
    pub fn new(program: Arc<Program>) -> Self {
        let fold = Fold::new(&program);
        Self { program, fold }
    }

    /// A machine for a run whose first entry keeps `definition`. Reads the definition anew: whoever
    /// runs many keeps the [`Program`].
    pub fn load(definition: &Value) -> Result<Self, BrokenProgram> {
        Program::load(definition).map(|program| Self::new(Arc::new(program)))
    }

    /// How every node stands, in the order of the definition.
    pub fn nodes_view(&self) -> Vec<NodeView> {
        self.fold.view(&self.program)
    }
}

/// How every node of a run stands, from its journal.
pub fn nodes_view<'a>(
    program: Arc<Program>,
    entries: impl IntoIterator<Item = &'a Entry>,
) -> Vec<NodeView> {
    let mut machine = PipelineMachine::new(program);
    entries.into_iter().for_each(|entry| machine.apply(entry));
    machine.nodes_view()
}

impl Machine for PipelineMachine {
    fn apply(&mut self, entry: &Entry) {
        self.fold.apply(&self.program, entry);
    }

    fn decide(&mut self, facts: &Facts<'_>) -> Vec<Decision> {
        if let Some(failure) = &self.fold.failure {
            return vec![Decision::Finish(Outcome::failed(failure.clone()))];
        }
        if self.fold.unsettled == 0 {
            return vec![Decision::Finish(self.outputs())];
        }
        self.plan(facts)
    }

    /// What succeeded is taken over, unless something before it failed: a retry may then go another
    /// way.
    fn carries(&self, key: &Key) -> bool {
        self.fold.carries(&self.program, key)
    }
}

impl PipelineMachine {
    fn outputs(&self) -> Outcome {
        let Some(scope) = &self.fold.scope else {
            return Outcome::failed(Failure::fatal("no_start", "the run has not started"));
        };
        match &self.program.outputs {
            Some(outputs) => match outputs.render(scope) {
                Ok(value) => Outcome::succeeded(value),
                Err(error) => Outcome::failed(Failure::fatal(
                    error.error.kind.code(),
                    format!("the pipeline's outputs could not be built: {error}"),
                )),
            },
            None => Outcome::succeeded(self.last_outputs()),
        }
    }

    /// The outputs of the nodes that nothing follows, by id.
    fn last_outputs(&self) -> Payload {
        let nodes = self.program.nodes.iter().enumerate();
        let last = nodes.filter(|(at, _)| self.program.graph.outgoing[*at].is_empty());
        Payload::new(Value::Object(
            last.map(|(at, node)| (node.id.clone(), self.fold.nodes[at].output.as_ref().clone()))
                .collect(),
        ))
    }
}
