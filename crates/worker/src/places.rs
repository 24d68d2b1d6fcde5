//! Places: how many runs this instance drives at a time, and which ones it drives now.

use std::{
    collections::{HashMap, HashSet, VecDeque, hash_map::Entry},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use gathering_app::Permit;
use gathering_domain::RunId;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// Runs that were read back from the store without a claim, the latest of them.
const READ_BACK_KEPT: usize = 4_096;

/// One place; given back when it is dropped.
#[derive(Debug)]
#[expect(dead_code, reason = "held for their drop")]
pub(crate) enum Place {
    /// Taken by the worker itself.
    Taken(Room),
    /// Taken for a run that was accepted here.
    Admitted(Permit),
}

/// Room for one run. Whoever waits for room hears when it is dropped.
#[derive(Debug)]
pub(crate) struct Room {
    permit: Option<OwnedSemaphorePermit>,
    freed: Arc<Notify>,
}

/// The places of an instance, and the runs in them.
#[derive(Clone)]
pub(crate) struct Places {
    free: Arc<Semaphore>,
    /// Rung whenever a place is given back.
    pub(crate) freed: Arc<Notify>,
    /// Rung whenever something may have become claimable.
    pub(crate) work: Arc<Notify>,
    /// Whether more is waiting to be claimed than there was room for.
    hungry: Arc<AtomicBool>,
    table: Arc<Mutex<Table>>,
}

#[derive(Default)]
struct Table {
    driven: HashMap<RunId, Seat>,
    read_back: HashSet<RunId>,
    /// The same, oldest first.
    read_back_order: VecDeque<RunId>,
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
        Self {
            free: Arc::new(Semaphore::new(most)),
            freed: Arc::default(),
            work: Arc::default(),
            // Nobody has looked yet.
            hungry: Arc::new(AtomicBool::new(true)),
            table: Arc::default(),
        }
    }

    /// A place, if one is free.
    pub(crate) fn take(&self) -> Option<Place> {
        self.room().map(Place::Taken)
    }

    /// A place for a run that is being accepted, if one is free and nothing has been waiting longer.
    pub(crate) fn admit(&self) -> Option<Permit> {
        if self.is_hungry() {
            return None;
        }
        self.room().map(Permit::new)
    }

    fn room(&self) -> Option<Room> {
        let permit = Arc::clone(&self.free).try_acquire_owned().ok()?;
        Some(Room { permit: Some(permit), freed: Arc::clone(&self.freed) })
    }

    /// Whether more is waiting to be claimed than there was room for.
    pub(crate) fn is_hungry(&self) -> bool {
        self.hungry.load(Ordering::Relaxed)
    }

    pub(crate) fn set_hungry(&self, hungry: bool) {
        self.hungry.store(hungry, Ordering::Relaxed);
    }

    /// Waits until nothing is driven here any more.
    pub(crate) async fn empty(&self) {
        loop {
            let next = self.lock().driven.values().next().map(|seat| seat.gone.clone());
            match next {
                Some(gone) => gone.cancelled().await,
                None => return,
            }
        }
    }

    /// Whether a run is driven here.
    pub(crate) fn drives(&self, run_id: RunId) -> bool {
        self.lock().driven.contains_key(&run_id)
    }

    pub(crate) fn free(&self) -> usize {
        self.free.available_permits()
    }

    pub(crate) fn driven(&self) -> usize {
        self.lock().driven.len()
    }

    /// Notes a run as driven here, unless it is already.
    pub(crate) fn try_drive(&self, run_id: RunId) -> Option<Driven> {
        match self.lock().driven.entry(run_id) {
            Entry::Vacant(vacant) => {
                let poked = Arc::clone(&vacant.insert(Seat::default()).poked);
                Some(Driven { places: self.clone(), run_id, poked })
            }
            Entry::Occupied(_) => None,
        }
    }

    /// Notes a run as driven here, once whoever drove it before has let go: a run can be claimed
    /// again in the moment between its parking and the end of its task.
    pub(crate) async fn drive(&self, run_id: RunId) -> Driven {
        loop {
            if let Some(driven) = self.try_drive(run_id) {
                return driven;
            }
            let earlier = self.lock().driven.get(&run_id).map(|seat| seat.gone.clone());
            if let Some(earlier) = earlier {
                earlier.cancelled().await;
            }
        }
    }

    /// Notes that an owned run is about to be read back from the store, so that whoever still holds
    /// its first entries in memory does not go by them.
    pub(crate) fn reading_back(&self, run_id: RunId) {
        let mut table = self.lock();
        if table.read_back.insert(run_id) {
            table.read_back_order.push_back(run_id);
        }
        if table.read_back_order.len() > READ_BACK_KEPT
            && let Some(oldest) = table.read_back_order.pop_front()
        {
            table.read_back.remove(&oldest);
        }
    }

    /// Whether a run was read back from the store without a claim.
    pub(crate) fn was_read_back(&self, run_id: RunId) -> bool {
        let table = self.lock();
        !table.read_back.is_empty() && table.read_back.contains(&run_id)
    }

    /// Tells a run that its inbox has news; otherwise that it may be claimable.
    pub(crate) fn poke(&self, run_id: RunId) {
        match self.lock().driven.get(&run_id) {
            Some(seat) => seat.poked.notify_one(),
            None => self.work.notify_one(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        drop(self.permit.take());
        self.freed.notify_one();
    }
}

impl Drop for Driven {
    fn drop(&mut self) {
        if let Some(seat) = self.places.lock().driven.remove(&self.run_id) {
            seat.gone.cancel();
        }
    }
}
