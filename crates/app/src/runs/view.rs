//! Runs as callers see them.

use gathering_agents::TurnMachine;
use gathering_domain::{
    Actor, AgentId, AgentVersionId, EffectId, EffectKind, Failure, MicroUsd, PipelineId,
    PipelineVersionId, ProjectId, RunId, RunStatus, Timestamp, Usage, Waiting,
};
use gathering_engine::{Entry, Key, OnCost, Payload};
use gathering_pipelines::PIPELINE_MACHINE;
use gathering_storage::{BudgetRow, EffectRow, NewRun, RunRow, UnreadableEntry};
use serde_json::{Value, json};

use crate::{Error, Result};

/// A run without its input and output.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSummary {
    /// Its id.
    pub id: RunId,
    /// The project that owns it.
    pub project_id: ProjectId,
    /// Which machine decides: `pipeline`, `agent_turn`.
    pub machine: String,
    /// A line for people: the name of the pipeline or agent.
    pub title: String,
    /// Where it is.
    pub status: RunStatus,
    /// What it waits for.
    pub waiting: Option<Waiting>,
    /// The pipeline, for a run of a stored one.
    pub pipeline_id: Option<PipelineId>,
    /// The version to which it is pinned, for a run of a pipeline.
    pub pipeline_version_id: Option<PipelineVersionId>,
    /// The agent, for a turn of a stored one.
    pub agent_id: Option<AgentId>,
    /// The version to which it is pinned, for a turn of a stored agent.
    pub agent_version_id: Option<AgentVersionId>,
    /// The parent, for a child run.
    pub parent_id: Option<RunId>,
    /// The topmost ancestor; itself for a run without parent.
    pub root_id: RunId,
    /// The run of which this is a retry.
    pub retry_of: Option<RunId>,
    /// Whether it goes before others: the higher the sooner.
    pub priority: i64,
    /// What started it.
    pub trigger: String,
    /// Who started it.
    pub actor: Actor,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When an instance first took it.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// When something happens by itself, for a run that waits.
    pub wake_at: Option<Timestamp>,
    /// What it and its ended children have used, as of its last change of status.
    pub usage: Usage,
}

/// A run with all that a person asks of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// What lists show.
    pub summary: RunSummary,
    /// What it was given.
    pub input: Payload,
    /// What it answered, once it succeeded; `null` otherwise.
    pub output: Payload,
    /// Why it did not succeed.
    pub error: Option<Failure>,
    /// Whether somebody asked it to end.
    pub cancel_requested: bool,
    /// How many entries its journal has.
    pub entries: u32,
    /// Its budget, for a run with a limit of money.
    pub budget: Option<Budget>,
}

/// What a run and its descendants may spend, and have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// The limit, as it was last raised.
    pub limit: MicroUsd,
    /// What is spent, or reserved for what is under way.
    pub spent: MicroUsd,
    /// What follows where too little is left.
    pub on_cost: OnCost,
}

/// An entry of a run's journal.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalEntry {
    /// Its place in the journal, from 0.
    pub seq: u32,
    /// When it was written.
    pub at: Timestamp,
    /// Its kind as a word; `unreadable` for one that this program cannot read.
    pub kind: &'static str,
    /// What it is about, if one key.
    pub key: Option<Key>,
    /// All of it, as it is stored.
    pub body: Value,
}

/// An effect whose outcome nobody knows.
#[derive(Debug, Clone, PartialEq)]
pub struct UnknownOutcome {
    /// What the target saw.
    pub effect_id: EffectId,
    /// The run.
    pub run_id: RunId,
    /// Its key in the run.
    pub key: Key,
    /// What repeating it means.
    pub kind: EffectKind,
    /// Which attempt.
    pub attempt: u32,
    /// Since when.
    pub since: Timestamp,
}

