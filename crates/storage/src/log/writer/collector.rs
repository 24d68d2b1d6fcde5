//! One lane: a flush takes everything queued, and the next gathers while it is on its way.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gathering_database::{Engine, Error as DatabaseError, Lane, Statement};
use gathering_domain::InstanceId;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Job;
use super::flush::Flush;
use crate::instances::backends_recorded;
use crate::log::append::{Appended, Position, Told};
use crate::log::observer::{Flushed, LogObserver, RunsChanged, word};
use crate::log::purpose::{Purpose, explain};
use crate::log::tail::LogTail;
use crate::{AppendError, log};

/// Appends in one flush.
const FLUSH_APPENDS: usize = 1_024;
/// Bytes in one flush; the append that passes it still goes in.
const FLUSH_BYTES: usize = 8 * 1024 * 1024;
/// How often a lane lets others run before it flushes, as long as that brings more.
const GATHER_ROUNDS: usize = 4;
/// How often a flush is tried of which nothing was applied.
const ATTEMPTS: u32 = 4;
/// How long it rests between; longer each time.
const PAUSE: Duration = Duration::from_millis(5);

/// Collects and writes the appends of one lane.
pub(super) struct Collector {
    lane: Arc<Lane>,
    queue: mpsc::Receiver<Job>,
    instance: Arc<Mutex<InstanceId>>,
    tail: LogTail,
    waiting: Vec<Job>,
    /// The instance under which the lane's backends were recorded last.
    recorded: Option<InstanceId>,
    /// Whether statements of one kind are put together.
    batches: bool,
    observer: Option<Arc<dyn LogObserver>>,
}

impl Collector {
    pub(super) fn new(
        lane: Arc<Lane>,
        queue: mpsc::Receiver<Job>,
        instance: Arc<Mutex<InstanceId>>,
        tail: LogTail,
        engine: Engine,
    ) -> Self {
        let batches = engine == Engine::Postgres;
        Self {
            lane,
            queue,
            instance,
            tail,
            waiting: Vec::new(),
            recorded: None,
            batches,
            observer: None,
        }
    }

    pub(super) fn observe(&mut self, observer: Arc<dyn LogObserver>) {
        self.observer = Some(observer);
    }

    pub(super) fn backend_pids(&self) -> Vec<i32> {
        self.lane.backend_pids()
    }

    pub(super) async fn run(mut self, shutdown: CancellationToken) {
        loop {
            if self.waiting.is_empty() {
                tokio::select! {
                    biased;
                    received = self.queue.recv_many(&mut self.waiting, FLUSH_APPENDS) => {
                        if received == 0 {
                            return;
                        }
                    }
                    () = shutdown.cancelled(), if !self.queue.is_closed() => {
                        // Callers get `Closed`; what is queued is still written.
                        self.queue.close();
                        continue;
                    }
                }
            }
            self.tail.wait_for_room().await;
            self.gather().await;
            let jobs = self.take();
            self.flush(jobs).await;
        }
    }

    /// Takes in what is queued, and what those send next whom the last flush has just answered: they
    /// would else form a second crowd, and each commit would carry half of what it could.
    async fn gather(&mut self) {
        for _ in 0..GATHER_ROUNDS {
            let before = self.waiting.len();
            tokio::task::yield_now().await;
            while self.waiting.len() < FLUSH_APPENDS
                && let Ok(job) = self.queue.try_recv()
            {
                self.waiting.push(job);
            }
            if self.waiting.len() == before {
                return;
            }
        }
    }

    /// Takes from what is waiting as much as fits into one flush.
    fn take(&mut self) -> Vec<Job> {
        let mut bytes = 0;
        let fits = self.waiting.iter().take_while(|job| {
            let fits = bytes < FLUSH_BYTES;
            bytes += job.prepared.bytes;
            fits
        });
        let count = fits.count();
        if count == self.waiting.len() {
            return std::mem::take(&mut self.waiting);
        }
        let rest = self.waiting.split_off(count);
        std::mem::replace(&mut self.waiting, rest)
    }

