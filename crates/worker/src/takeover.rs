//! Takeover: finding instances that are gone, declaring them dead, and so freeing their runs.
//!
//! A dead *process* is noticed at once: it held an advisory lock, and its neighbour in the order of
//! ids waits for that. A silent one (a vanished host, a paused process) is noticed by its beats.
//! Whoever is declared dead by mistake cannot write any more, and begins anew: safe, but not free.

use std::{sync::Arc, time::Duration};

use gathering_domain::{InstanceId, Timestamp};
use gathering_storage::{
    AppendError, Death, Engine, InstanceRow, Locks, StorageError, Waited, has_vanished,
    list_instances, lock_of, mark_dead, silent_instances,
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
/// The shortest pause between two looks for silence, such as while one may not be believed.
const SHORTEST_REST: Duration = Duration::from_millis(50);
/// How often in a row the end of a silent instance is tried before the next look.
const MAX_TRIES: u32 = 10;
/// What a process whose lock is free is granted before it counts as ended.
const USUAL: Patience =
    Patience { linger: Duration::from_millis(500), comes_back: Duration::from_millis(400) };
/// The same at the start of this process, which is mostly the next one of one that has ended: its runs
/// wait for nothing else.
const AT_START: Patience =
    Patience { linger: Duration::from_secs(3), comes_back: Duration::from_millis(150) };
/// Pauses between looks at it.
const LOOK: Duration = Duration::from_millis(20);
const LONGEST_LOOK: Duration = Duration::from_millis(200);
/// How long after a connection of its own was lost an instance goes by silence alone: what cut it off
/// may have cut off the others as well.
const SETTLED: Duration = Duration::from_secs(5);

/// How long is waited before a death is believed.
#[derive(Debug, Clone, Copy)]
struct Patience {
    /// How long the backends of a process that has ended may take to notice.
    linger: Duration,
    /// How long a process that lost all its connections may take to be back.
    comes_back: Duration,
}

/// Watches the other instances until this one stops. On SQLite there are none.
pub(crate) async fn run(shared: &Arc<Shared>, incarnation: &Incarnation, pulse: &Pulse) {
    if shared.parts.database.engine() == Engine::Sqlite {
        return;
    }
    tokio::join!(watch_silence(shared, incarnation, pulse), watch_neighbour(shared, incarnation));
}

/// Takes over from processes that ended while nobody watched, such as the one before this. Needs no
/// registration, and does not wait for it: runs wait for this.
pub(crate) async fn at_start(shared: &Arc<Shared>) {
    if shared.parts.database.engine() == Engine::Sqlite {
        return;
    }
    let looked = async {
        let database = &shared.parts.database;
        // Freed runs are due at a time that all instances go by.
        shared.clock.measure(database).await?;
        let mut locks = database.locks().await?;
        let others = others(shared, shared.incarnation().id).await?;
        let others = others.into_iter().map(|instance| instance.id).collect();
        take_over_ended(shared, &mut locks, others, AT_START).await
    };
    tokio::select! {
        looked = looked => if let Err(error) = looked {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "could not look for instances that ended before this one began");
        },
        () = shared.stopping.cancelled() => {}
    }
}

