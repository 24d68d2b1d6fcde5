//! Takeover: finding instances that are gone, declaring them dead, and so freeing their runs.
//!
//! A dead *process* is noticed at once: it held an advisory lock, and its neighbour in the order of
//! ids waits for that. A silent one (a vanished host, a paused process) is noticed by its beats.
//! Whoever is declared dead by mistake cannot write any more, and begins anew: safe, but not free.

use std::{sync::Arc, time::Duration};

use gathering_domain::InstanceId;
use gathering_storage::{
    AppendError, Death, Engine, Locks, StorageError, Waited, has_vanished, list_instances, lock_of,
    mark_dead, silent_instances,
};
use tokio::time::Instant;

use crate::{
    life::Pulse,
    shared::{Incarnation, Shared},
};

/// How long one wait for a neighbour's lock may take; a waiting statement holds back clean-up.
const SLICE: Duration = Duration::from_secs(10);
/// How long to wait before looking for a neighbour again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How often in a row the end of a silent instance is tried before the next look.
const MAX_TRIES: u32 = 10;
/// How long the backends of a process that has ended may take to notice, and the pause between looks.
const LINGER: Duration = Duration::from_millis(500);
const LINGER_LOOK: Duration = Duration::from_millis(20);
/// How long a process that lost its connections may take to be back.
const COMES_BACK: Duration = Duration::from_millis(150);

/// Watches the other instances until this one stops. On SQLite there are none.
pub(crate) async fn run(shared: &Arc<Shared>, incarnation: &Incarnation, pulse: &Pulse) {
    if shared.parts.database.engine() == Engine::Sqlite {
        return;
    }
    if let Err(error) = look_around(shared, incarnation.id).await {
        let error = &error as &dyn std::error::Error;
        tracing::debug!(error, "could not look for instances that ended before this one began");
    }
    tokio::join!(watch_silence(shared, incarnation, pulse), watch_neighbour(shared, incarnation));
}

/// Takes over from processes that ended while nobody watched, such as the one before this.
async fn look_around(shared: &Arc<Shared>, own: InstanceId) -> Result<(), StorageError> {
    let mut locks = shared.parts.database.locks().await?;
    for other in others(shared, own).await? {
        if !is_held(&mut locks, other).await? && has_ended(shared, other).await? {
            take_over(shared, other, "its process had ended").await;
        }
    }
    Ok(())
}

/// Looks for silent instances. After a pause of its own, an instance trusts nobody's silence before
/// the others had as long to be heard again.
async fn watch_silence(shared: &Arc<Shared>, incarnation: &Incarnation, pulse: &Pulse) {
    let silence = shared.parts.options.silence;
    let mut ticks = tokio::time::interval((silence.std() / 8).max(Duration::from_millis(100)));
    loop {
        ticks.tick().await;
        if pulse.steady_for() < silence.std() {
            continue;
        }
        match silent_instances(&shared.parts.database, silence).await {
            Ok(silent) => {
                for instance in silent.into_iter().filter(|instance| instance.id != incarnation.id)
                {
                    take_over(shared, instance.id, "it has been silent").await;
                }
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "could not look for silent instances");
            }
        }
    }
}

/// Waits on the lock of the next instance in the order of ids.
async fn watch_neighbour(shared: &Arc<Shared>, incarnation: &Incarnation) {
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
        if !is_held(&mut locks, neighbour).await? {
            tokio::time::sleep(LOOK_AGAIN).await;
            continue;
        }
        // A new instance may come between: look again after each slice.
        if locks.wait_for(lock_of(neighbour), SLICE).await? == Waited::Acquired {
            locks.release(lock_of(neighbour)).await?;
            // The lock alone falls free with its connection as well.
            if has_ended(shared, neighbour).await? {
                take_over(shared, neighbour, "its process has ended").await;
            } else {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        }
    }
}

/// Whether nothing of an instance whose lock is free is left on the server. The backends of a process
/// that has ended notice one after the other; those of one that only lost its connections come back.
async fn has_ended(shared: &Shared, instance: InstanceId) -> Result<bool, StorageError> {
    let until = Instant::now() + LINGER;
    while !has_vanished(&shared.parts.database, instance).await? {
        if Instant::now() >= until {
            return Ok(false);
        }
        tokio::time::sleep(LINGER_LOOK).await;
    }
    tokio::time::sleep(COMES_BACK).await;
    has_vanished(&shared.parts.database, instance).await
}

async fn is_held(locks: &mut Locks, instance: InstanceId) -> Result<bool, StorageError> {
    let key = lock_of(instance);
    if locks.try_hold(key).await? {
        locks.release(key).await?;
        return Ok(false);
    }
    Ok(true)
}

/// The next live instance after this one, in a ring.
async fn neighbour(shared: &Shared, own: InstanceId) -> Result<Option<InstanceId>, StorageError> {
    let mut others = others(shared, own).await?;
    others.sort();
    Ok(others.iter().find(|id| **id > own).or(others.first()).copied())
}

/// The other live instances.
async fn others(shared: &Shared, own: InstanceId) -> Result<Vec<InstanceId>, StorageError> {
    let alive = list_instances(&shared.parts.database, shared.now()).await?;
    let others = alive.into_iter().filter(|instance| instance.alive && instance.id != own);
    Ok(others.map(|instance| instance.id).collect())
}

/// Declares an instance dead. What it still writes fails from then on.
async fn take_over(shared: &Arc<Shared>, instance: InstanceId, why: &str) {
    for _ in 0..MAX_TRIES {
        match mark_dead(&shared.parts.database, instance, shared.now()).await {
            Ok(Death::Declared { freed }) => {
                tracing::warn!(instance.id = %instance, freed, why, "took over from an instance");
                shared.offer();
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
