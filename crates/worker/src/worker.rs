//! The worker as a service: started, handed runs, stopped with grace.

use std::sync::Arc;

use gathering_app::{Admission, AdmittedRun, Permit};
use gathering_domain::{Clock, InstanceId, RunId};
use gathering_engine::EntryBody;
use gathering_storage::StorageError;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use crate::{
    life,
    performer::RunContext,
    places::Place,
    shared::{Shared, Skills, WorkerParts},
    takeover, tasks,
};

/// How long tasks may take to write their last words beyond the grace time.
const LAST_WORDS: std::time::Duration = std::time::Duration::from_secs(5);

/// Drives runs for one instance.
pub struct Worker {
    shared: Arc<Shared>,
}

/// Hands runs to a worker. Cheap to clone.
#[derive(Clone)]
pub struct WorkerHandle {
    shared: Arc<Shared>,
}

impl Worker {
    /// A worker that has not begun.
    pub fn new(parts: WorkerParts) -> Self {
        Self { shared: Arc::new(Shared::new(parts)) }
    }

    /// A handle to it.
    pub fn handle(&self) -> WorkerHandle {
        WorkerHandle { shared: Arc::clone(&self.shared) }
    }

    /// Works until told to stop. Then claims nothing more, lets effects in flight end within the
    /// grace time, and gives all runs back with their journals complete.
    pub async fn run(self, skills: Skills, shutdown: CancellationToken) {
        let shared = self.shared;
        shared.learn(skills);
        // The instance lives on, beating and listening, until its last run was given back.
        tokio::join!(
            Box::pin(life::run(Arc::clone(&shared))),
            takeover::at_start(&shared),
            wind_up(&shared, shutdown),
        );
    }
}

async fn wind_up(shared: &Shared, shutdown: CancellationToken) {
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = shared.broken.cancelled() => {}
    }
    shared.stopping.cancel();
    shared.stop_by();
    shared.tasks.close();
    let last = shared.parts.options.grace.std() + LAST_WORDS;
    if tokio::time::timeout(last, shared.tasks.wait()).await.is_err() {
        tracing::warn!(
            runs = shared.places.driven(),
            "some runs were not given back; they will be taken over"
        );
    }
    shared.over.cancel();
}

impl WorkerHandle {
    /// Waits until this instance is registered, so that others know of it and runs may be accepted.
    pub async fn registered(&self) {
        self.shared.until_registered().await;
    }

    /// Hears of runs that end in this process, after the commit of their end.
    pub fn finished(&self) -> broadcast::Receiver<RunId> {
        self.shared.finished.subscribe()
    }

    /// The clock that runs go by: the database's. Whatever else writes times that instances compare
    /// takes them from here.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.shared.clock) as _
    }

    /// Asks the database for the time, so that [`clock`](Self::clock) tells it before the worker runs.
    pub async fn measure_clock(&self) -> Result<(), StorageError> {
        self.shared.clock.measure(&self.shared.parts.database).await
    }

    /// How many runs are driven here now.
    pub fn driven(&self) -> usize {
        self.shared.places.driven()
    }
}

impl Admission for WorkerHandle {
    fn try_admit(&self) -> Option<Permit> {
        if !self.shared.is_open() {
            return None;
        }
        self.shared.places.admit()
    }

    fn hand_over(&self, run: AdmittedRun) {
        let AdmittedRun { run_id, project_id, priority, journal, permit } = run;
        let Some(EntryBody::RunStarted(started)) = journal.first().map(|entry| &entry.body) else {
            tracing::error!(run.id = %run_id, "a run was handed over without its start");
            return;
        };
        let context = RunContext {
            run_id,
            root_run_id: started.origin.root,
            project_id,
            actor: started.actor,
            api_key_id: started.origin.api_key_id,
            priority,
        };
        let incarnation = self.shared.incarnation();
        tasks::begin(&self.shared, &incarnation, context, journal, Place::Admitted(permit));
    }

    fn wake(&self, run_id: RunId, owner: Option<InstanceId>) {
        self.shared.wake(run_id, owner);
    }
}