    async fn flush(&mut self, jobs: Vec<Job>) {
        let instance = *self.instance.lock().unwrap_or_else(PoisonError::into_inner);
        let (jobs, fenced): (Vec<Job>, Vec<Job>) =
            jobs.into_iter().partition(|job| job.prepared.instance.is_none_or(|by| by == instance));
        answer_all(fenced, &AppendError::Fenced);
        if jobs.is_empty() {
            return;
        }
        let fence = jobs.iter().any(|job| job.prepared.instance.is_some()).then_some(instance);
        if self.recorded != Some(instance) {
            self.record(instance).await;
        }
        let Some((jobs, error)) = self.attempt_without_outdated(jobs, fence).await else { return };
        match error {
            DatabaseError::GuardFailed => {
                let (fenced, free): (Vec<Job>, Vec<Job>) =
                    jobs.into_iter().partition(|job| job.prepared.instance.is_some());
                answer_all(fenced, &AppendError::Fenced);
                self.one_by_one(free, None).await;
            }
            DatabaseError::Lost { .. } | DatabaseError::Unavailable { .. } => {
                let why = explain(None, error);
                answer_all(jobs, &why);
                self.recover().await;
            }
            DatabaseError::Busy { .. } | DatabaseError::Closed | DatabaseError::Fatal { .. } => {
                answer_all(jobs, &explain(None, error));
            }
            // One of them is to blame: each goes alone, so that only that one fails.
            _ => self.one_by_one(jobs, fence).await,
        }
    }

    /// Writes the appends. Whoever goes by a definition that has changed is told so, and the others are
    /// written without them; each round tells one at least.
    async fn attempt_without_outdated(
        &mut self,
        mut jobs: Vec<Job>,
        fence: Option<InstanceId>,
    ) -> Option<(Vec<Job>, DatabaseError)> {
        loop {
            let (back, error) = self.attempt_again(jobs, fence).await.err()?;
            let purpose = self.purpose_of(&back, &error);
            let Some(purpose @ Purpose::Definition(..)) = purpose else {
                return Some((back, error));
            };
            let (outdated, others): (Vec<Job>, Vec<Job>) =
                back.into_iter().partition(|job| job.prepared.is_for(purpose));
            answer_all(outdated, &explain(Some(purpose), error));
            if others.is_empty() {
                return None;
            }
            jobs = others;
        }
    }

    /// What the statement was for whose expectation was not met.
    fn purpose_of(&self, jobs: &[Job], error: &DatabaseError) -> Option<Purpose> {
        let DatabaseError::Conflict { statement, .. } = error else { return None };
        let flush = Flush::of(jobs, None, self.batches);
        flush.purposes.iter().find(|(_, _, at)| at == statement).map(|(_, purpose, _)| *purpose)
    }

    async fn one_by_one(&mut self, jobs: Vec<Job>, fence: Option<InstanceId>) {
        for job in jobs {
            let fence = job.prepared.instance.and(fence);
            if let Err((mut failed, error)) = self.attempt_again(vec![job], fence).await
                && let Some(job) = failed.pop()
            {
                let lost =
                    matches!(error, DatabaseError::Lost { .. } | DatabaseError::Unavailable { .. });
                let purpose = self.purpose_of(std::slice::from_ref(&job), &error);
                let _ = job.reply.send(Err(explain(purpose, error)));
                if lost {
                    self.recover().await;
                }
            }
        }
    }

    /// Writes the appends, again if nothing came of it that is theirs: a collision with the work of
    /// others, or a connection that had ended before anything was sent.
    async fn attempt_again(
        &mut self,
        mut jobs: Vec<Job>,
        fence: Option<InstanceId>,
    ) -> Result<(), (Vec<Job>, DatabaseError)> {
        for attempt in 1..ATTEMPTS {
            match self.attempt(jobs, fence).await {
                Err((back, DatabaseError::Busy { .. })) => jobs = back,
                Err((back, DatabaseError::Unavailable { .. })) => {
                    jobs = back;
                    self.recover().await;
                }
                settled => return settled,
            }
            tokio::time::sleep(PAUSE * attempt).await;
        }
        self.attempt(jobs, fence).await
    }

