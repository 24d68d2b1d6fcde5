//! Takeover: finding instances that are gone, declaring them dead, and so freeing their runs.
//!
//! A dead *process* is noticed at once: it held an advisory lock, and its neighbour in the order of
//! ids waits for that. A silent one (a vanished host, a paused process) is noticed by its beats.

use std::{sync::Arc, time::Duration};

use gathering_domain::InstanceId;
use gathering_storage::{
    AppendError, Death, Locks, StorageError, Waited, list_instances, lock_of, mark_dead,
    silent_instances,
};

use crate::shared::{Incarnation, Shared};

/// How long one wait for a neighbour's lock may take; a waiting statement holds back clean-up.
const SLICE: Duration = Duration::from_secs(10);
/// How long to wait before looking for a neighbour again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How often in a row the end of a silent instance is tried before the next look.
const MAX_TRIES: u32 = 10;

/// Looks for silent instances until this one stops.
pub(crate) async fn watch_silence(shared: &Arc<Shared>, incarnation: &Incarnation) {
    let silence = shared.parts.options.silence;
    let mut ticks = tokio::time::interval((silence.std() / 8).max(Duration::from_millis(100)));
    loop {
        ticks.tick().await;
        match silent_instances(&shared.parts.database, silence).await {
            Ok(silent) => {
                for instance in silent.into_iter().filter(|instance| instance.id != incarnation.id)
                {
                    take_over(shared, instance.id, "it has been silent").await;
                }
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "could not look for silent instances"
                );
            }
        }
    }
}

/// Waits on the lock of the next instance in the order of ids until this one stops.
pub(crate) async fn watch_neighbour(shared: &Arc<Shared>, incarnation: &Incarnation) {
    loop {
        if let Err(error) = watch(shared, incarnation.id).await {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "lost sight of the neighbour"
            );
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Watches with one connection until it breaks. Only a lock that this very connection has seen held
/// proves a death: after a reconnect, only silence counts.
async fn watch(shared: &Arc<Shared>, own: InstanceId) -> Result<(), StorageError> {
    let mut locks = shared.parts.database.locks().await?;
    loop {
        let Some(neighbour) = neighbour(shared, own).await? else {
            tokio::time::sleep(LOOK_AGAIN).await;
            continue;
        };
        if !seen_held(&mut locks, neighbour).await? {
            tokio::time::sleep(LOOK_AGAIN).await;
            continue;
        }
        // A new instance may come between: look again after each slice.
        if locks.wait_for(lock_of(neighbour), SLICE).await? == Waited::Acquired {
            locks.release(lock_of(neighbour)).await?;
            take_over(shared, neighbour, "its process has ended").await;
        }
    }
}

async fn seen_held(locks: &mut Locks, instance: InstanceId) -> Result<bool, StorageError> {
    let key = lock_of(instance);
    if locks.try_hold(key).await? {
        locks.release(key).await?;
        return Ok(false);
    }
    Ok(true)
}

/// The next live instance after this one, in a ring.
async fn neighbour(shared: &Shared, own: InstanceId) -> Result<Option<InstanceId>, StorageError> {
    let alive = list_instances(&shared.parts.database, shared.now()).await?;
    let mut others: Vec<InstanceId> = alive
        .into_iter()
        .filter(|instance| instance.alive && instance.id != own)
        .map(|instance| instance.id)
        .collect();
    others.sort();
    Ok(others.iter().find(|id| **id > own).or(others.first()).copied())
}

/// Declares an instance dead. What it still writes fails from then on.
async fn take_over(shared: &Arc<Shared>, instance: InstanceId, why: &str) {
    for _ in 0..MAX_TRIES {
        match mark_dead(&shared.parts.database, instance, shared.now()).await {
            Ok(Death::Declared { freed }) => {
                tracing::warn!(instance.id = %instance, freed, why, "took over from an instance");
                shared.places.bell.notify_one();
                return;
            }
            Ok(Death::Already) => return,
            // One of its transactions holds on to its row; its backend has been told to end.
            Err(AppendError::Busy(_)) => {}
            Err(error) => {
                tracing::warn!(instance.id = %instance, error = &error as &dyn std::error::Error, "could not take over");
                return;
            }
        }
    }
}
