//! Runs that this program cannot take up: given to a newer one, or ended, never kept for ever.

use std::sync::Arc;

use gathering_domain::{Failure, RunId, Timestamp};
use gathering_engine::{
    ChildSettled, Entry, EntryBody, LedgerChange, LedgerState, Outcome, ParentLink,
};
use gathering_storage::{
    Append, ApprovalState, CancelRun, DatabaseError, GrantChanges, RunChange, RunRow, StorageError,
    find_run, list_children, list_effects, list_run_approvals, load_journal_leniently,
};

use crate::{
    drive::Ended,
    machines::{BuildError, FoldError},
    shared::{Incarnation, Shared},
    writing::write,
};

/// How often a journal that cannot be read is tried before its run is ended.
const TRIES: u32 = 3;

/// What is wrong with a run that cannot be taken up.
enum Fault {
    /// The store could not be asked: the same may work later.
    Passing,
    /// A newer version of the program wrote it.
    Newer,
    /// Its journal cannot be read, or cannot be one.
    Corrupt,
}

/// What becomes of a run that could not be read.
pub(crate) async fn not_read(
    shared: &Arc<Shared>,
    incarnation: &Incarnation,
    run_id: RunId,
    error: &StorageError,
) -> Ended {
    let fault = match error {
        StorageError::NewerEntry { .. } => Fault::Newer,
        StorageError::Corrupt { .. } | StorageError::Database(DatabaseError::Column { .. }) => {
            Fault::Corrupt
        }
        _ => Fault::Passing,
    };
    judge(shared, incarnation, run_id, (fault, error)).await
}

/// What becomes of a run that could not be folded.
pub(crate) async fn not_folded(
    shared: &Arc<Shared>,
    incarnation: &Incarnation,
    run_id: RunId,
    error: &FoldError,
) -> Ended {
    let fault = match error {
        FoldError::Build(BuildError::Newer) => Fault::Newer,
        FoldError::Build(BuildError::Unavailable(_) | BuildError::Impossible(_)) => Fault::Passing,
        FoldError::Corrupt(_) => Fault::Corrupt,
    };
    judge(shared, incarnation, run_id, (fault, error)).await
}

