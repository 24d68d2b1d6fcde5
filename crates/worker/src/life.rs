//! One life of an instance after the other: registered and at work until it is declared dead.

use std::sync::Arc;

use gathering_domain::InstanceId;
use gathering_storage::{beat, lock_of, register};
use tokio::time::{Instant, MissedTickBehavior};

use crate::{
    claiming, listening,
    shared::{Incarnation, Shared},
    takeover, tasks,
};

/// How often an instance says that it lives.
const BEAT: std::time::Duration = std::time::Duration::from_secs(1);
/// How long to wait before registration is tried again.
const AGAIN: std::time::Duration = std::time::Duration::from_millis(500);

/// Lives until the process stops.
pub(crate) async fn run(shared: Arc<Shared>) {
    loop {
        let incarnation = shared.incarnation();
        if begin(&shared, &incarnation).await.is_none() {
            return;
        }
        Box::pin(live(&shared, &incarnation)).await;
        if shared.stopping.is_cancelled() {
            return;
        }
        tracing::warn!(instance.id = %incarnation.id, "this instance was declared dead: beginning anew");
        shared.places.empty().await;
        shared.reborn(InstanceId::next(shared.parts.ids.as_ref()));
    }
}

/// Takes the lock that others watch, then registers; tries until it works or the process stops.
async fn begin(shared: &Arc<Shared>, incarnation: &Incarnation) -> Option<()> {
    loop {
        match try_begin(shared, incarnation).await {
            Ok(()) => return Some(()),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "could not register this instance"
                );
            }
        }
        tokio::select! {
            () = tokio::time::sleep(AGAIN) => {}
            () = shared.stopping.cancelled() => return None,
        }
    }
}

async fn try_begin(
    shared: &Arc<Shared>,
    incarnation: &Incarnation,
) -> Result<(), gathering_storage::StorageError> {
    let database = &shared.parts.database;
    let mut locks = database.locks().await?;
    locks.try_hold(lock_of(incarnation.id)).await?;
    register(database, incarnation.id, &shared.parts.name, shared.now()).await?;
    // Falls free with the process, or when its connection breaks; then silence alone counts.
    let fenced = incarnation.fenced.clone();
    let stopping = shared.stopping.clone();
    shared.tasks.spawn(async move {
        tokio::select! {
            () = fenced.cancelled() => {}
            () = stopping.cancelled() => {}
        }
        drop(locks);
    });
    Ok(())
}

async fn live(shared: &Arc<Shared>, incarnation: &Incarnation) {
    let parts = async {
        tokio::join!(
            beats(shared, incarnation),
            listening::run(Arc::clone(shared), incarnation.clone()),
            claiming::run(Arc::clone(shared), incarnation.clone()),
            takeover::watch_silence(shared, incarnation),
            takeover::watch_neighbour(shared, incarnation),
        );
    };
    tokio::select! {
        () = parts => {}
        () = incarnation.fenced.cancelled() => {}
        () = shared.stopping.cancelled() => {}
    }
}

async fn beats(shared: &Arc<Shared>, incarnation: &Incarnation) {
    let mut ticks = tokio::time::interval_at(Instant::now() + BEAT, BEAT);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let database = &shared.parts.database;
        if let Err(error) = beat(database, incarnation.id).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "could not say that this instance lives"
            );
            continue;
        }
        // A notice may have been missed, and a run may have been left owned without a task.
        tasks::resume_forgotten(shared, incarnation).await;
    }
}
