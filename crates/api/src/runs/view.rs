//! Runs as clients read them.

use gathering_app::runs::{Run, RunSummary};
use gathering_domain::{AgentId, AgentVersionId, PipelineId, PipelineVersionId, ProjectId, RunId};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::budget::BudgetView;
use crate::views::{ActorView, FailureView, RunStatusWord, Time, UsageView, WaitingWord};

/// A run without its input and output.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RunSummary)]
pub(crate) struct RunSummaryView {
    /// Its id.
    #[schema(value_type = String, example = "run_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    id: RunId,
    /// The project that owns it.
    #[schema(value_type = String, example = "prj_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    project_id: ProjectId,
    /// What decides in it: `pipeline`, `agent_turn`.
    machine: String,
    /// A line for people: the name of the pipeline or agent.
    title: String,
    /// Where it is.
    status: RunStatusWord,
    /// What it waits for.
    waiting: Option<WaitingWord>,
    /// The pipeline, for a run of a stored one.
    #[schema(value_type = Option<String>, example = "pip_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    pipeline_id: Option<PipelineId>,
    /// The version to which it is pinned, for a run of a pipeline.
    #[schema(value_type = Option<String>, example = "piv_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    pipeline_version_id: Option<PipelineVersionId>,
    /// The agent, for a turn of a stored one.
    #[schema(value_type = Option<String>, example = "agt_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    agent_id: Option<AgentId>,
    /// The version to which it is pinned, for a turn of a stored agent.
    #[schema(value_type = Option<String>, example = "agv_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    agent_version_id: Option<AgentVersionId>,
    /// The parent, for a child run.
    #[schema(value_type = Option<String>)]
    parent_id: Option<RunId>,
    /// The topmost ancestor; itself for a run without parent.
    #[schema(value_type = String)]
    root_id: RunId,
    /// The run of which this is a retry.
    #[schema(value_type = Option<String>)]
    retry_of: Option<RunId>,
    /// Whether it goes before others: the higher the sooner.
    #[schema(minimum = -100, maximum = 100)]
    priority: i64,
    /// What started it: `manual`, `message`, `run`, `retry`, `schedule`, `hook`, `event`, `webhook`.
    trigger: String,
    /// Who started it.
    actor: ActorView,
    /// When it was accepted.
    created_at: Time,
    /// When an instance first took it.
    started_at: Option<Time>,
    /// When it ended.
    ended_at: Option<Time>,
    /// When something happens by itself, for a run that waits.
    wake_at: Option<Time>,
    /// What it and its ended children have used, as of its last change of status.
    usage: UsageView,
}

/// A run with all that one asks of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Run)]
pub(crate) struct RunView {
    #[serde(flatten)]
    summary: RunSummaryView,
    /// What it was given.
    input: Value,
    /// What it answered, once it succeeded; `null` otherwise.
    output: Value,
    /// Why it did not succeed.
    error: Option<FailureView>,
    /// Whether somebody asked it to end.
    cancel_requested: bool,
    /// How many entries its journal has.
    entries: u32,
    /// What it may spend, and has, if that is limited.
    budget: Option<BudgetView>,
}

impl From<RunSummary> for RunSummaryView {
    fn from(run: RunSummary) -> Self {
        Self {
            id: run.id,
            project_id: run.project_id,
            machine: run.machine,
            title: run.title,
            status: run.status.into(),
            waiting: run.waiting.map(WaitingWord::from),
            pipeline_id: run.pipeline_id,
            pipeline_version_id: run.pipeline_version_id,
            agent_id: run.agent_id,
            agent_version_id: run.agent_version_id,
            parent_id: run.parent_id,
            root_id: run.root_id,
            retry_of: run.retry_of,
            priority: run.priority,
            trigger: run.trigger,
            actor: run.actor.into(),
            created_at: run.created_at.into(),
            started_at: run.started_at.map(Time::from),
            ended_at: run.ended_at.map(Time::from),
            wake_at: run.wake_at.map(Time::from),
            usage: run.usage.into(),
        }
    }
}

impl From<Run> for RunView {
    fn from(run: Run) -> Self {
        let Run { summary, input, output, error, cancel_requested, entries, budget } = run;
        Self {
            summary: summary.into(),
            input: input.as_ref().clone(),
            output: output.as_ref().clone(),
            error: error.map(FailureView::from),
            cancel_requested,
            entries,
            budget: budget.map(BudgetView::from),
        }
    }
}
