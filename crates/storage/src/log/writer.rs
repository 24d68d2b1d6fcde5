//! The writer of the log: gathers what all runs append while the previous commit is on its way.

mod collector;
mod flush;

use std::sync::{Arc, Mutex, PoisonError};

use gathering_database::{Database, Engine, Lane};
use gathering_domain::{Actor, ApprovalId, InstanceId, MicroUsd, RunId, Timestamp};
use gathering_engine::{Key, Payload, SignalReceived};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::collector::Collector;
use super::append::{Append, Appended, Told};
use super::observer::LogObserver;
use super::prepare::{APPEND_BYTES_MAX, Prepared, Stage, prepare};
use super::purpose::Purpose;
use super::tail::LogTail;
use crate::{
    AppendError, InboxMessage, Result, approvals,
    audit::{self, Record},
    budgets,
};

/// Appends that may wait in a lane; beyond it callers wait.
const QUEUE_APPENDS: usize = 4_096;
/// Bytes of appends that may wait in all lanes; beyond it callers wait.
const QUEUE_BYTES: usize = 2 * APPEND_BYTES_MAX;
/// Appends of at most this many bytes are bounded by their number alone.
const SMALL_APPEND_BYTES: usize = 8 * 1024;
/// Lanes on PostgreSQL, each a connection, unless the options say otherwise; never more than half the
/// processors of this machine. Where two processors serve the clients and the server, a second lane
/// brings one instance a fifth more, and costs two instances a third.
const POSTGRES_LANES: usize = 2;

/// Appends to the log, and tells runs things, group-committed. Cheap to clone.
#[derive(Clone)]
pub struct LogWriter {
    shared: Arc<Shared>,
}

/// How the writer works.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogWriterOptions {
    /// Number of lanes, 1 to 4; always 1 on SQLite.
    pub lanes: Option<usize>,
}

/// The tasks behind a [`LogWriter`].
pub struct LogWriterService {
    collectors: Vec<Collector>,
}

/// Whether a run could be told something.
#[derive(Debug, Clone, PartialEq)]
pub enum Poked {
    /// It has it in its inbox. Who must be woken stands here; with `None` it has become claimable.
    Told(Told),
    /// Another message of the same key lies there, and this one was dropped. The same message again
    /// is told.
    Held(Box<InboxMessage>),
    /// It has ended, or there is no such run.
    Ended,
}

struct Shared {
    lanes: Vec<mpsc::Sender<Job>>,
    tracks: Vec<Arc<Lane>>,
    bytes: Arc<Semaphore>,
    instance: Arc<Mutex<InstanceId>>,
}

/// An append on its way, and where its end is told.
struct Job {
    prepared: Prepared,
    reply: oneshot::Sender<Result<Appended, AppendError>>,
    /// Its share of the bytes that may wait.
    _share: Option<tokio::sync::OwnedSemaphorePermit>,
}

impl LogWriter {
    /// Opens the lanes of a writer. Nothing is written before its service runs.
    pub async fn open(
        database: &Database,
        tail: &LogTail,
        instance: InstanceId,
        options: LogWriterOptions,
    ) -> Result<(Self, LogWriterService)> {
        let lanes = match database.engine() {
            Engine::Sqlite => 1,
            Engine::Postgres => options.lanes.unwrap_or_else(usual_lanes).clamp(1, 4),
        };
        let instance = Arc::new(Mutex::new(instance));
        let mut senders = Vec::with_capacity(lanes);
        let mut collectors = Vec::with_capacity(lanes);
        let mut tracks = Vec::with_capacity(lanes);
        for _ in 0..lanes {
            let (sender, queue) = mpsc::channel(QUEUE_APPENDS);
            senders.push(sender);
            let lane = Arc::new(database.lane().await?);
            tracks.push(Arc::clone(&lane));
            let instance = Arc::clone(&instance);
            collectors.push(Collector::new(lane, queue, instance, tail.clone(), database.engine()));
        }
        let bytes = Arc::new(Semaphore::new(QUEUE_BYTES));
        let shared = Shared { lanes: senders, tracks, bytes, instance };
        Ok((Self { shared: Arc::new(shared) }, LogWriterService { collectors }))
    }

    /// The instance on whose behalf this process writes now.
    pub fn instance(&self) -> InstanceId {
        *self.shared.instance.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes on as another instance, after the one before was fenced off. Whatever still comes in the
    /// old one's name is refused.
    pub fn become_instance(&self, instance: InstanceId) {
        *self.shared.instance.lock().unwrap_or_else(PoisonError::into_inner) = instance;
    }

    /// Process ids of the server's backends that write now; none on SQLite.
    pub fn backend_pids(&self) -> Vec<i32> {
        self.shared.tracks.iter().flat_map(|lane| lane.backend_pids()).collect()
    }

    /// Writes an append, and returns after the disk has it. If the future is dropped, it may still be
    /// written.
    pub async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.submit(prepare(append)?).await
    }

