//! Claims runs while there is room, and sleeps until one is due, told of, or looked for anyway.

use std::sync::Arc;

use gathering_storage::{AppendError, CLAIM_MAX, claim as claim_runs, next_wake};
use tokio::time::Instant;

use crate::{
    places::Places,
    shared::{Incarnation, Shared},
    tasks,
};

/// What a look for claimable runs found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// As many as were asked for: there may be more.
    Full,
    /// All that there were.
    All,
    /// Nobody looked: there is no room.
    NoRoom,
    /// The store could not be asked.
    Failed,
}

/// Claims for one life of the instance.
pub(crate) async fn run(shared: Arc<Shared>, incarnation: Incarnation) {
    while !shared.stopping.is_cancelled() {
        let found = claim(&shared, &incarnation).await;
        shared.places.set_hungry(matches!(found, Found::Full | Found::NoRoom));
        if found != Found::Full {
            rest(&shared, found).await;
        }
    }
}

/// Claims as many runs as there is room for.
async fn claim(shared: &Arc<Shared>, incarnation: &Incarnation) -> Found {
    let mut places: Vec<_> =
        std::iter::from_fn(|| shared.places.take()).take(wanted(&shared.places)).collect();
    let Ok(wanted @ 1..) = u32::try_from(places.len()) else { return Found::NoRoom };
    let database = &shared.parts.database;
    shared.forget_due();
    // One instant for both questions: what falls due in between is in the answer to the second.
    let now = shared.now();
    let claimed = match claim_runs(database, incarnation.id, wanted, now).await {
        Ok(claimed) => claimed,
        Err(AppendError::Fenced) => {
            incarnation.fenced.cancel();
            return Found::Failed;
        }
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "could not claim runs");
            return Found::Failed;
        }
    };
    let full = claimed.len() == places.len();
    for run in claimed {
        if let Some(place) = places.pop() {
            tasks::claimed(shared, incarnation, &run, place);
        }
    }
    if full {
        return Found::Full;
    }
    match next_wake(database, now).await {
        Ok(at) => {
            if let Some(at) = at {
                shared.learn_due(at);
            }
        }
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "could not see what is due next");
        }
    }
    Found::All
}

/// How many places one claim asks for: while nothing is known to wait, half of the free ones are left
/// to runs that are accepted meanwhile.
fn wanted(places: &Places) -> usize {
    let free = places.free();
    let wanted = if places.is_hungry() { free } else { free.div_ceil(2) };
    wanted.min(CLAIM_MAX as usize)
}

async fn rest(shared: &Shared, found: Found) {
    let poll = Instant::now() + shared.parts.options.poll.std();
    loop {
        let due = shared.next_due().map(|at| Instant::now() + at.since(shared.now()).std());
        // Without room, or without the store, what is due must wait as well.
        let due = due.filter(|_| found == Found::All);
        let until = due.map_or(poll, |due| due.min(poll));
        tokio::select! {
            () = shared.places.work.notified(), if found != Found::NoRoom => return,
            () = shared.places.freed.notified(), if found == Found::NoRoom => return,
            () = shared.due_earlier.notified() => {}
            () = tokio::time::sleep_until(until) => return,
            () = shared.stopping.cancelled() => return,
        }
    }
}
