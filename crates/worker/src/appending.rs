//! From a step of the pure core to an append of the store, with all its consequences.

use std::sync::Arc;

use futures::future::BoxFuture;
use gathering_domain::{Actor, ApprovalId, InstanceId, RunId};
use gathering_engine::{AwaitRequest, ChildSettled, Finished, Input, Key, RunState, Spend, Step};
use gathering_storage::{Append, CancelRun, NewApproval, RunChange, reserve as storage_reserve};

use crate::{
    children::{self, ChildError, StartedChild},
    performer::RunContext,
    shared::Shared,
};

/// How long to wait before a budget that could not be read is asked again.
const RESERVE_AGAIN: std::time::Duration = std::time::Duration::from_millis(500);

/// What a step takes from the run's inbox.
#[derive(Debug, Default)]
pub(crate) struct InboxRead {
    /// Keys of the rows whose meaning is in the step.
    pub(crate) done: Vec<String>,
    /// How many rows had ever been written when the inbox was last read.
    pub(crate) pokes: i64,
}

/// An append, and the child runs that this process goes on with once it is durable.
pub(crate) struct Prepared {
    pub(crate) append: Append,
    pub(crate) children: Vec<StartedChild>,
}

/// Prepares a step for the log; nothing if it changes nothing durable.
pub(crate) async fn prepare(
    shared: &Arc<Shared>,
    context: &RunContext,
    instance: InstanceId,
    step: Step,
    inbox: InboxRead,
    state: &RunState,
) -> Result<Option<Prepared>, ChildError> {
    let idle = step.entries.is_empty() && step.parked.is_none() && step.spend.is_none();
    if idle && inbox.done.is_empty() {
        return Ok(None);
    }
    let now = shared.now();
    let mut append = Append::new(instance, context.run_id, context.project_id, now);
    let mut begun = Vec::new();
    for child in step.children {
        let Some(parent) = state.started() else { break };
        let created =
            children::create(shared, (context, parent), instance, child, &mut append.ledger, now);
        let (row, child) = created.await?;
        append.children.push(row);
        begun.extend(child);
    }
    append.entries = step.entries;
    append.ledger.extend(step.ledger);
    append.spend = step.spend;
    append.approvals_closed = step.closed;
    append.approvals_opened = step
        .opened
        .into_iter()
        .filter_map(|(key, request)| approval(shared, key, request))
        .collect();
    append.cancel = step.cancelled_children.into_iter().map(cancelled_by_parent).collect();
    append.inbox_done = inbox.done;
    if let Some(Finished { outcome, parent }) = step.finished {
        append.settle_parent = parent.map(|parent| {
            let (key, run_id, outcome) = (parent.key.clone(), context.run_id, outcome.clone());
            (parent, ChildSettled { key, run_id, outcome })
        });
        append.usage = Some(outcome.usage);
        append.change = RunChange::Finished { outcome };
    } else if let Some(parked) = step.parked {
        append.usage = Some(state.usage());
        append.change = RunChange::Parked {
            waiting: parked.waiting,
            wake_at: parked.wake_at,
            pokes_seen: inbox.pokes,
        };
    }
    Ok(Some(Prepared { append, children: begun }))
}

/// Gives a run back, with what its last inputs wrote.
pub(crate) fn release(
    shared: &Shared,
    context: &RunContext,
    instance: InstanceId,
    step: Step,
    inbox: InboxRead,
) -> Append {
    let mut append = Append::new(instance, context.run_id, context.project_id, shared.now());
    append.entries = step.entries;
    append.ledger = step.ledger;
    append.spend = step.spend;
    append.inbox_done = inbox.done;
    append.change = RunChange::Released;
    append
}

/// Asks the shared budget for money. While the store cannot be read it asks again, until it answers
/// or the run is dropped.
pub(crate) fn reserve(shared: Arc<Shared>, key: Key, spend: Spend) -> BoxFuture<'static, Input> {
    Box::pin(async move {
        loop {
            match storage_reserve(&shared.parts.database, spend.root, spend.delta).await {
                Ok(granted) => return Input::Reserved { key, granted },
                Err(error) => {
                    tracing::warn!(run.id = %spend.root, error = &error as &dyn std::error::Error, "could not reserve from the budget");
                    tokio::time::sleep(RESERVE_AGAIN).await;
                }
            }
        }
    })
}

fn cancelled_by_parent(run_id: RunId) -> CancelRun {
    CancelRun {
        run_id,
        actor: Actor::System,
        reason: "the run that started it no longer needs it".to_owned(),
    }
}

fn approval(shared: &Shared, key: Key, request: AwaitRequest) -> Option<NewApproval> {
    match request {
        AwaitRequest::Approval { .. } => {
            Some(NewApproval { id: ApprovalId::next(shared.parts.ids.as_ref()), key, request })
        }
        AwaitRequest::Signal { .. } => None,
    }
}
