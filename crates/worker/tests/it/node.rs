//! One instance with its services in a runtime of its own, so that it can die like a process.

mod opening;

use std::{
    future::Future,
    sync::{Arc, atomic::Ordering},
    time::Duration as StdDuration,
};

use gathering_app::{Admission, AdmittedRun};
use gathering_domain::{Actor, Duration, IdSource as _, InstanceId, ProjectId, RunId, RunStatus};
use gathering_engine::{
    Entry, EntryBody, Execution, Key, Limits, Origin, Payload, Resolution, RunStarted,
    SignalReceived,
};
use gathering_storage::{
    Append, Database, DatabaseOptions, InboxMessage, LogWriter, NewRun, Poked, Projector, RunLimit,
    RunRow, find_run, list_instances, load_journal,
};
use gathering_testkit::Place;
use gathering_worker::{Machines, Performers, Skills, WorkerHandle, WorkerOptions, fold};
use serde_json::Value;
use tokio::{runtime::Runtime, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    ambient::WrongClock,
    program::Programs,
    world::{Hands, World},
};

pub(crate) use opening::not_running;
use opening::{open, spread, worker};

/// The longest that a test waits for what must come.
const PATIENCE: StdDuration = StdDuration::from_mins(1);
/// How often a condition is looked at.
const LOOK: StdDuration = StdDuration::from_millis(5);

/// Everything that an instance is made of, to be used inside its runtime.
#[derive(Clone)]
pub(crate) struct Inside {
    pub(crate) database: Database,
    pub(crate) writer: LogWriter,
    pub(crate) worker: WorkerHandle,
    pub(crate) world: Arc<World>,
}

/// One instance.
pub(crate) struct Node {
    runtime: Option<Runtime>,
    pub(crate) inside: Inside,
    pub(crate) programs: Arc<Programs>,
    pub(crate) clock: Arc<WrongClock>,
    stop_worker: CancellationToken,
    stop_services: CancellationToken,
    worker_task: Option<JoinHandle<()>>,
    services: Vec<JoinHandle<()>>,
}

/// How a run is to be started.
#[derive(Clone, Default)]
pub(crate) struct Start {
    pub(crate) steps: Value,
    pub(crate) places: Vec<RunLimit>,
    pub(crate) priority: i64,
    pub(crate) limits: Limits,
    /// Leaves it to be claimed even if there is room here.
    pub(crate) queued: bool,
    /// The behaviour of its machine.
    pub(crate) behaviour: Option<u32>,
    /// Whose effect ids it shares.
    pub(crate) chain: Option<RunId>,
    /// Sets a budget that all its descendants share.
    pub(crate) budget: Option<gathering_domain::MicroUsd>,
}

pub(crate) fn options(place: &Place) -> DatabaseOptions {
    match place {
        Place::Sqlite(directory) => DatabaseOptions::sqlite(directory.path()),
        Place::Postgres(database) => DatabaseOptions::postgres(database.url()).pool(4),
    }
}

pub(crate) const fn usual() -> WorkerOptions {
    WorkerOptions {
        places: 100,
        grace: Duration::from_secs(10),
        silence: Duration::from_secs(4),
        poll: Duration::from_millis(500),
    }
}

/// Waits for what must come, or fails.
pub(crate) async fn soon<T>(what: &str, coming: impl Future<Output = T>) -> T {
    let waited = tokio::time::timeout(PATIENCE, coming).await;
    waited.unwrap_or_else(|_| panic!("it did not come in time: {what}"))
}

/// Waits until a condition holds, or fails.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let mut looks = tokio::time::interval(LOOK);
    soon(what, async {
        loop {
            looks.tick().await;
            if holds().await {
                return;
            }
        }
    })
    .await;
}

impl Node {
    pub(crate) async fn open(place: &Place, world: &Arc<World>) -> Self {
        Self::open_with(options(place), usual(), world).await
    }

    pub(crate) async fn open_with(
        options: DatabaseOptions,
        bounds: WorkerOptions,
        world: &Arc<World>,
    ) -> Self {
        Self::open_performing(options, bounds, world, |hands| hands).await
    }

    /// Opens an instance of an older build.
    pub(crate) async fn open_older(place: &Place, world: &Arc<World>) -> Self {
        Self::begin(options(place), usual(), world, Programs::older(), |hands| hands).await
    }

    /// Opens an instance whose performers the test changes.
    pub(crate) async fn open_performing(
        options: DatabaseOptions,
        bounds: WorkerOptions,
        world: &Arc<World>,
        change: impl FnOnce(Performers) -> Performers,
    ) -> Self {
        Self::begin(options, bounds, world, Programs::default(), change).await
    }

