//! An app of its own for each test, and a hand that plays the worker.

mod fakes;
mod hand;
mod second;

use std::sync::Arc;

use gathering_app::{
    App, Caller, Courier, NoWorker, Origin, PageRequest, Parts,
    audit::AuditFilter,
    identity::{CreateUser, SessionTimes, SignIn},
    secrets::SecretKey,
};
use gathering_domain::{AuditAction, Clock, Duration, IdSource, InstanceId, Role};
use gathering_storage::{
    Database, DatabaseOptions, LogTail, LogWriter, LogWriterOptions, Projector, Storage, register,
};
use gathering_testkit::{CountingIds, ManualClock, Place};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub(crate) use fakes::{CannedCourier, CannedModels, Counting, Room, toolbox};

pub(crate) const PASSWORD: &str = "correct horse battery";

/// An app on a fresh store.
pub(crate) struct Bench {
    pub(crate) app: App,
    pub(crate) owner: Caller,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) storage: Storage,
    pub(crate) writer: LogWriter,
    pub(crate) instance: InstanceId,
    pub(crate) room: Arc<Room>,
    pub(crate) courier: Arc<CannedCourier>,
    services: JoinSet<()>,
    _place: Place,
}

impl Bench {
    /// An app without a worker.
    pub(crate) async fn open(place: Place) -> Self {
        Self::with_room(place, 0).await
    }

    /// An app whose worker has room for so many runs, and only keeps them.
    pub(crate) async fn with_room(place: Place, room: usize) -> Self {
        Self::with(place, room, 0).await
    }

    /// An app that lets so many runs of a project be at work at the same time.
    pub(crate) async fn with_limit(place: Place, runs_per_project: u32) -> Self {
        Self::with(place, 0, runs_per_project).await
    }

    async fn with(place: Place, room: usize, runs_per_project: u32) -> Self {
        let options = match (&place, place.url()) {
            (Place::Sqlite(directory), _) => DatabaseOptions::sqlite(directory.path()),
            (Place::Postgres(_), Some(url)) => DatabaseOptions::postgres(url),
            (Place::Postgres(_), None) => unreachable!("a database of a server has an address"),
        };
        let database = Database::open(options).await.unwrap();
        let storage = Storage::open(database).await.unwrap();
        let clock = Arc::new(ManualClock::default());
        let ids = Arc::new(CountingIds::default());
        let instance = InstanceId::next(&*ids);
        register(storage.database(), instance, &"test".into(), clock.now()).await.unwrap();
        let (tail, tail_service) = LogTail::open(storage.database()).await.unwrap();
        let lanes = LogWriterOptions::default();
        let (writer, service) =
            LogWriter::open(storage.database(), &tail, instance, lanes).await.unwrap();
        let shutdown = CancellationToken::new();
        let mut services = JoinSet::new();
        services.spawn(service.run(shutdown.clone()));
        services.spawn(tail_service.run(shutdown.clone()));
        services.spawn(Projector::new(storage.database(), &tail).run(shutdown.clone()));
        let room = Arc::new(Room::of(room));
        let courier = Arc::new(CannedCourier::default());
        let app = App::open(Parts {
            storage: storage.clone(),
            writer: writer.clone(),
            tail,
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            ids: Arc::clone(&ids) as Arc<dyn IdSource>,
            randomness: Arc::new(Counting::default()),
            secret_key: SecretKey::from_bytes([7; 32]),
            toolbox: Arc::new(toolbox()),
            models: Arc::new(CannedModels),
            courier: Arc::clone(&courier) as Arc<dyn Courier>,
            admission: if room.is_none() { Arc::new(NoWorker) } else { Arc::clone(&room) as _ },
            breakers: None,
            runs_per_project,
            session_times: SessionTimes::default(),
            version: "0.0.0-test",
        })
        .await
        .unwrap();
        let owner = app.identity().local_owner();
        Self {
            app,
            owner,
            clock,
            storage,
            writer,
            instance,
            room,
            courier,
            services,
            _place: place,
        }
    }

    /// A user of a role, signed in.
    pub(crate) async fn sign_in_as(&self, role: Role, email: &str) -> Caller {
        let user = CreateUser {
            email: email.to_owned(),
            name: "Somebody".to_owned(),
            role,
            password: PASSWORD.to_owned().into(),
        };
        self.app.users().create(&self.owner, user).await.unwrap();
        let token = self.sign_in(email).await;
        self.app.identity().authenticate(&token, None).await.unwrap()
    }

    /// Signs in, and answers the token.
    pub(crate) async fn sign_in(&self, email: &str) -> String {
        use secrecy::ExposeSecret as _;
        let (email, password) = (email.to_owned(), PASSWORD.to_owned().into());
        let command = SignIn { email, password, origin: origin() };
        let signed_in = self.app.identity().sign_in(command).await.unwrap();
        signed_in.token.expose_secret().to_owned()
    }

    /// What the entries of the audit trail say, the latest first.
    pub(crate) async fn trail(&self) -> Vec<String> {
        let page = PageRequest { limit: Some(PageRequest::MAX_LIMIT), cursor: None };
        let found = self.app.audit().list(&self.owner, AuditFilter::default(), page).await.unwrap();
        assert!(found.next_cursor.is_none(), "a test makes less than a page of entries");
        found.items.into_iter().map(|entry| entry.content.to_string()).collect()
    }

    /// Whether each of these was done, according to the audit trail.
    pub(crate) async fn recorded(&self, actions: &[AuditAction]) -> bool {
        let trail = self.trail().await;
        let told = |entry: &String, action: &AuditAction| {
            entry.contains(&format!(r#""action":"{}""#, action.as_str()))
                && entry.contains(r#""outcome":"done""#)
        };
        actions.iter().all(|action| trail.iter().any(|entry| told(entry, action)))
    }

    /// From now on nothing is appended to the log: whoever tries is told that the store failed.
    pub(crate) async fn stop_writing(&mut self) {
        self.services.shutdown().await;
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }
}

/// Where a request of a test comes from.
pub(crate) fn origin() -> Origin {
    Origin { request_id: "req_test".to_owned(), address: Some([192, 0, 2, 1].into()), client: None }
}

/// A pipeline that answers its input.
pub(crate) fn echo(name: &str) -> Value {
    json!({
        "name": name,
        "inputs": { "type": "object", "properties": { "n": { "type": "integer" } } },
        "nodes": [
            { "id": "start", "type": "trigger" },
            { "id": "answer", "type": "transform", "config": { "value": "{{ input.n }}" } },
        ],
        "edges": [{ "from": "start", "to": "answer" }],
    })
}

/// An agent of the scripted model.
pub(crate) fn agent(name: &str) -> Value {
    json!({ "name": name, "model": "scripted/demo", "instructions": "Help." })
}

/// A pipeline with one agent node.
pub(crate) fn asks_agent(name: &str, agent: &str) -> Value {
    json!({
        "name": name,
        "nodes": [
            { "id": "start", "type": "trigger" },
            { "id": "ask", "type": "agent", "config": { "agent": agent, "task": "Do it." } },
        ],
        "edges": [{ "from": "start", "to": "ask" }],
    })
}