impl From<RunRow> for RunSummary {
    fn from(row: RunRow) -> Self {
        let usage = row.usage();
        let waits = row.status == RunStatus::Waiting;
        let of = |machine: &str, id| if row.machine == machine { id } else { None };
        let pipeline = of(PIPELINE_MACHINE, row.definition_id);
        let pipeline_version = of(PIPELINE_MACHINE, row.definition_version_id);
        let agent = of(TurnMachine::NAME, row.definition_id);
        let agent_version = of(TurnMachine::NAME, row.definition_version_id);
        Self {
            id: row.id,
            project_id: row.project_id,
            title: row.title,
            status: row.status,
            waiting: row.waiting,
            pipeline_id: pipeline.map(PipelineId::from_uuid),
            pipeline_version_id: pipeline_version.map(PipelineVersionId::from_uuid),
            agent_id: agent.map(AgentId::from_uuid),
            agent_version_id: agent_version.map(AgentVersionId::from_uuid),
            parent_id: row.parent_run_id,
            root_id: row.root_run_id,
            retry_of: row.retry_of,
            priority: row.priority,
            trigger: row.trigger,
            actor: row.actor,
            machine: row.machine,
            created_at: row.created_at,
            started_at: row.started_at,
            ended_at: row.finished_at,
            wake_at: row.runnable_at.filter(|_| waits),
            usage,
        }
    }
}

impl RunSummary {
    /// A run that was created at `now` and belongs to nobody yet.
    pub(super) fn created(run: &NewRun, now: Timestamp) -> Self {
        let of = |machine: &str, id| if run.machine == machine { id } else { None };
        let pipeline = of(PIPELINE_MACHINE, run.definition_id);
        let pipeline_version = of(PIPELINE_MACHINE, run.definition_version_id);
        let agent = of(TurnMachine::NAME, run.definition_id);
        let agent_version = of(TurnMachine::NAME, run.definition_version_id);
        Self {
            id: run.id,
            project_id: run.project_id,
            machine: run.machine.clone(),
            title: run.title.clone(),
            status: RunStatus::Queued,
            waiting: None,
            pipeline_id: pipeline.map(PipelineId::from_uuid),
            pipeline_version_id: pipeline_version.map(PipelineVersionId::from_uuid),
            agent_id: agent.map(AgentId::from_uuid),
            agent_version_id: agent_version.map(AgentVersionId::from_uuid),
            parent_id: run.origin.parent.as_ref().map(|parent| parent.run_id),
            root_id: run.origin.root,
            retry_of: run.origin.retry_of,
            priority: run.priority,
            trigger: run.trigger.clone(),
            actor: run.actor,
            created_at: now,
            started_at: None,
            ended_at: None,
            wake_at: None,
            usage: Usage::default(),
        }
    }
}

impl JournalEntry {
    pub(super) fn of(entry: Result<Entry, UnreadableEntry>) -> Result<Self> {
        let entry = match entry {
            Ok(entry) => entry,
            Err(UnreadableEntry { seq, at, why: _ }) => {
                return Ok(Self { seq, at, kind: "unreadable", key: None, body: json!({}) });
            }
        };
        let body = serde_json::to_value(&entry.body)
            .map_err(|fault| Error::internal("write an entry as JSON", fault))?;
        let (kind, key) = (entry.body.kind(), entry.body.key().cloned());
        Ok(Self { seq: entry.seq, at: entry.at, kind, key, body })
    }
}

impl From<BudgetRow> for Budget {
    fn from(row: BudgetRow) -> Self {
        let BudgetRow { limit_micro_usd, spent_micro_usd, waits } = row;
        let on_cost = if waits { OnCost::Wait } else { OnCost::Fail };
        Self { limit: MicroUsd(limit_micro_usd), spent: MicroUsd(spent_micro_usd), on_cost }
    }
}

impl From<EffectRow> for UnknownOutcome {
    fn from(row: EffectRow) -> Self {
        let EffectRow { id, run_id, key, kind, attempt, updated_at, .. } = row;
        Self { effect_id: id, run_id, key, kind, attempt, since: updated_at }
    }
}