/// Looks for silent instances, each time that one may have been silent for long enough. After a pause of its
/// own, an instance trusts nobody's silence before the others had as long to be heard again.
async fn watch_silence(shared: &Arc<Shared>, incarnation: &Incarnation, pulse: &Pulse) {
    let silence = shared.parts.options.silence;
    loop {
        match next_silence(shared, incarnation.id).await {
            Ok(at) => tokio::time::sleep(rest(at, shared.now(), silence)).await,
            Err(error) => {
                could_not_look(&error);
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        }
        if pulse.steady_for(silence.std() / 2) < silence.std() {
            continue;
        }
        match silent_instances(&shared.parts.database, silence).await {
            Ok(silent) => {
                for instance in silent.into_iter().filter(|instance| instance.id != incarnation.id)
                {
                    take_over(shared, instance.id, "it has been silent").await;
                }
            }
            Err(error) => could_not_look(&error),
        }
    }
}

fn could_not_look(error: &StorageError) {
    let error = error as &dyn std::error::Error;
    tracing::warn!(error, "could not look for silent instances");
}

/// When the first of the others will have been silent for too long, unless it is heard until then.
async fn next_silence(shared: &Shared, own: InstanceId) -> Result<Option<Timestamp>, StorageError> {
    let others = others(shared, own).await?;
    let heard = others.iter().map(|other| other.beat_at.unwrap_or(other.started_at));
    Ok(heard.min().map(|at| at + shared.parts.options.silence))
}

/// How long to rest until somebody may have been silent for too long. Who registers meanwhile is so later.
fn rest(at: Option<Timestamp>, now: Timestamp, silence: gathering_domain::Duration) -> Duration {
    let rest = at.map_or(silence, |at| at.since(now)).std();
    rest.clamp(SHORTEST_REST, silence.std().max(SHORTEST_REST))
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

/// Watches with one connection until it breaks. A lock that it finds free proves a death only if it has
/// seen it held itself, or has been there for a while: after a reconnect, only silence counts.
async fn watch(shared: &Arc<Shared>, own: InstanceId) -> Result<(), StorageError> {
    let mut locks = shared.parts.database.locks().await?;
    let since = Instant::now();
    loop {
        let Some(neighbour) = neighbour(shared, own).await? else {
            tokio::time::sleep(LOOK_AGAIN).await;
            continue;
        };
        if is_held(&mut locks, neighbour).await? {
            // A new instance may come between: look again after each slice.
            if locks.wait_for(lock_of(neighbour), SLICE).await? == Waited::TimedOut {
                continue;
            }
            locks.release(lock_of(neighbour)).await?;
        } else if since.elapsed() < SETTLED {
            tokio::time::sleep(LOOK_AGAIN).await;
            continue;
        }
        if !take_over_ended(shared, &mut locks, vec![neighbour], USUAL).await? {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

/// Takes over from those instances whose processes have ended: their locks are free, nothing of them is
/// left on the server, and so it stays for a moment. A lock alone falls free with its connection as
/// well; a process that only lost its connections is back with them. Says whether there was one.
async fn take_over_ended(
    shared: &Arc<Shared>,
    locks: &mut Locks,
    instances: Vec<InstanceId>,
    patience: Patience,
) -> Result<bool, StorageError> {
    let begun = Instant::now();
    let mut looked_at: Vec<(InstanceId, Option<Instant>)> =
        instances.into_iter().map(|instance| (instance, None)).collect();
    let (mut found, mut pause) = (false, LOOK);
    while !looked_at.is_empty() {
        let mut left = Vec::new();
        for (instance, gone_since) in looked_at {
            let gone = !is_held(locks, instance).await?
                && has_vanished(&shared.parts.database, instance).await?;
            match gone_since {
                Some(since) if gone && since.elapsed() >= patience.comes_back => {
                    take_over(shared, instance, "its process has ended").await;
                    found = true;
                }
                since if gone => left.push((instance, since.or_else(|| Some(Instant::now())))),
                _ if begun.elapsed() < patience.linger => left.push((instance, None)),
                _ => {}
            }
        }
        looked_at = left;
        let any_gone = looked_at.iter().any(|(_, gone_since)| gone_since.is_some());
        pause = if any_gone { LOOK } else { (pause * 2).min(LONGEST_LOOK) };
        tokio::time::sleep(pause).await;
    }
    Ok(found)
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
    let mut others: Vec<_> =
        others(shared, own).await?.into_iter().map(|instance| instance.id).collect();
    others.sort();
    Ok(others.iter().find(|id| **id > own).or(others.first()).copied())
}

/// The other live instances.
async fn others(shared: &Shared, own: InstanceId) -> Result<Vec<InstanceRow>, StorageError> {
    let mut alive = list_instances(&shared.parts.database, shared.now()).await?;
    alive.retain(|instance| instance.alive && instance.id != own);
    Ok(alive)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_for_silence_comes_when_somebody_may_be_silent() {
        let (now, silence) = (Timestamp::from_micros(0), gathering_domain::Duration::from_secs(4));
        for (at, expected) in [
            (Some(3_200_000), Duration::from_millis(3_200)),
            (Some(20_000), SHORTEST_REST),
            (Some(-9_000_000), SHORTEST_REST),
            (Some(60_000_000), silence.std()),
            (None, silence.std()),
        ] {
            assert_eq!(rest(at.map(Timestamp::from_micros), now, silence), expected, "{at:?}");
        }
    }
}
