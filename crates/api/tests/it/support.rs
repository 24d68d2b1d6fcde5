//! A server of its own for each test: a real app on a real store behind a real socket.

pub(crate) mod client;
mod events;
mod fakes;
mod hand;
mod socket;

use std::sync::Arc;

use gathering_api::{ApiState, Options, Site, Tls};
use gathering_app::{
    App, Caller, NoWorker, Parts,
    identity::{CreateUser, SessionTimes},
    secrets::SecretKey,
};
use gathering_domain::{Clock, Duration, IdSource, InstanceId, Role};
use gathering_storage::{
    Database, DatabaseOptions, LogTail, LogWriter, LogWriterOptions, Projector, Storage, register,
};
use gathering_testkit::{CountingIds, FaultProxy, ManualClock, Place};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;

pub(crate) use client::{Answer, Asked, Connection};
use fakes::{CannedCourier, CannedModels, Counting, toolbox};

pub(crate) const PASSWORD: &str = "correct horse battery";

/// A server on a fresh store, without a worker.
pub(crate) struct Bench {
    pub(crate) app: App,
    pub(crate) owner: Caller,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) storage: Storage,
    pub(crate) writer: LogWriter,
    pub(crate) instance: InstanceId,
    pub(crate) address: String,
    pub(crate) leaving: CancellationToken,
    pub(crate) draining: CancellationToken,
    services: JoinSet<()>,
    place: Arc<Place>,
}

/// Where a second server on the same store begins to count, so that its ids are others.
const BESIDE: u64 = 1_000_000_000;

impl Bench {
    /// A server on SQLite, with the usual bounds.
    pub(crate) async fn new() -> Self {
        Self::open(Place::sqlite(), Options::default()).await
    }

    /// A server within these bounds.
    pub(crate) async fn open(place: Place, options: Options) -> Self {
        Self::at(place, options, Site::default()).await
    }

    /// A server that stands somewhere.
    pub(crate) async fn at(place: Place, options: Options, site: Site) -> Self {
        Self::on(Arc::new(place), options, 0, None, |state| state.site = Arc::new(site)).await
    }

    /// A server that encrypts.
    pub(crate) async fn encrypted(options: Options, tls: Tls) -> Self {
        Self::on(Arc::new(Place::sqlite()), options, 0, Some(tls), |_| {}).await
    }

    /// A second server on the same store, as another instance.
    pub(crate) async fn beside(&self) -> Self {
        self.beside_within(Options::default()).await
    }

    /// The same within these bounds.
    pub(crate) async fn beside_within(&self, options: Options) -> Self {
        Self::on(Arc::clone(&self.place), options, BESIDE, None, |_| {}).await
    }

    /// A server on SQLite whose edge the test changes.
    pub(crate) async fn dressed(dress: impl FnOnce(&mut ApiState)) -> Self {
        Self::on(Arc::new(Place::sqlite()), Options::default(), 0, None, dress).await
    }

    /// A server on PostgreSQL, and what stands between the two.
    pub(crate) async fn behind_a_proxy() -> (Self, FaultProxy) {
        let place = Place::postgres().await;
        let (proxy, url) = FaultProxy::before(&place).await;
        let (place, database) = (Arc::new(place), DatabaseOptions::postgres(url));
        (Self::over(database, place, Options::default(), 0, None, |_| {}).await, proxy)
    }

    async fn on(
        place: Arc<Place>,
        options: Options,
        counted: u64,
        tls: Option<Tls>,
        dress: impl FnOnce(&mut ApiState),
    ) -> Self {
        let database = match (&*place, place.url()) {
            (Place::Sqlite(directory), _) => DatabaseOptions::sqlite(directory.path()),
            (Place::Postgres(_), Some(url)) => DatabaseOptions::postgres(url),
            (Place::Postgres(_), None) => unreachable!("a database of a server has an address"),
        };
        Self::over(database, place, options, counted, tls, dress).await
    }

