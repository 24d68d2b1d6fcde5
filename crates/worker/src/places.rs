//! Places: how many runs this instance drives at a time, and which ones it drives now.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use gathering_app::Permit;
use gathering_domain::RunId;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// One place; given back when it is dropped.
#[derive(Debug)]
#[expect(dead_code, reason = "held for their drop")]
pub(crate) enum Place {
    /// Taken by the worker itself.
    Taken(OwnedSemaphorePermit),
    /// Taken for a run that was accepted here.
    Admitted(Permit),
}

/// The places of an instance, and the runs in them.
#[derive(Clone)]
pub(crate) struct Places {
    free: Arc<Semaphore>,
    /// Rung whenever a place is given back or work may be waiting.
    pub(crate) bell: Arc<Notify>,
    driven: Arc<Mutex<HashMap<RunId, Seat>>>,
}

#[derive(Clone, Default)]
struct Seat {
    poked: Arc<Notify>,
    gone: CancellationToken,
}

/// A run's entry among those that are driven; ends when it is dropped.
pub(crate) struct Driven {
    places: Places,
    run_id: RunId,
    /// Rung when something was put into the run's inbox.
    pub(crate) poked: Arc<Notify>,
}

impl Places {
    pub(crate) fn new(most: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(most)), bell: Arc::default(), driven: Arc::default() }
    }

    /// A place, if one is free.
    pub(crate) fn take(&self) -> Option<Place> {
        Arc::clone(&self.free).try_acquire_owned().ok().map(Place::Taken)
    }

    /// A place for a run that is being accepted, if one is free.
    pub(crate) fn admit(&self) -> Option<Permit> {
        Arc::clone(&self.free).try_acquire_owned().ok().map(Permit::new)
    }

    /// Waits until nothing is driven here any more.
    pub(crate) async fn empty(&self) {
        loop {
            let next = self.lock().values().next().map(|seat| seat.gone.clone());
            match next {
                Some(gone) => gone.cancelled().await,
                None => return,
            }
        }
    }

    /// Whether a run is driven here.
    pub(crate) fn drives(&self, run_id: RunId) -> bool {
        self.lock().contains_key(&run_id)
    }

    pub(crate) fn free(&self) -> usize {
        self.free.available_permits()
    }

    pub(crate) fn driven(&self) -> usize {
        self.lock().len()
    }

    /// Notes a run as driven here, once whoever drove it before has let go: a run can be claimed
    /// again in the moment between its parking and the end of its task.
    pub(crate) async fn drive(&self, run_id: RunId) -> Driven {
        loop {
            let earlier = match self.lock().entry(run_id) {
                Entry::Vacant(vacant) => {
                    let poked = Arc::clone(&vacant.insert(Seat::default()).poked);
                    return Driven { places: self.clone(), run_id, poked };
                }
                Entry::Occupied(taken) => taken.get().gone.clone(),
            };
            earlier.cancelled().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RunId, Seat>> {
        self.driven.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells a run that its inbox has news; otherwise that it may be claimable.
    pub(crate) fn poke(&self, run_id: RunId) {
        match self.lock().get(&run_id) {
            Some(seat) => seat.poked.notify_one(),
            None => self.bell.notify_one(),
        }
    }

    /// Tells all runs to look into their inboxes: a notice may have been missed.
    pub(crate) fn poke_all(&self) {
        for seat in self.lock().values() {
            seat.poked.notify_one();
        }
        self.bell.notify_one();
    }
}

impl Drop for Driven {
    fn drop(&mut self) {
        if let Some(seat) = self.places.lock().remove(&self.run_id) {
            seat.gone.cancel();
        }
    }
}
