//! What all parts of a worker share.

use std::sync::{
    Arc, Mutex, OnceLock, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use gathering_domain::{Clock, Duration, IdSource, InstanceId, RunId, Timestamp};
use gathering_engine::Ambient;
use gathering_storage::{About, Database, LogWriter};
use tokio::{
    sync::{Notify, Semaphore, broadcast, watch},
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    clock::StoreClock, folded::Folded, left::Left, machines::Machines, performer::Performers,
    places::Places, stuck::Stuck,
};

/// Ends of runs that a listener may be behind before it misses some.
const FINISHED_KEPT: usize = 16_384;

/// Runs that are read and folded at a time. When many are taken up at once, few at a time begin sooner
/// than all together: each goes through every stage before the next one stands in its way, and what the
/// first ones have read of their definitions the others find in memory.
const TAKEN_UP_AT_ONCE: usize = 8;

/// Draws the jitter of retries.
pub trait Jitter: Send + Sync {
    /// A number from 0 to 1.
    fn draw(&self) -> f64;
}

/// Bounds of a worker.
#[derive(Debug, Clone, Copy)]
pub struct WorkerOptions {
    /// Runs driven at a time.
    pub places: usize,
    /// How long effects in flight may go on once the process stops.
    pub grace: Duration,
    /// Silence after which another instance counts as dead.
    pub silence: Duration,
    /// How often claimable runs are looked for without a notice.
    pub poll: Duration,
}

/// What a worker is made of.
pub struct WorkerParts {
    /// The store.
    pub database: Database,
    /// Writes the log, for this instance.
    pub writer: LogWriter,
    /// Tells the time of this process; the worker goes by the database's.
    pub clock: Arc<dyn Clock>,
    /// Gives ids.
    pub ids: Arc<dyn IdSource>,
    /// Draws jitter.
    pub jitter: Arc<dyn Jitter>,
    /// Bounds.
    pub options: WorkerOptions,
    /// What this instance tells of itself, for people.
    pub about: About,
}

/// What a worker can do. It comes last, because it is made of use cases, which hand runs to the
/// worker.
pub struct Skills {
    /// Makes machines.
    pub machines: Arc<dyn Machines>,
    /// Perform effects.
    pub performers: Performers,
}

/// What all parts of a worker share.
pub(crate) struct Shared {
    pub(crate) parts: WorkerParts,
    pub(crate) clock: Arc<StoreClock>,
    skills: OnceLock<Skills>,
    pub(crate) places: Places,
    /// Folded runs that wait for their children.
    pub(crate) folded: Folded,
    /// Owned runs that could not be taken up.
    pub(crate) stuck: Stuck,
    /// Runs of a newer program that were given back.
    pub(crate) left: Left,
    pub(crate) tasks: TaskTracker,
    /// Leave to read and fold a run.
    pub(crate) take_up: Semaphore,
    /// Set when the process is to stop: nothing new begins, and runs are given back.
    pub(crate) stopping: CancellationToken,
    /// Set when all runs were given back: the instance need not live any longer.
    pub(crate) over: CancellationToken,
    /// Set by the database when the process cannot go on: the disk refused a commit.
    pub(crate) broken: CancellationToken,
    incarnation: Mutex<Incarnation>,
    /// Whether the present incarnation is registered, so that runs may be accepted in its name.
    registered: watch::Sender<bool>,
    stop_by: Mutex<Option<Instant>>,
    /// How many questions for money this process has asked.
    questions: AtomicI64,
    /// Tells who listens in this process that a run has ended, after its commit.
    pub(crate) finished: broadcast::Sender<RunId>,
    /// The earliest time at which a parked run wants to be looked at, in microseconds.
    next_due: AtomicI64,
    /// Rung when `next_due` became earlier.
    pub(crate) due_earlier: Notify,
    /// Rung when notices may have been missed.
    pub(crate) look: Notify,
}

/// One life of the instance in the database: from registration until it is declared dead.
#[derive(Debug, Clone)]
pub(crate) struct Incarnation {
    pub(crate) id: InstanceId,
    /// Set when another instance declared this one dead. All its runs are dropped.
    pub(crate) fenced: CancellationToken,
}

impl Shared {
    pub(crate) fn new(parts: WorkerParts) -> Self {
        let incarnation = Incarnation::new(parts.writer.instance());
        Self {
            skills: OnceLock::new(),
            clock: Arc::new(StoreClock::new(Arc::clone(&parts.clock))),
            places: Places::new(parts.options.places),
            folded: Folded::default(),
            stuck: Stuck::default(),
            left: Left::default(),
            tasks: TaskTracker::new(),
            take_up: Semaphore::new(TAKEN_UP_AT_ONCE),
            stopping: CancellationToken::new(),
            over: CancellationToken::new(),
            broken: parts.database.broken(),
            incarnation: Mutex::new(incarnation),
            registered: watch::Sender::new(false),
            stop_by: Mutex::new(None),
            questions: AtomicI64::new(0),
            finished: broadcast::channel(FINISHED_KEPT).0,
            next_due: AtomicI64::new(i64::MAX),
            due_earlier: Notify::new(),
            look: Notify::new(),
            parts,
        }
    }

    /// Sets what the worker can do, once.
    pub(crate) fn learn(&self, skills: Skills) {
        let fresh = self.skills.set(skills).is_ok();
        debug_assert!(fresh, "a worker runs once");
    }

    pub(crate) fn skills(&self) -> &Skills {
        self.skills.get().expect("no run is driven before the worker runs")
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn ambient(&self) -> Ambient<'_> {
        Ambient { now: self.now(), ids: self.parts.ids.as_ref(), jitter: self.parts.jitter.draw() }
    }

    /// A number for a question for money.
    pub(crate) fn next_question(&self) -> i64 {
        self.questions.fetch_add(1, Ordering::Relaxed)
    }

    /// The present life of this instance.
    pub(crate) fn incarnation(&self) -> Incarnation {
        self.incarnation.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begins a new life, under an id of its own.
    pub(crate) fn reborn(&self) -> Incarnation {
        let next = Incarnation::new(InstanceId::next(self.parts.ids.as_ref()));
        *self.incarnation.lock().unwrap_or_else(PoisonError::into_inner) = next.clone();
        self.parts.writer.become_instance(next.id);
        next
    }

    /// Says whether the present incarnation is registered.
    pub(crate) fn set_registered(&self, registered: bool) {
        self.registered.send_replace(registered);
    }

    /// Waits until an incarnation is registered.
    pub(crate) async fn until_registered(&self) {
        let mut registered = self.registered.subscribe();
        // Its sender is here, so it cannot end before.
        let _ = registered.wait_for(|registered| *registered).await;
    }

    /// Whether runs may be accepted in the name of the present incarnation, and driven.
    pub(crate) fn is_open(&self) -> bool {
        *self.registered.borrow() && !self.stopping.is_cancelled()
    }

    /// When effects in flight are cut off; set once, when the process begins to stop.
    pub(crate) fn stop_by(&self) -> Instant {
        let mut stop_by = self.stop_by.lock().unwrap_or_else(PoisonError::into_inner);
        *stop_by.get_or_insert_with(|| Instant::now() + self.parts.options.grace.std())
    }

    /// Tells a run that it has news, wherever it is driven. May be lost: whoever misses it finds out
    /// at the next look.
    pub(crate) fn wake(self: &Arc<Self>, run_id: RunId, owner: Option<InstanceId>) {
        match owner {
            Some(owner) if owner != self.incarnation().id => {
                self.send(run_channel(owner), run_id.to_string());
            }
            Some(_) => self.places.poke(run_id),
            None => self.offer(),
        }
    }

    /// Says that something became claimable: here if there is room, else to the other instances.
    pub(crate) fn offer(self: &Arc<Self>) {
        self.places.work.notify_one();
        if self.stopping.is_cancelled() || self.places.free() == 0 {
            self.send(WORK_CHANNEL.to_owned(), String::new());
        }
    }

    /// Sends a notice to other instances, without waiting for it.
    fn send(self: &Arc<Self>, channel: String, payload: String) {
        let shared = Arc::clone(self);
        self.tasks.spawn(async move {
            if let Err(error) = shared.parts.database.notify(&channel, &payload).await {
                tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "could not send a notice"
                );
            }
        });
    }

    /// Notes that a parked run wants to be looked at.
    pub(crate) fn due(&self, at: Timestamp) {
        if self.next_due.fetch_min(at.micros(), Ordering::AcqRel) > at.micros() {
            self.due_earlier.notify_one();
        }
    }

    /// Forgets what was noted, before the store is asked; what is noted meanwhile counts.
    pub(crate) fn forget_due(&self) {
        self.next_due.store(i64::MAX, Ordering::Release);
    }

    /// Notes what the store says is due next.
    pub(crate) fn learn_due(&self, at: Timestamp) {
        self.next_due.fetch_min(at.micros(), Ordering::AcqRel);
    }

    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        match self.next_due.load(Ordering::Acquire) {
            i64::MAX => None,
            micros => Some(Timestamp::from_micros(micros)),
        }
    }
}

impl Incarnation {
    fn new(id: InstanceId) -> Self {
        Self { id, fenced: CancellationToken::new() }
    }
}

/// Where instances with room hear that something became claimable.
pub(crate) const WORK_CHANNEL: &str = "gathering_work";

/// Where an instance hears that a run of it has news.
pub(crate) fn run_channel(instance: InstanceId) -> String {
    format!("gathering_{}", instance.uuid().simple())
}
