//! What the tests share: an opened store with its services, and runs to put into it.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gathering_database::{Database, DatabaseOptions, Sql, params};
use gathering_domain::{
    Actor, Clock, IdSource, InstanceId, ProjectId, RunId, Timestamp, Usage, Waiting,
};
use gathering_engine::{
    EffectSettled, Entry, EntryBody, Key, Limits, Origin, Outcome, ParentLink, Payload, RunStarted,
    Settlement,
};
use gathering_storage::{
    Append, AppendError, Appended, Flushed, LogObserver, LogTail, LogTailService, LogWriter,
    LogWriterOptions, NewRun, Projector, RunChange, RunLimit, RunsChanged, Storage, register,
};
use gathering_testkit::{CountingIds, ManualClock, Place};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The longest that a test waits for what must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Where tests take time and ids from.
pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) ids: CountingIds,
    pub(crate) project: ProjectId,
}

/// An instance with its writer, as a server process has it.
pub(crate) struct Node {
    pub(crate) storage: Storage,
    pub(crate) tail: LogTail,
    pub(crate) writer: LogWriter,
    pub(crate) id: InstanceId,
    pub(crate) world: Arc<World>,
    pub(crate) flushes: Arc<Flushes>,
    services: JoinSet<()>,
    shutdown: CancellationToken,
}

/// What the writer of a node has told of its flushes.
#[derive(Default)]
pub(crate) struct Flushes(Mutex<Vec<Flushed>>);

impl LogObserver for Flushes {
    fn flushed(&self, flush: &Flushed) {
        let result = flush.result.as_ref().map_err(|word| *word).map(|changed| RunsChanged {
            started: changed.started,
            ended: changed.ended.clone(),
            parked: changed.parked.clone(),
        });
        let Flushed { appends, bytes, took, .. } = *flush;
        self.0.lock().unwrap().push(Flushed { appends, bytes, took, result });
    }
}

