//! One instance in this process: a store, its services, and a worker.

use std::sync::Arc;

use gathering_app::{Admission as _, AdmittedRun};
use gathering_domain::{Actor, Clock, Duration, IdSource, InstanceId, ProjectId, RunId, Timestamp};
use gathering_engine::{Entry, EntryBody, Limits, OnCost, Origin, RunStarted};
use gathering_storage::{
    Append, Database, DatabaseOptions, LogTail, LogWriter, LogWriterOptions, NewRun, Projector,
    Storage,
};
use gathering_worker::{
    Jitter, Machines, Performers, Skills, Worker, WorkerHandle, WorkerOptions, WorkerParts,
};
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The system's clock, ids and randomness.
pub(crate) struct Ambient;

impl Clock for Ambient {
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
    fn now(&self) -> Timestamp {
        let since =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

impl IdSource for Ambient {
    #[expect(clippy::disallowed_methods, reason = "a benchmark needs ids as in production")]
    fn next_uuid(&self) -> Uuid {
        Uuid::now_v7()
    }
}

impl Jitter for Ambient {
    fn draw(&self) -> f64 {
        0.5
    }
}

/// One instance.
pub(crate) struct Node {
    pub(crate) database: Database,
    pub(crate) tail: LogTail,
    pub(crate) writer: LogWriter,
    pub(crate) handle: WorkerHandle,
    project: ProjectId,
    stop: CancellationToken,
    services: Vec<JoinHandle<()>>,
}

impl Node {
    pub(crate) async fn open(
        options: DatabaseOptions,
        machines: Arc<dyn Machines>,
        performers: Performers,
    ) -> anyhow::Result<Self> {
        let database = Database::open(options).await?;
        Storage::open(database.clone()).await?;
        let instance = InstanceId::next(&Ambient);
        let (tail, tail_service) = LogTail::open(&database).await?;
        let (writer, writer_service) =
            LogWriter::open(&database, &tail, instance, LogWriterOptions::default()).await?;
        let worker = Worker::new(WorkerParts {
            database: database.clone(),
            writer: writer.clone(),
            clock: Arc::new(Ambient),
            ids: Arc::new(Ambient),
            jitter: Arc::new(Ambient),
            options: WorkerOptions {
                places: 10_000,
                grace: Duration::from_secs(5),
                silence: Duration::from_secs(4),
                poll: Duration::from_secs(1),
            },
            about: "bench".into(),
        });
        let handle = worker.handle();
        let stop = CancellationToken::new();
        let projector = Projector::new(&database, &tail);
        #[expect(clippy::disallowed_methods, reason = "joined by `close`")]
        let services = vec![
            tokio::spawn(tail_service.run(stop.clone())),
            tokio::spawn(writer_service.run(stop.clone())),
            tokio::spawn(projector.run(stop.clone())),
            tokio::spawn(worker.run(Skills { machines, performers }, stop.clone())),
        ];
        let node = Self {
            database,
            tail,
            writer,
            handle,
            project: ProjectId::next(&Ambient),
            stop,
            services,
        };
        node.registered().await?;
        Ok(node)
    }

    /// Waits until the worker has registered the instance.
    async fn registered(&self) -> anyhow::Result<()> {
        loop {
            let known = gathering_storage::list_instances(&self.database, Ambient.now()).await?;
            if known.iter().any(|instance| instance.id == self.writer.instance()) {
                return Ok(());
            }
            tokio::task::yield_now().await;
        }
    }

    /// Starts a run here; returns once its start is durable.
    pub(crate) async fn start(&self) -> anyhow::Result<RunId> {
        let run_id = RunId::next(&Ambient);
        let now = Ambient.now();
        let actor = Actor::LocalOwner;
        let started = RunStarted {
            machine: "steps".to_owned(),
            behaviour: 1,
            definition: Arc::new(Value::Null),
            input: Arc::new(Value::Null),
            actor,
            trigger: "manual".to_owned(),
            limits: Limits::default(),
            origin: Origin::root(run_id),
        };
        let permit = self.handle.try_admit();
        let run = NewRun {
            id: run_id,
            project_id: self.project,
            actor,
            machine: "steps".to_owned(),
            title: "steps".to_owned(),
            trigger: "manual".to_owned(),
            definition_id: None,
            definition_version_id: None,
            still_at: None,
            owner: permit.is_some().then(|| self.writer.instance()),
            priority: 0,
            limits: Vec::new(),
            deadline: None,
            origin: Origin::root(run_id),
            first_run_id: run_id,
            budget: None,
            on_cost: OnCost::Fail,
            idempotency: None,
            fire: None,
            starter: None,
            delivery: None,
            counted: None,
        };
        let entries =
            vec![Entry { seq: 0, at: now, body: EntryBody::RunStarted(Box::new(started)) }];
        self.writer
            .append(Append::create(self.writer.instance(), now, run, entries.clone()))
            .await?;
        match permit {
            Some(permit) => {
                self.handle.hand_over(AdmittedRun {
                    run_id,
                    project_id: self.project,
                    priority: 0,
                    journal: entries,
                    permit,
                });
            }
            None => self.handle.wake(run_id, None),
        }
        Ok(run_id)
    }

    /// Waits until the journal index has caught up with the log.
    pub(crate) async fn caught_up(&self) -> anyhow::Result<()> {
        let projector = Projector::new(&self.database, &self.tail);
        loop {
            if let gathering_storage::Sliced::CaughtUp = projector.slice().await? {
                return Ok(());
            }
        }
    }

    pub(crate) async fn close(self) {
        self.stop.cancel();
        for service in self.services {
            let _ = service.await;
        }
        self.database.close().await;
    }
}