    async fn begin(
        options: DatabaseOptions,
        bounds: WorkerOptions,
        world: &Arc<World>,
        programs: Programs,
        change: impl FnOnce(Performers) -> Performers,
    ) -> Self {
        // What a failing test wants to tell.
        let _ = tracing_subscriber::fmt()
            .with_test_writer()
            .with_max_level(tracing::Level::DEBUG)
            .with_env_filter("gathering=debug")
            .try_init();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let (clock, programs) = (Arc::new(WrongClock::default()), Arc::new(programs));
        let opening = open(options, Arc::clone(world));
        let (inside, tail, tail_service, writer_service) = runtime.spawn(opening).await.unwrap();
        let worker = worker(&inside, Arc::clone(&clock), bounds, world);
        let (database, writer) = inside;
        let handle = worker.handle();
        let (stop_worker, stop_services) = (CancellationToken::new(), CancellationToken::new());
        let projector = Projector::new(&database, &tail);
        let hands = Performers::default().with("hands", Arc::new(Hands(Arc::clone(world))));
        let machines = Arc::clone(&programs) as Arc<dyn Machines>;
        let skills = Skills { machines, performers: change(hands) };
        let services = vec![
            runtime.spawn(tail_service.run(stop_services.clone())),
            runtime.spawn(writer_service.run(stop_services.clone())),
            runtime.spawn(projector.run(stop_services.clone())),
        ];
        let worker_task = runtime.spawn(worker.run(skills, stop_worker.clone()));
        let inside = Inside { database, writer, worker: handle, world: Arc::clone(world) };
        let node = Self {
            runtime: Some(runtime),
            inside,
            programs,
            clock,
            stop_worker,
            stop_services,
            worker_task: Some(worker_task),
            services,
        };
        until("the instance registers", || node.is_registered()).await;
        node
    }

    pub(crate) fn id(&self) -> InstanceId {
        self.inside.writer.instance()
    }

    /// Whether the instance may write.
    pub(crate) async fn is_registered(&self) -> bool {
        let id = self.id();
        let alive: Result<_, gathering_storage::StorageError> = self
            .run(|inside| async move {
                list_instances(&inside.database, inside.worker.clock().now()).await
            })
            .await;
        alive.is_ok_and(|alive| alive.iter().any(|one| one.alive && one.id == id))
    }

