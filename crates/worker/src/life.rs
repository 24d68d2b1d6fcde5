//! One life of an instance after the other: registered and at work until it is declared dead.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use gathering_storage::{Engine, Heart, Locks, StorageError, Waited, lock_of, register, retire};
use tokio::time::{Instant, MissedTickBehavior};

use crate::{
    claiming, ended_places, forgotten, listening,
    shared::{Incarnation, Shared},
    takeover,
};

/// How often an instance says that it lives.
const BEAT: Duration = Duration::from_secs(1);
/// How long to wait before registration is tried again.
const AGAIN: Duration = Duration::from_millis(500);
/// Pauses between tries to take the lock that tells of this process, once it was lost. They begin short:
/// whoever watches it waits only a moment for it to be taken again.
const FIRST_RETAKE: Duration = Duration::from_millis(10);
const LONGEST_RETAKE: Duration = Duration::from_millis(500);
/// How long the store may take to hear that this instance ends at its own wish.
const FAREWELL: Duration = Duration::from_secs(2);

/// How steadily this instance has been heard: whoever was away itself cannot tell who else is.
#[derive(Debug)]
pub(crate) struct Pulse(Mutex<(Instant, Instant)>);

/// What shows others that this instance lives.
struct Signs {
    locks: Locks,
    heart: Heart,
}

/// Lives until it is over.
pub(crate) async fn run(shared: Arc<Shared>) {
    let mut incarnation = shared.incarnation();
    while let Some(signs) = begin(&shared, &mut incarnation).await {
        shared.set_registered(true);
        Box::pin(live(&shared, &incarnation, signs)).await;
        shared.set_registered(false);
        if shared.over.is_cancelled() {
            return farewell(&shared, &incarnation).await;
        }
        tracing::warn!(instance.id = %incarnation.id, "this instance was declared dead: beginning anew");
        shared.places.empty().await;
        incarnation = shared.reborn();
    }
}

/// Takes the lock that others watch, then registers; tries until it works or the process stops.
/// Each try is another incarnation: one that failed may have been registered all the same.
async fn begin(shared: &Arc<Shared>, incarnation: &mut Incarnation) -> Option<Signs> {
    loop {
        if shared.stopping.is_cancelled() {
            return None;
        }
        match try_begin(shared, incarnation).await {
            Ok(Some(signs)) => return Some(signs),
            Ok(None) => {}
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "could not register this instance");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(AGAIN) => {}
            () = shared.stopping.cancelled() => return None,
        }
        *incarnation = shared.reborn();
    }
}

async fn try_begin(
    shared: &Shared,
    incarnation: &Incarnation,
) -> Result<Option<Signs>, StorageError> {
    let database = &shared.parts.database;
    shared.clock.measure(database).await?;
    let mut locks = database.locks().await?;
    if !locks.try_hold(lock_of(incarnation.id)).await? {
        return Ok(None);
    }
    let heart = Heart::open(database).await?;
    register(database, incarnation.id, &shared.parts.about, shared.now()).await?;
    heart.record_backends(incarnation.id, &shared.parts.writer.backend_pids()).await?;
    Ok(Some(Signs { locks, heart }))
}

async fn live(shared: &Arc<Shared>, incarnation: &Incarnation, signs: Signs) {
    let pulse = Pulse::new();
    let Signs { locks, heart } = signs;
    let parts = async {
        tokio::join!(
            beats(shared, incarnation, &heart, &pulse),
            keep_lock(shared, incarnation, locks),
            listening::run(shared, incarnation),
            claiming::run(Arc::clone(shared), incarnation.clone()),
            forgotten::run(shared, incarnation),
            ended_places::run(shared),
            takeover::run(shared, incarnation, &pulse),
        );
        // Each of them may end before this life does.
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = parts => {}
        () = incarnation.fenced.cancelled() => {}
        () = shared.over.cancelled() => {}
    }
}

/// Beats through a connection of its own, and learns the database's time from it.
async fn beats(shared: &Shared, incarnation: &Incarnation, heart: &Heart, pulse: &Pulse) {
    let mut ticks = tokio::time::interval_at(Instant::now() + BEAT, BEAT);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let follows = shared.parts.database.engine() == Engine::Postgres;
    let backends = || (heart.backend_pids(), shared.parts.writer.backend_pids());
    let mut recorded = backends();
    loop {
        ticks.tick().await;
        let before = shared.parts.clock.now();
        let beaten = match heart.beat(incarnation.id).await {
            Ok(Some(there)) => {
                if follows {
                    shared.clock.hear(before, there);
                }
                Ok(())
            }
            // An idle instance appends nothing that would tell it.
            Ok(None) => return incarnation.fenced.cancel(),
            Err(error) => Err(error),
        };
        match beaten {
            Ok(()) => pulse.beat(shared.parts.options.silence.std() / 2),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "could not say that this instance lives");
            }
        }
        let now = backends();
        if now != recorded && heart.record_backends(incarnation.id, &now.1).await.is_ok() {
            recorded = now;
        }
    }
}

/// Keeps the lock that falls free with this process. It falls free with its connection as well; then
/// it is taken anew, so that others can see again when the process ends.
async fn keep_lock(shared: &Shared, incarnation: &Incarnation, locks: Locks) {
    let mut held = Some(locks);
    let mut pause = FIRST_RETAKE;
    loop {
        if let Some(locks) = held.take() {
            locks.ended().cancelled().await;
            tracing::warn!("lost the connection that shows that this process lives");
            pause = FIRST_RETAKE;
        } else {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_RETAKE);
        }
        // Whoever looks whether it is held holds it for a moment.
        if let Ok(mut locks) = shared.parts.database.locks().await
            && let Ok(Waited::Acquired) =
                locks.wait_for(lock_of(incarnation.id), LONGEST_RETAKE).await
        {
            held = Some(locks);
        }
    }
}

/// Tells the store that this instance ends at its own wish, so that nobody waits for it.
async fn farewell(shared: &Shared, incarnation: &Incarnation) {
    if shared.broken.is_cancelled() {
        return;
    }
    let retired = retire(&shared.parts.database, incarnation.id, shared.now());
    match tokio::time::timeout(FAREWELL, retired).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "could not say that this instance ends; it will be missed");
        }
        Err(_elapsed) => tracing::warn!("the store did not hear that this instance ends"),
    }
}

impl Pulse {
    fn new() -> Self {
        let now = Instant::now();
        Self(Mutex::new((now, now)))
    }

    /// Notes a beat. After a pause longer than `longest` steadiness begins anew.
    fn beat(&self, longest: Duration) {
        let now = Instant::now();
        let mut pulse = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, since) = *pulse;
        let steady = now.duration_since(last) <= BEAT + longest;
        *pulse = (now, if steady { since } else { now });
    }

    /// For how long this instance has been heard without a pause, up to its last beat; not at all if that is
    /// longer ago than `longest` after the time of the next one, as after a pause of this process.
    pub(crate) fn steady_for(&self, longest: Duration) -> Duration {
        let (last, since) = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_heard = last.elapsed() <= BEAT + longest;
        if is_heard { last.duration_since(since) } else { Duration::ZERO }
    }
}