    /// Writes the appends in one transaction and tells their callers; gives them back if it failed.
    async fn attempt(
        &self,
        jobs: Vec<Job>,
        fence: Option<InstanceId>,
    ) -> Result<(), (Vec<Job>, DatabaseError)> {
        let Flush { unit, purposes, first_row, rows, places } =
            Flush::of(&jobs, fence, self.batches);
        let begun = Instant::now();
        let applied = match self.lane.apply(unit).await {
            Ok(applied) => applied,
            Err(error) => {
                self.tell(&jobs, begun, || Err(word(&error)));
                return Err((jobs, error));
            }
        };
        let read = || -> gathering_database::Result<_> {
            let mut results = vec![Appended::default(); jobs.len()];
            for (number, purpose, statement) in &purposes {
                let statement = *statement;
                let result = &mut results[*number];
                match *purpose {
                    Purpose::Create { owned } => result.owned = owned,
                    Purpose::Park(_) => {
                        result.owned =
                            applied.first::<(bool,)>(statement)?.is_some_and(|(poked,)| poked);
                    }
                    Purpose::Tell(run_id) => {
                        if let Some((owner,)) = applied.first::<(Option<Uuid>,)>(statement)? {
                            let owner = owner.map(InstanceId::from_uuid);
                            result.told.push(Told { run_id, owner });
                        }
                    }
                    Purpose::Held => result.held = applied.first(statement)?.map(Box::new),
                    Purpose::Own(_)
                    | Purpose::Effect(_)
                    | Purpose::Grant(_)
                    | Purpose::Definition(..)
                    | Purpose::Other
                    | Purpose::Decide
                    | Purpose::Raise
                    | Purpose::Fire
                    | Purpose::Starter
                    | Purpose::Quota
                    | Purpose::Retried
                    | Purpose::Deliver => {}
                }
            }
            let mut ids = Vec::with_capacity(rows);
            for row in 0..rows {
                let id: Option<(i64,)> = applied.first(first_row + row)?;
                ids.push(id.map_or(0, |(id,)| id));
            }
            for (result, places) in results.iter_mut().zip(&places) {
                result.positions = places.map(|[first, last]| {
                    (Position::of(ids[first.0], first.1), Position::of(ids[last.0], last.1))
                });
            }
            Ok((results, ids))
        };
        match read() {
            Ok((results, rows)) => {
                self.tail.flushed(&rows);
                self.tell(&jobs, begun, || Ok(changed(&jobs, &results)));
                for (job, result) in jobs.into_iter().zip(results) {
                    let _ = job.reply.send(Ok(result));
                }
            }
            // It is written, but nobody can say what: as good as lost.
            Err(error) => {
                tracing::error!(%error, "could not read the results of a flush");
                self.tell(&jobs, begun, || Err("lost"));
                answer_all(jobs, &AppendError::Lost);
            }
        }
        Ok(())
    }

    /// Tells the observer, if there is one, how a transaction went.
    fn tell(
        &self,
        jobs: &[Job],
        begun: Instant,
        result: impl FnOnce() -> Result<RunsChanged, &'static str>,
    ) {
        if let Some(observer) = &self.observer {
            let bytes = jobs.iter().map(|job| job.prepared.bytes).sum();
            let (appends, took) = (jobs.len(), begun.elapsed());
            observer.flushed(&Flushed { appends, bytes, took, result: result() });
        }
    }

    /// Records the backends that write, before they do: a takeover must be able to end them. And sets
    /// their sessions up.
    async fn record(&mut self, instance: InstanceId) {
        let pids = self.lane.backend_pids();
        if !pids.is_empty() {
            let mut unit = backends_recorded(instance, &pids);
            unit.push(Statement::new(log::PLAN_BY_KEY, Vec::new()));
            if let Err(error) = self.lane.apply(unit).await {
                tracing::warn!(%error, "could not record the backends of a lane");
                return;
            }
        }
        self.recorded = Some(instance);
    }

    async fn recover(&mut self) {
        self.recorded = None;
        if let Err(error) = self.lane.recover().await {
            tracing::warn!(%error, "could not recover a lane of the log writer");
        }
    }
}

/// What became of runs. One that was told something while it was being parked is not parked.
fn changed(jobs: &[Job], results: &[Appended]) -> RunsChanged {
    let mut changed = RunsChanged::default();
    for (job, result) in jobs.iter().zip(results) {
        let marks = &job.prepared.marks;
        changed.started += marks.started;
        changed.ended.extend(marks.ended);
        changed.parked.extend(marks.parked.filter(|_| !result.owned));
    }
    changed
}

fn answer_all(jobs: Vec<Job>, why: &AppendError) {
    for job in jobs {
        let _ = job.reply.send(Err(why.clone()));
    }
}
