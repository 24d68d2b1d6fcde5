//! Runs as callers see them.

use gathering_domain::{
    Actor, EffectId, EffectKind, Failure, NodeStatus, PipelineId, PipelineVersionId, ProjectId,
    RunId, RunStatus, ThreadId, Timestamp, Usage, Waiting,
};
use gathering_engine::{Key, Payload};
use serde_json::Value;

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
    /// The thread, for a turn in one.
    pub thread_id: Option<ThreadId>,
    /// The parent, for a child run.
    pub parent_id: Option<RunId>,
    /// The topmost ancestor; itself for a run without parent.
    pub root_id: RunId,
    /// The run of which this is a retry.
    pub retry_of: Option<RunId>,
    /// What started it.
    pub trigger: String,
    /// Who started it.
    pub actor: Actor,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// When something happens by itself, for a run that waits.
    pub wake_at: Option<Timestamp>,
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
    /// What it and its ended children used so far.
    pub usage: Usage,
    /// Whether somebody asked it to end.
    pub cancel_requested: bool,
    /// How many entries its journal has.
    pub entries: u32,
}

/// An entry of a run's journal.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalEntry {
    /// Its place in the journal, from 0.
    pub seq: u32,
    /// When it was written.
    pub at: Timestamp,
    /// Its kind as a word.
    pub kind: &'static str,
    /// What it is about, if one key.
    pub key: Option<Key>,
    /// All of it, as it is stored.
    pub body: Value,
}

/// The nodes of a run, with what child runs used.
#[derive(Debug, Clone, PartialEq)]
pub struct RunNodes {
    /// The run.
    pub run_id: RunId,
    /// Its nodes, in the definition's order.
    pub nodes: Vec<NodeView>,
    /// What the run and all its children used, the unfinished ones included.
    pub usage: Usage,
}

/// A node of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeView {
    /// The node's id in the definition; a turn or tool call for an agent's run.
    pub id: String,
    /// The node's type.
    pub node_type: String,
    /// What people call it.
    pub name: String,
    /// Where it is.
    pub status: NodeStatus,
    /// Which branch or label it took.
    pub label: Option<String>,
    /// How many attempts its effect has had.
    pub attempts: u32,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What it answered.
    pub output: Option<Payload>,
    /// Why it failed.
    pub error: Option<Failure>,
    /// What it waits for.
    pub waiting: Option<Waiting>,
    /// Its child runs, in order.
    pub children: Vec<RunId>,
    /// What it and its children used.
    pub usage: Usage,
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