    /// Does something inside the instance's runtime, so that it dies with it.
    pub(crate) async fn run<T, F>(&self, work: impl FnOnce(Inside) -> F) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let runtime = self.runtime.as_ref().expect("the instance lives");
        runtime.spawn(work(self.inside.clone())).await.unwrap()
    }

    /// Starts a run here; returns once its start is durable.
    pub(crate) async fn start(&self, steps: Value) -> RunId {
        self.start_with(Start { steps, ..Start::default() }).await
    }

    pub(crate) async fn start_with(&self, start: Start) -> RunId {
        self.run(|inside| async move { inside.start(start).await }).await
    }

    pub(crate) async fn row(&self, run_id: RunId) -> RunRow {
        let read = || {
            self.run(move |inside| async move { find_run(run_id).first(&inside.database).await })
        };
        readable(read).await.expect("the run exists")
    }

    pub(crate) async fn journal(&self, run_id: RunId) -> Vec<Entry> {
        readable(|| {
            self.run(move |inside| async move { load_journal(&inside.database, run_id).await })
        })
        .await
    }

    /// Waits until a run has ended so; its journal must be whole.
    pub(crate) async fn ended(&self, run_id: RunId, status: RunStatus) -> Vec<Entry> {
        let has_ended = || async { self.row(run_id).await.finished_at.is_some() };
        until(&format!("the end of {run_id}"), has_ended).await;
        let journal = self.journal(run_id).await;
        check(run_id, &journal).await;
        let row = self.row(run_id).await;
        assert_eq!(row.status, status, "{:?}: {journal:#?}", row.outcome);
        assert_eq!(row.owner, None);
        journal
    }

    /// Waits until a run is at rest, waiting.
    pub(crate) async fn waits(&self, run_id: RunId) -> RunRow {
        let is_waiting = || async { self.row(run_id).await.status == RunStatus::Waiting };
        until(&format!("{run_id} waits"), is_waiting).await;
        self.row(run_id).await
    }

    /// Tells a run something, and wakes whoever must hear of it.
    pub(crate) async fn tell(&self, run_id: RunId, message: InboxMessage) {
        self.run(move |inside| async move { inside.tell(run_id, message, true).await }).await;
    }

    /// Tells a run something, and loses the notice.
    pub(crate) async fn tell_silently(&self, run_id: RunId, message: InboxMessage) {
        self.run(move |inside| async move { inside.tell(run_id, message, false).await }).await;
    }

    pub(crate) async fn script(&self, text: String) {
        self.run(|inside| async move { inside.database.script(text).await.unwrap() }).await;
    }

    /// Stops in peace.
    pub(crate) async fn stop(mut self) {
        self.begin_to_stop();
        soon("the worker stops", self.worker_task.take().expect("it runs")).await.unwrap();
        self.stop_services.cancel();
        for service in self.services.drain(..) {
            soon("a service stops", service).await.unwrap();
        }
        let database = self.inside.database.clone();
        self.run(|_| async move { database.close().await }).await;
    }

    pub(crate) fn begin_to_stop(&self) {
        self.stop_worker.cancel();
    }

    /// Dies: all that it does stops where it is, and its connections are cut.
    pub(crate) fn kill(mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    pub(crate) fn folds(&self) -> usize {
        self.programs.folds.load(Ordering::SeqCst)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Inside {
    pub(crate) async fn start(&self, start: Start) -> RunId {
        let run_id = RunId::from_uuid(spread(self.world.ids.next_uuid()));
        let (now, actor) = (self.worker.clock().now(), Actor::LocalOwner);
        let mut origin = Origin::root(run_id);
        origin.budgeted = start.budget.is_some();
        origin.chain = start.chain.unwrap_or(run_id).uuid();
        let started = RunStarted {
            machine: "program".to_owned(),
            behaviour: start.behaviour.unwrap_or(1),
            definition: Payload::new(start.steps),
            input: Payload::default(),
            actor,
            trigger: "manual".to_owned(),
            limits: start.limits,
            origin: origin.clone(),
        };
        let permit =
            if start.queued || !start.places.is_empty() { None } else { self.worker.try_admit() };
        let priority = start.priority;
        let (instance, project_id) = (self.writer.instance(), ProjectId::from_uuid(Uuid::nil()));
        let run = NewRun {
            id: run_id,
            project_id,
            actor,
            machine: "program".to_owned(),
            title: "a run".to_owned(),
            trigger: "manual".to_owned(),
            definition_id: None,
            definition_version_id: None,
            still_at: None,
            owner: permit.is_some().then_some(instance),
            priority: start.priority,
            limits: start.places,
            deadline: start.limits.timeout.map(|timeout| now + timeout),
            origin,
            first_run_id: run_id,
            budget: start.budget,
            on_cost: start.limits.on_cost,
            idempotency: None,
            fire: None,
            starter: None,
            delivery: None,
            counted: None,
        };
        let body = EntryBody::RunStarted(Box::new(started));
        let journal = vec![Entry { seq: 0, at: now, body }];
        self.writer.append(Append::create(instance, now, run, journal.clone())).await.unwrap();
        match permit {
            Some(permit) => {
                self.worker.hand_over(AdmittedRun {
                    run_id,
                    project_id,
                    priority,
                    journal,
                    permit,
                });
            }
            None => self.worker.wake(run_id, None),
        }
        run_id
    }

    pub(crate) async fn tell(&self, run_id: RunId, message: InboxMessage, wake: bool) {
        let poked = self.writer.poke(run_id, &message, self.worker.clock().now()).await.unwrap();
        if let (Poked::Told(told), true) = (poked, wake) {
            self.worker.wake(told.run_id, told.owner);
        }
    }
}

pub(crate) fn cancel() -> InboxMessage {
    InboxMessage::Cancel { actor: Actor::LocalOwner, reason: "enough".to_owned() }
}

pub(crate) fn signal(key: &str) -> InboxMessage {
    let (key, payload) = (Key::new(key), Payload::default());
    InboxMessage::Signal(SignalReceived { key, payload, actor: Actor::LocalOwner })
}

pub(crate) fn resolve(key: &str, resolution: Resolution) -> InboxMessage {
    let (key, attempt, actor) = (Key::new(key), 1, Actor::LocalOwner);
    InboxMessage::Resolve { key, attempt, resolution, actor }
}

/// Reads as soon as the store can be read: tests cut it off.
async fn readable<T, E, F: Future<Output = Result<T, E>>>(mut read: impl FnMut() -> F) -> T {
    soon("the store can be read", async {
        loop {
            match read().await {
                Ok(read) => return read,
                Err(_) => tokio::time::sleep(LOOK).await,
            }
        }
    })
    .await
}

/// How often each kind of entry stands in a journal.
pub(crate) fn count(journal: &[Entry], kind: &str) -> usize {
    journal.iter().filter(|entry| entry.body.kind() == kind).count()
}

/// A journal is whole: no gap, no key settled twice, an end and nothing behind it; and it folds.
async fn check(run_id: RunId, journal: &[Entry]) {
    let mut settled = std::collections::HashSet::new();
    for (seq, entry) in (0..).zip(journal) {
        assert_eq!(entry.seq, seq, "{journal:#?}");
        let settles = matches!(
            entry.body,
            EntryBody::EffectSettled(_)
                | EntryBody::ChildSettled(_)
                | EntryBody::SignalReceived(_)
                | EntryBody::TimerFired { .. }
        );
        if settles && let Some(key) = entry.body.key() {
            assert!(settled.insert(key.clone()), "{key} settled twice: {journal:#?}");
        }
    }
    assert_eq!(count(journal, "run_finished"), 1, "{journal:#?}");
    let programs = Programs::default();
    let project = ProjectId::from_uuid(Uuid::nil());
    let folded: Execution = fold(&programs, project, run_id, journal.to_vec()).await.unwrap();
    assert!(folded.state().finished().is_some());
}