    /// Tells a run something, once under the message's key, and says who must be woken.
    pub async fn poke(
        &self,
        run_id: RunId,
        message: &InboxMessage,
        now: Timestamp,
    ) -> Result<Poked, AppendError> {
        let appended = self.submit(Prepared::poke(run_id, message, now)).await?;
        Ok(Poked::of(appended, message))
    }

    /// The same, and records it in the same transaction, unless the run has ended or somebody else's
    /// message lies there.
    pub async fn poke_recorded(
        &self,
        run_id: RunId,
        message: &InboxMessage,
        record: Record,
        now: Timestamp,
    ) -> Result<Poked, AppendError> {
        let mut prepared = Prepared::poke(run_id, message, now);
        prepared.record_if_told(run_id, message, record);
        let appended = self.submit(prepared).await?;
        Ok(Poked::of(appended, message))
    }

    /// Decides an open approval, tells the run and records it, in one transaction. Fails with
    /// [`AppendError::Conflict`] if it is not open any more.
    pub async fn decide(
        &self,
        approval_id: ApprovalId,
        (run_id, key): (RunId, &Key),
        actor: Actor,
        decision: Payload,
        record: Option<Record>,
        now: Timestamp,
    ) -> Result<Poked, AppendError> {
        let signal = SignalReceived { key: key.clone(), payload: Arc::clone(&decision), actor };
        let message = InboxMessage::Signal(signal);
        let mut prepared = Prepared::poke(run_id, &message, now);
        prepared.add(
            (Stage::Approvals, run_id.uuid()),
            Purpose::Decide,
            approvals::decide(approval_id, &actor, &decision, now),
        );
        if let Some(record) = record {
            prepared.record_if_told(run_id, &message, record);
        }
        let appended = self.submit(prepared).await?;
        Ok(Poked::of(appended, &message))
    }

    /// Raises the budget of a run, tells it and `others` and records it, in one transaction. Fails with
    /// [`AppendError::Conflict`] if the run has no budget, a larger one, or has ended.
    pub async fn raise(
        &self,
        run_id: RunId,
        cost: MicroUsd,
        actor: Actor,
        others: &[RunId],
        record: Option<Record>,
        now: Timestamp,
    ) -> Result<Vec<Told>, AppendError> {
        let message = InboxMessage::BudgetRaised { budget: run_id, cost, actor };
        let mut prepared = Prepared::poke(run_id, &message, now);
        for other in others.iter().filter(|other| **other != run_id) {
            prepared.tell(*other, &message, now);
        }
        // The raise sees what became of the run while it waited for the budget.
        for write in [budgets::grants::lock(run_id), budgets::raise(run_id, cost)] {
            prepared.add((Stage::Budgets, run_id.uuid()), Purpose::Raise, write);
        }
        if let Some(record) = record {
            prepared.add((Stage::Audit, run_id.uuid()), Purpose::Other, audit::record(record));
        }
        Ok(self.submit(prepared).await?.told)
    }

    async fn submit(&self, prepared: Prepared) -> Result<Appended, AppendError> {
        let share = if prepared.bytes > SMALL_APPEND_BYTES {
            let share = u32::try_from(prepared.bytes.min(QUEUE_BYTES)).unwrap_or(u32::MAX);
            let permit = Arc::clone(&self.shared.bytes).acquire_many_owned(share).await;
            Some(permit.map_err(|_| AppendError::Closed)?)
        } else {
            None
        };
        let (reply, answer) = oneshot::channel();
        // The low half of an id is drawn at random.
        let spread = prepared.run_id.as_u64_pair().1 % self.shared.lanes.len() as u64;
        let lane = usize::try_from(spread).unwrap_or_default();
        let job = Job { prepared, reply, _share: share };
        self.shared.lanes[lane].send(job).await.map_err(|_| AppendError::Closed)?;
        answer.await.map_err(|_| AppendError::Closed)?
    }
}

impl Poked {
    fn of(appended: Appended, message: &InboxMessage) -> Self {
        match (appended.told.first(), appended.held) {
            (None, _) => Self::Ended,
            (Some(_), Some(held)) if held.message != *message => Self::Held(Box::new(held.message)),
            (Some(told), _) => Self::Told(*told),
        }
    }
}

fn usual_lanes() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    (processors / 2).clamp(1, POSTGRES_LANES)
}

impl LogWriterService {
    /// Tells an observer of every flush.
    pub fn observed_by(mut self, observer: &Arc<dyn LogObserver>) -> Self {
        for collector in &mut self.collectors {
            collector.observe(Arc::clone(observer));
        }
        self
    }

    /// Process ids of the server's backends that will write; none on SQLite.
    pub fn backend_pids(&self) -> Vec<i32> {
        self.collectors.iter().flat_map(Collector::backend_pids).collect()
    }

    /// Writes until told to stop, and then what is still waiting.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut lanes = JoinSet::new();
        for collector in self.collectors {
            lanes.spawn(collector.run(shutdown.clone()));
        }
        while let Some(ended) = lanes.join_next().await {
            if let Err(failure) = ended {
                tracing::error!(error = %failure, "a lane of the log writer panicked");
            }
        }
    }
}
