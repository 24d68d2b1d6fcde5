//! From a step of the pure core to an append of the store, with all its consequences.

use gathering_domain::{Actor, ApprovalId, InstanceId, RunId};
use gathering_engine::{AwaitRequest, ChildSettled, Finished, Key, RunState, Step};
use gathering_storage::{Append, CancelRun, GrantChanges, NewApproval, Recovered, RunChange};

use crate::{
    children::{Created, StartedChild},
    performer::RunContext,
    shared::Shared,
};

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
    /// Whether there was no room here for some of the children.
    pub(crate) left: bool,
}

/// Prepares a step for the log, with the children that it creates; nothing if it changes nothing
/// durable.
pub(crate) fn prepare(
    shared: &Shared,
    context: &RunContext,
    instance: InstanceId,
    step: Step,
    (inbox, recovered): (InboxRead, Option<Recovered>),
    grants: Option<GrantChanges>,
    (state, created): (&RunState, Created),
) -> Option<Prepared> {
    // A recovery is counted before anything is done that may bring the process down once more.
    if !step.is_durable() && inbox.done.is_empty() && recovered.is_none() {
        return None;
    }
    let mut append = Append::new(instance, context.run_id, context.project_id, shared.now());
    append.recovered = recovered;
    append.entries = step.entries;
    append.children = created.rows;
    append.ledger = step.ledger;
    append.spend = step.spend;
    append.grants = grants;
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
        append.ends_fire_of = state.started().and_then(|started| started.origin.schedule_id);
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
    Some(Prepared { append, children: created.begun, left: created.left })
}

/// What inputs wrote, without going on with the run.
pub(crate) fn written(
    shared: &Shared,
    context: &RunContext,
    instance: InstanceId,
    step: Step,
    inbox: InboxRead,
    grants: Option<GrantChanges>,
) -> Append {
    let mut append = Append::new(instance, context.run_id, context.project_id, shared.now());
    append.entries = step.entries;
    append.ledger = step.ledger;
    append.spend = step.spend;
    append.grants = grants;
    append.inbox_done = inbox.done;
    append
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
