//! Claims runs while there is room, and sleeps until one is due, told of, or looked for anyway.

use std::sync::Arc;

use gathering_storage::{AppendError, CLAIM_MAX, claim as claim_runs, next_wake};
use tokio::time::Instant;

use crate::{
    shared::{Incarnation, Shared},
    tasks,
};

/// Claims for one life of the instance.
pub(crate) async fn run(shared: Arc<Shared>, incarnation: Incarnation) {
    while !shared.stopping.is_cancelled() {
        let more = claim(&shared, &incarnation).await;
        if !more {
            rest(&shared).await;
        }
    }
}

/// Claims as many runs as there is room for; answers whether more may be waiting.
async fn claim(shared: &Arc<Shared>, incarnation: &Incarnation) -> bool {
    let mut places: Vec<_> =
        std::iter::from_fn(|| shared.places.take()).take(CLAIM_MAX as usize).collect();
    // A place that is given back rings the bell.
    let Ok(wanted @ 1..) = u32::try_from(places.len()) else { return false };
    let database = &shared.parts.database;
    let claimed = match claim_runs(database, incarnation.id, wanted, shared.now()).await {
        Ok(claimed) => claimed,
        Err(AppendError::Fenced) => {
            incarnation.fenced.cancel();
            return false;
        }
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "could not claim runs");
            return false;
        }
    };
    let full = claimed.len() == places.len();
    for run in claimed {
        if let Some(place) = places.pop() {
            tasks::resume(shared, incarnation, run.id, place);
        }
    }
    if !full {
        match next_wake(database, shared.now()).await {
            Ok(at) => shared.set_next_due(at),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "could not see what is due next"
                );
            }
        }
    }
    full
}

async fn rest(shared: &Shared) {
    let poll = Instant::now() + shared.parts.options.poll.std();
    loop {
        let due = shared.next_due().map(|at| Instant::now() + at.since(shared.now()).std());
        let until = due.map_or(poll, |due| due.min(poll));
        tokio::select! {
            () = shared.places.bell.notified() => return,
            () = shared.due_earlier.notified() => {}
            () = tokio::time::sleep_until(until) => return,
            () = shared.stopping.cancelled() => return,
        }
    }
}
