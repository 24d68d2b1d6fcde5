//! Runs: start, look, cancel, signal, settle, retry.

mod view;

use gathering_domain::{AgentId, EffectId, PipelineId, RunId, RunStatus, ThreadId};
use gathering_engine::{Key, Limits, Payload};
use gathering_llm::ModelRef;
use serde_json::Value;

pub use view::{JournalEntry, NodeView, Run, RunNodes, RunSummary, UnknownOutcome};

use crate::pipelines::Source;

/// Starts a run. Every way into a run is this one.
#[derive(Debug, Clone)]
pub struct StartRun {
    /// What runs.
    pub what: Runnable,
    /// Its input.
    pub input: Value,
    /// What started it.
    pub trigger: Trigger,
    /// A second start with the same key answers the first run.
    pub idempotency_key: Option<String>,
    /// A model in place of those of all agents.
    pub model: Option<ModelRef>,
    /// Limits tighter than those of the definition.
    pub limits: Limits,
}

/// What a run executes.
#[derive(Debug, Clone)]
pub enum Runnable {
    /// The present version of a stored pipeline.
    Pipeline(PipelineId),
    /// The present version of a stored pipeline, by its name.
    PipelineNamed(String),
    /// A definition that came with the request; stored as a version without a pipeline.
    Definition(Source),
    /// One turn of an agent.
    Agent {
        /// The agent.
        agent_id: AgentId,
        /// The thread to which the turn belongs, if to one.
        thread_id: Option<ThreadId>,
    },
}

/// What started a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// A person.
    Manual,
    /// A message to a thread.
    Message,
    /// An action of another run.
    Run,
    /// A person who retried an ended run.
    Retry,
}

/// A run, and whether this very call started it.
#[derive(Debug, Clone, PartialEq)]
pub struct Started {
    /// The run.
    pub run: RunSummary,
    /// False if an earlier request with the same idempotency key did.
    pub fresh: bool,
}

/// Which runs a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Those in this status.
    pub status: Option<RunStatus>,
    /// Those of this pipeline.
    pub pipeline_id: Option<PipelineId>,
    /// Those of this parent; without it, runs that have none.
    pub parent: Option<RunId>,
}

/// Sends a signal that a run waits for.
#[derive(Debug, Clone, PartialEq)]
pub struct SendSignal {
    /// The signal's name, as the definition has it.
    pub name: String,
    /// What is said.
    pub payload: Value,
}

/// Settles an effect whose outcome is unknown.
#[derive(Debug, Clone, PartialEq)]
pub struct Settle {
    /// The effect's key in the run.
    pub key: Key,
    /// What became of it.
    pub verdict: Verdict,
}

/// What a person says of an effect whose outcome is unknown.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It happened, with this output.
    Done(Payload),
    /// It did not happen: it may be tried again.
    NotDone,
    /// It failed, for this reason.
    Failed(String),
}

/// An effect of a run, as errors and events name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectRef {
    /// The run.
    pub run_id: RunId,
    /// The effect's key in it.
    pub key: Key,
    /// What the target saw.
    pub effect_id: EffectId,
}

impl Trigger {
    /// The word that the log, the API and the database use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Message => "message",
            Self::Run => "run",
            Self::Retry => "retry",
        }
    }
}