async fn judge(
    shared: &Arc<Shared>,
    incarnation: &Incarnation,
    run_id: RunId,
    (fault, error): (Fault, &(dyn std::error::Error + Send + Sync + 'static)),
) -> Ended {
    if let Fault::Newer = fault {
        // As it should be, while some instances are newer than others.
        tracing::warn!(run.id = %run_id, "left the run to an instance with a newer version of the program");
    } else {
        let error = error as &dyn std::error::Error;
        tracing::error!(run.id = %run_id, error, "could not take up the run");
    }
    let given_up = match fault {
        Fault::Passing => return Ended::Stuck,
        Fault::Newer => leave(shared, incarnation, run_id).await,
        // Tried again, in case it is not the journal that is at fault.
        Fault::Corrupt if shared.stuck.failures(run_id) + 1 < TRIES => return Ended::Stuck,
        Fault::Corrupt => end(shared, incarnation, run_id, error.to_string()).await,
    };
    given_up.unwrap_or_else(|error| {
        tracing::error!(run.id = %run_id, error = &error as &dyn std::error::Error, "could not give up the run");
        Ended::Stuck
    })
}

/// Gives the run back, for a newer program to claim.
async fn leave(
    shared: &Arc<Shared>,
    incarnation: &Incarnation,
    run_id: RunId,
) -> Result<Ended, StorageError> {
    let Some(row) = owned(shared, incarnation, run_id).await? else { return Ok(Ended::Lost) };
    let claimable_at = shared.now() + shared.left.rest();
    let mut append = Append::new(incarnation.id, run_id, row.project_id, claimable_at);
    append.change = RunChange::Released;
    Ok(match write(shared, incarnation, append).await {
        Ok(_) => Ended::Lost,
        Err(_) => Ended::Stuck,
    })
}

/// Ends the run from its row: whatever its journal says can be read by nobody.
async fn end(
    shared: &Arc<Shared>,
    incarnation: &Incarnation,
    run_id: RunId,
    why: String,
) -> Result<Ended, StorageError> {
    let Some(row) = owned(shared, incarnation, run_id).await? else { return Ok(Ended::Lost) };
    let mut outcome = Outcome::failed(Failure::fatal("journal_unreadable", why));
    outcome.usage = row.usage();
    let limited = !row.limits.is_empty();
    let append = ending(shared, incarnation, row, outcome).await?;
    Ok(match write(shared, incarnation, append).await {
        Ok(appended) => {
            for told in appended.told {
                shared.wake(told.run_id, told.owner);
            }
            Ended::Finished { limited }
        }
        Err(_) => Ended::Stuck,
    })
}

/// The end of a run with all that hangs on it, as far as its journal is not needed to know it.
async fn ending(
    shared: &Shared,
    incarnation: &Incarnation,
    row: RunRow,
    outcome: Outcome,
) -> Result<Append, StorageError> {
    let (database, now) = (&shared.parts.database, shared.now());
    let mut append = Append::new(incarnation.id, row.id, row.project_id, now);
    // Where not even the places of its entries can be told, its row alone says that it has ended.
    append.entries = match load_journal_leniently(database, row.id).await {
        Ok(entries) => {
            append.grants = entries.first().and_then(grants_of);
            last_entry(entries.last().map(seq), now, &outcome).into_iter().collect()
        }
        Err(StorageError::Corrupt { .. }) => Vec::new(),
        Err(error) => return Err(error),
    };
    let children = list_children(row.id).all(database).await?;
    let under_way = children.into_iter().filter(|child| !child.status.is_final());
    append.cancel = under_way.map(|child| cancelled(child.id)).collect();
    let approvals = list_run_approvals(row.id).all(database).await?;
    let open = approvals.into_iter().filter(|approval| approval.state == ApprovalState::Open);
    append.approvals_closed =
        open.map(|approval| (approval.key, gathering_engine::CloseReason::RunEnded)).collect();
    let effects = list_effects(row.id).all(database).await?;
    let attempted = effects.into_iter().filter(|effect| effect.state == LedgerState::Attempted);
    append.ledger = attempted
        .map(|effect| LedgerChange {
            effect_id: effect.id,
            key: effect.key,
            kind: effect.kind,
            attempt: effect.attempt,
            state: LedgerState::Unknown,
        })
        .collect();
    append.settle_parent = row.parent_run_id.zip(row.parent_key).map(|(run_id, key)| {
        let settled = ChildSettled { key: key.clone(), run_id: row.id, outcome: outcome.clone() };
        (ParentLink { run_id, key }, settled)
    });
    append.change = RunChange::Finished { outcome };
    Ok(append)
}

fn last_entry(last: Option<u32>, at: Timestamp, outcome: &Outcome) -> Option<Entry> {
    Some(Entry { seq: last? + 1, at, body: EntryBody::RunFinished(outcome.clone()) })
}

/// Where the run's grants go back to at its end.
fn grants_of(first: &Result<Entry, gathering_storage::UnreadableEntry>) -> Option<GrantChanges> {
    let Ok(Entry { body: EntryBody::RunStarted(started), .. }) = first else { return None };
    let budgets: Arc<[RunId]> = started.origin.all_budgets().collect();
    let (used, returned) = (Vec::new(), Vec::new());
    (!budgets.is_empty()).then_some(GrantChanges { budgets, used, returned })
}

fn seq(entry: &Result<Entry, gathering_storage::UnreadableEntry>) -> u32 {
    match entry {
        Ok(entry) => entry.seq,
        Err(unreadable) => unreadable.seq,
    }
}

fn cancelled(run_id: RunId) -> CancelRun {
    let reason = "the run that started it cannot be read".to_owned();
    CancelRun { run_id, actor: gathering_domain::Actor::System, reason }
}

async fn owned(
    shared: &Shared,
    incarnation: &Incarnation,
    run_id: RunId,
) -> Result<Option<RunRow>, StorageError> {
    let row = find_run(run_id).first(&shared.parts.database).await?;
    Ok(row.filter(|row| row.owner == Some(incarnation.id)))
}