impl Flushes {
    /// All since this was asked last.
    pub(crate) fn take(&self) -> Vec<Flushed> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl World {
    pub(crate) fn new() -> Arc<Self> {
        Self::after(0)
    }

    /// One whose ids come after others.
    pub(crate) fn after(given: u64) -> Arc<Self> {
        let ids = CountingIds::after(given);
        let project = ProjectId::next(&ids);
        Arc::new(Self { clock: ManualClock::default(), ids, project })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn run_id(&self) -> RunId {
        // Spread like real ids, so that lanes get their share.
        let id = self.ids.next_uuid().as_u128();
        RunId::from_uuid(uuid::Uuid::from_u128(
            (id << 64) | (id.wrapping_mul(0x9e37_79b9_7f4a_7c15) & u128::from(u64::MAX)),
        ))
    }

    /// A run that nobody owns.
    pub(crate) fn run(&self) -> NewRun {
        let id = self.run_id();
        NewRun {
            id,
            project_id: self.project,
            actor: Actor::LocalOwner,
            machine: "test".into(),
            title: "a run".into(),
            trigger: "manual".into(),
            definition_id: None,
            definition_version_id: None,
            still_at: None,
            owner: None,
            priority: 0,
            limits: Vec::new(),
            deadline: None,
            origin: Origin::root(id),
            first_run_id: id,
            budget: None,
            on_cost: gathering_engine::OnCost::Fail,
            idempotency: None,
            fire: None,
            starter: None,
            delivery: None,
            counted: None,
        }
    }

    pub(crate) fn limited(&self, key: &str, max: u32) -> NewRun {
        NewRun { limits: vec![RunLimit { key: key.into(), max, until_end: false }], ..self.run() }
    }

    /// A child of a run, waited for under `key`.
    pub(crate) fn child(&self, parent: RunId, key: &str) -> NewRun {
        let mut run = self.run();
        run.origin.parent = Some(ParentLink { run_id: parent, key: Key::new(key) });
        run.origin.root = parent;
        run
    }
}

pub(crate) async fn database(place: &Place) -> Database {
    let options = match place {
        Place::Sqlite(directory) => DatabaseOptions::sqlite(directory.path()),
        Place::Postgres(database) => DatabaseOptions::postgres(database.url()),
    };
    Database::open(options).await.unwrap()
}

/// A node with all its services, alone on a fresh store.
pub(crate) async fn node(place: &Place) -> Node {
    let world = World::new();
    let storage = Storage::open(database(place).await).await.unwrap();
    Node::start(&storage, &world).await
}

impl Node {
    /// Registers an instance and starts all its services.
    pub(crate) async fn start(storage: &Storage, world: &Arc<World>) -> Self {
        let mut node = Self::without_index(storage, world).await;
        node.index();
        node
    }

    /// The same without the journal index.
    pub(crate) async fn without_index(storage: &Storage, world: &Arc<World>) -> Self {
        let (tail, service) = LogTail::open(storage.database()).await.unwrap();
        Self::with_tail(storage, world, tail, service).await
    }

    pub(crate) async fn with_tail(
        storage: &Storage,
        world: &Arc<World>,
        tail: LogTail,
        tail_service: LogTailService,
    ) -> Self {
        let id = InstanceId::next(&world.ids);
        register(storage.database(), id, &"test".into(), world.now()).await.unwrap();
        // So that they can get into each other's way.
        let options = LogWriterOptions { lanes: Some(2) };
        let (writer, service) =
            LogWriter::open(storage.database(), &tail, id, options).await.unwrap();
        let shutdown = CancellationToken::new();
        let mut services = JoinSet::new();
        let flushes = Arc::<Flushes>::default();
        let observer: Arc<dyn LogObserver> = Arc::clone(&flushes) as _;
        services.spawn(service.observed_by(&observer).run(shutdown.clone()));
        services.spawn(tail_service.run(shutdown.clone()));
        let (storage, world) = (storage.clone(), Arc::clone(world));
        Self { storage, tail, writer, id, world, flushes, services, shutdown }
    }

    pub(crate) fn index(&mut self) {
        let projector = Projector::new(self.storage.database(), &self.tail);
        self.services.spawn(projector.run(self.shutdown.clone()));
    }

    pub(crate) fn database(&self) -> &Database {
        self.storage.database()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.world.now()
    }

    /// Stops the services after what is queued was written.
    pub(crate) async fn stop(mut self) {
        self.shutdown.cancel();
        while let Some(ended) = self.services.join_next().await {
            ended.unwrap();
        }
    }

    pub(crate) fn append(&self, run_id: RunId) -> Append {
        Append::new(self.id, run_id, self.world.project, self.now())
    }

    /// Creates a run with its first entry.
    pub(crate) async fn create(&self, run: NewRun) -> RunId {
        let id = run.id;
        self.try_create(run).await.unwrap();
        id
    }

    pub(crate) async fn try_create(&self, run: NewRun) -> Result<Appended, AppendError> {
        let entries = vec![started(&run, self.now())];
        self.writer.append(Append::create(self.id, self.now(), run, entries)).await
    }

    /// Creates a run that this node owns.
    pub(crate) async fn own(&self) -> RunId {
        self.create(NewRun { owner: Some(self.id), ..self.world.run() }).await
    }

    /// Appends settled keys under these places in the journal.
    pub(crate) async fn settle(&self, run_id: RunId, seqs: std::ops::Range<u32>) -> Appended {
        let mut append = self.append(run_id);
        append.entries = seqs.map(|seq| settled(seq, self.now(), "done")).collect();
        self.writer.append(append).await.unwrap()
    }

    pub(crate) async fn park(
        &self,
        run_id: RunId,
        wake_at: Option<Timestamp>,
        pokes_seen: i64,
    ) -> Appended {
        let mut append = self.append(run_id);
        append.change = RunChange::Parked { waiting: Waiting::Signal, wake_at, pokes_seen };
        self.writer.append(append).await.unwrap()
    }

    pub(crate) async fn finish(&self, run_id: RunId, seq: u32) {
        let outcome = Outcome::succeeded(serde_json::Value::Null);
        let mut append = self.append(run_id);
        append.entries =
            vec![Entry { seq, at: self.now(), body: EntryBody::RunFinished(outcome.clone()) }];
        append.change = RunChange::Finished { outcome };
        self.writer.append(append).await.unwrap();
    }
}

pub(crate) fn started(run: &NewRun, at: Timestamp) -> Entry {
    let body = RunStarted {
        machine: run.machine.clone(),
        behaviour: 1,
        definition: Payload::default(),
        input: Payload::default(),
        actor: run.actor,
        trigger: run.trigger.clone(),
        limits: Limits::default(),
        origin: run.origin.clone(),
    };
    Entry { seq: 0, at, body: EntryBody::RunStarted(Box::new(body)) }
}

pub(crate) fn settled(seq: u32, at: Timestamp, output: &str) -> Entry {
    let body = EffectSettled {
        key: Key::new(format!("step:{seq}")),
        attempt: 1,
        result: Settlement::Output(Arc::new(output.into())),
        usage: Usage::default(),
        settled_by: None,
        earlier_attempt: None,
    };
    Entry { seq, at, body: EntryBody::EffectSettled(body) }
}

/// Lets something go on beside the test.
pub(crate) fn spawn<T: Send + 'static>(
    what: impl Future<Output = T> + Send + 'static,
) -> tokio::task::JoinHandle<T> {
    tokio_util::task::TaskTracker::new().spawn(what)
}

/// Waits for what must come, or fails.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it comes in time")
}

/// Waits until the journal index has covered all that this node has written.
pub(crate) async fn caught_up(node: &Node) {
    let written = node.tail.last_written_row();
    let mut ticks = tokio::time::interval(Duration::from_millis(2));
    soon(async {
        while node.tail.indexed_row() < written {
            ticks.tick().await;
        }
    })
    .await;
}

/// Waits until a row of the log is final.
pub(crate) async fn final_upto(tail: &LogTail, row: i64) {
    soon(async { tail.watch().wait_for(|last| *last >= row).await.map(drop) }).await.unwrap();
}

/// How many backends of the test's own database wait for a lock.
pub(crate) async fn waiting_for_locks(node: &Node) -> i64 {
    const WAITING: Sql = Sql::each(
        "SELECT 0",
        "SELECT count(*) FROM pg_stat_activity \
         WHERE wait_event_type = 'Lock' AND datname = current_database()",
    );
    let found: Option<(i64,)> = node.database().query_opt(WAITING, params![]).await.unwrap();
    found.map_or(0, |(count,)| count)
}

/// Polls all before any is done, so that they meet in one flush.
pub(crate) async fn join_all<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut pending: Vec<_> = all.map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = pending.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        let mut waiting = false;
        for (future, done) in pending.iter_mut().zip(&mut done) {
            if done.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(output) => *done = Some(output),
                    std::task::Poll::Pending => waiting = true,
                }
            }
        }
        if waiting { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    done.into_iter().flatten().collect()
}
