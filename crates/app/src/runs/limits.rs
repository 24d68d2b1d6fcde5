//! Of which keys a run takes a place: its thread, pipeline, agent and project.
//!
//! No two runs wait for each other's places. A place that is kept until the end is taken only with a
//! run's first claim, together with all others of the run, and a child run takes none: so whoever holds
//! one waits for no other of that kind. All other places are held only while the run is at work, which
//! ends or pauses in bounded time, and then they are free; a run that waits for its child holds none.

use gathering_agents::TurnMachine;
use gathering_domain::{AgentId, PipelineId, ProjectId, ThreadId, WebhookId};
use gathering_engine::ChildSpec;
use gathering_storage::RunLimit;
use serde_json::Value;
use uuid::Uuid;

use super::Runs;
use crate::{Result, definitions::AgentRef, webhooks::AT_ONCE};

/// Turns of one thread go one after the other, also while one of them waits for a person.
pub(super) fn of_thread(id: ThreadId) -> RunLimit {
    RunLimit { key: format!("thread:{id}"), max: 1, until_end: true }
}

/// Runs of a pipeline, from start to end. A definition without a name of its own in the store stands
/// under the id of its version.
pub(super) fn of_pipeline(id: PipelineId, most: Option<u32>) -> Option<RunLimit> {
    Some(RunLimit { key: format!("pipeline:{id}"), max: most?, until_end: true })
}

/// Turns of an agent that are at work. An agent that lives in a pipeline's file stands under the id of
/// its pinned version.
pub(super) fn of_agent(id: Uuid, most: Option<u32>) -> Option<RunLimit> {
    Some(RunLimit {
        key: format!("agent:{}", AgentId::from_uuid(id)),
        max: most?,
        until_end: false,
    })
}

/// Deliveries to a webhook that are being sent: a slow receiver takes no more room than this.
pub(super) fn of_webhook(id: WebhookId) -> RunLimit {
    RunLimit { key: format!("webhook:{id}"), max: AT_ONCE, until_end: false }
}

/// Runs of a project that are at work; 0 for any number.
pub(super) fn of_project(id: ProjectId, most: u32) -> Option<RunLimit> {
    (most > 0).then(|| RunLimit { key: format!("project:{id}"), max: most, until_end: false })
}

/// How many turns an agent's definition allows at the same time.
pub(super) fn concurrent_turns(agent: &Value) -> Option<u32> {
    let most = agent.get("limits")?.get("concurrent_turns")?.as_u64()?;
    Some(u32::try_from(most).unwrap_or(u32::MAX))
}

impl Runs<'_> {
    /// Of which keys a child run takes a place. A pipeline counts its runs from the outside alone: a
    /// child that waited for a place which its parents hold would wait for ever.
    pub async fn child_limits(
        &self,
        project_id: ProjectId,
        child: &ChildSpec,
    ) -> Result<Vec<RunLimit>> {
        let mut limits = Vec::new();
        limits.extend(of_project(project_id, self.app.inner.runs_per_project));
        if child.machine == TurnMachine::NAME {
            let turn = self.app.definitions().turn(&child.definition).await?;
            if let Some(most) = turn.get("agent").and_then(concurrent_turns) {
                limits.extend(of_agent(counted_as(&turn, &child.definition)?, Some(most)));
            }
        }
        Ok(limits)
    }
}

/// The stored agent, or the pinned version of one that lives in a file.
fn counted_as(turn: &Value, reference: &Value) -> Result<Uuid> {
    let stored = turn.get("agent_id").and_then(Value::as_str);
    if let Some(id) = stored.and_then(|id| id.parse::<AgentId>().ok()) {
        return Ok(id.uuid());
    }
    Ok(AgentRef::read(reference)?.pinned.uuid())
}
