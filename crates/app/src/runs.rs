//! Runs: start, look, cancel, signal, settle, retry.

mod create;
mod limits;
mod plan;
mod start;
mod task;

mod get;
mod journal;
mod list;
mod nodes;
mod tallies;
mod usage;
mod wait;

mod budget;
mod cancel;
mod retry;
mod settle;
mod signal;

mod view;

use gathering_domain::{
    Actor, AgentId, Permission, PipelineId, Priority, ProjectId, RunId, RunStatus,
};
use gathering_storage::{RunRow, Told, find_hidden, find_persons, find_run};
use serde_json::Value;

pub use nodes::{RunNodes, Unfinished};
pub(crate) use start::{SendDelivery, ThreadTurn};
pub(crate) use tallies::Tallies;
pub use usage::RunsUsage;
pub use view::{Budget, JournalEntry, Run, RunSummary, UnknownOutcome};
pub use wait::LONGEST_WAIT;

pub use gathering_engine::{Key, Limits, OnCost, Payload};
pub use gathering_llm::ModelRef;

pub use gathering_agents::{CallStatus, CallView, RoundView, StopReason, TurnView};
pub use gathering_pipelines::{ItemsView, NodeView};

use crate::{App, Caller, Error, Result, pipelines::Source, webhooks::machine::DeliveryMachine};

/// Use cases of runs.
#[derive(Clone)]
pub struct Runs<'a> {
    pub(crate) app: &'a App,
}

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
    /// Whether it goes before others, in place of what the definition says.
    pub priority: Option<Priority>,
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
    /// One turn of an agent, without a thread. The input is `{"task": "…"}` and nothing else.
    Agent(AgentId),
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
    /// A schedule whose time had come.
    Schedule,
    /// A request to a hook.
    Hook,
    /// An event that a trigger waits for.
    Event,
    /// An event that a webhook is told of.
    Webhook,
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
    /// Those of this agent.
    pub agent_id: Option<AgentId>,
    /// Runs that another run started, too.
    pub children: bool,
    /// Runs that deliver events to webhooks, too.
    pub deliveries: bool,
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
    /// Which attempt is meant; the one whose outcome is unknown now if absent. Who names it can
    /// repeat a command whose answer was lost without speaking of a later attempt.
    pub attempt: Option<u32>,
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

impl Trigger {
    /// The word that the log, the API and the database use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Message => "message",
            Self::Run => "run",
            Self::Retry => "retry",
            Self::Schedule => "schedule",
            Self::Hook => "hook",
            Self::Event => "event",
            Self::Webhook => "webhook",
        }
    }

    /// The scope of idempotency keys of such starts: a key that a person names is none of those that the
    /// server makes itself.
    pub(crate) const fn scope(self) -> &'static str {
        match self {
            Self::Manual | Self::Message | Self::Retry | Self::Schedule | Self::Webhook => {
                "run.start"
            }
            Self::Run => "effect.start",
            Self::Hook => "hook.start",
            Self::Event => "trigger.start",
        }
    }
}

impl Runs<'_> {
    /// The row of a run of the project.
    pub(crate) async fn row(&self, project_id: ProjectId, id: RunId) -> Result<RunRow> {
        let row = find_run(id).first(self.app.database()).await?;
        let own = row.filter(|row| row.project_id == project_id);
        own.ok_or_else(|| Error::not_found("run", id))
    }

    /// The row of a run that the caller may see: one that answers a message of another person's thread
    /// does not exist for them.
    pub(crate) async fn visible(&self, caller: &Caller, id: RunId) -> Result<RunRow> {
        let row = self.row(caller.project(), id).await?;
        self.require_visible(caller, id).await?;
        Ok(row)
    }

    /// The row of a run on which the caller acts. What a delivery does is for those who say where events go.
    pub(crate) async fn acted_on(&self, caller: &Caller, id: RunId) -> Result<RunRow> {
        let row = self.visible(caller, id).await?;
        if row.machine == DeliveryMachine::NAME {
            caller.require_here(Permission::IntegrationWrite)?;
        }
        Ok(row)
    }

    /// Refuses a run that answers a message of another person's thread.
    pub(crate) async fn require_visible(&self, caller: &Caller, id: RunId) -> Result<()> {
        let Some(actor) = caller.looks_as() else { return Ok(()) };
        let hidden = find_hidden(&[id], actor).first(self.app.database()).await?;
        hidden.map_or(Ok(()), |_| Err(Error::not_found("run", id)))
    }

    /// Whose a run is alone: it, or a run above it or for whose event it was started, answers a message of
    /// their thread. None, if all may see it.
    pub(crate) async fn person(&self, id: RunId) -> Result<Option<Actor>> {
        let found = find_persons(&[id]).first(self.app.database()).await?;
        found.map(|found| found.actor).ok_or_else(|| Error::not_found("run", id))
    }

    /// Hints to whoever must act on it that a run was told something.
    pub(crate) fn wake(&self, told: Told) {
        self.app.inner.admission.wake(told.run_id, told.owner);
    }
}