    async fn over(
        database: DatabaseOptions,
        place: Arc<Place>,
        options: Options,
        counted: u64,
        tls: Option<Tls>,
        dress: impl FnOnce(&mut ApiState),
    ) -> Self {
        let database = Database::open(database).await.unwrap();
        let storage = Storage::open(database).await.unwrap();
        let clock = Arc::new(ManualClock::default());
        let ids: Arc<dyn IdSource> = Arc::new(CountingIds::after(counted));
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
        let app = App::open(Parts {
            storage: storage.clone(),
            writer: writer.clone(),
            tail,
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            ids: Arc::clone(&ids),
            randomness: Arc::new(Counting::after(counted)),
            secret_key: SecretKey::from_bytes([7; 32]),
            toolbox: Arc::new(toolbox()),
            models: Arc::new(CannedModels),
            courier: Arc::new(CannedCourier),
            admission: Arc::new(NoWorker),
            breakers: None,
            runs_per_project: 0,
            session_times: SessionTimes::default(),
            version: "0.0.0-test",
        })
        .await
        .unwrap();
        let ids = Arc::new(CountingIds::after(counted + 1_000_000));
        let mut state = ApiState::new(app.clone(), ids);
        dress(&mut state);
        let (leaving, draining) = (state.leaving.clone(), state.draining.clone());
        let site = Arc::clone(&state.site);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let router = gathering_api::router(state, options);
        services.spawn(gathering_api::serve(
            listener,
            router,
            options,
            tls,
            site,
            draining.clone(),
        ));
        let owner = app.identity().local_owner();
        Self {
            app,
            owner,
            clock,
            storage,
            writer,
            instance,
            address,
            leaving,
            draining,
            services,
            place,
        }
    }

    /// Sends a request, and reads its answer.
    pub(crate) async fn ask(&self, asked: Asked) -> Answer {
        self.raw(&asked.bytes()).await
    }

    /// Sends a request from this address of the loopback's, and reads its answer.
    pub(crate) async fn ask_from(&self, own: &str, asked: &Asked) -> Answer {
        let mut connection = Connection::from(own, &self.address).await;
        connection.send(&asked.bytes()).await;
        connection.answer().await
    }

    /// Sends bytes, and reads the answer.
    pub(crate) async fn raw(&self, bytes: &[u8]) -> Answer {
        let mut connection = Connection::open(&self.address).await;
        connection.send(bytes).await;
        connection.answer().await
    }

    /// A user of a role, signed in over HTTP: their token.
    pub(crate) async fn token(&self, role: Role) -> String {
        let name = format!("{role:?}").to_lowercase();
        let email = format!("{name}@example.com");
        let password = PASSWORD.to_owned().into();
        let user = CreateUser { email: email.clone(), name, role, password };
        // A second token of the same role is a second session of the same person.
        let _ = self.app.users().create(&self.owner, user).await;
        let body = json!({ "email": email, "password": PASSWORD });
        let answer = self.ask(Asked::new("POST", "/api/v1/auth/login").json(&body)).await;
        answer.ok()["token"].as_str().unwrap().to_owned()
    }

    /// The token of the set-up link.
    pub(crate) async fn setup_token(&self) -> String {
        let token = self.app.identity().setup_link().await.unwrap().unwrap();
        token.expose_secret().to_owned()
    }

    /// Asks with a token, and expects it to go well.
    pub(crate) async fn get(&self, path: &str, token: &str) -> Value {
        self.ask(Asked::new("GET", path).token(token)).await.ok()
    }

    /// Posts with a token, and expects it to go well.
    pub(crate) async fn post(&self, path: &str, token: &str, body: &Value) -> Value {
        self.ask(Asked::new("POST", path).token(token).json(body)).await.ok()
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    /// Stops the server as it is stopped in production, and waits until the last request is answered.
    pub(crate) async fn stop(mut self) {
        self.draining.cancel();
        let served = tokio::time::timeout(client::PATIENCE, self.services.join_next()).await;
        served.expect("the server stops in time").unwrap().unwrap();
    }
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
