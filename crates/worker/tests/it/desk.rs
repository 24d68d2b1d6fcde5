//! The use cases of an instance and its performers, on a real store, without a worker.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use gathering_app::{
    App, Caller, NoWorker, Parts, Randomness,
    identity::{CreateKey, CreateUser, SessionTimes},
    providers::{Adapter, ModelFactory, ProviderOrder},
    secrets::SecretKey,
};
use gathering_domain::{
    ApiKeyId, Clock, Duration, EffectKind, Failure, IdSource, InstanceId, Permission, Role, UserId,
};
use gathering_egress::{Egress, HostPattern};
use gathering_llm::{ModelProvider, Prices};
use gathering_storage::{Database, LogTail, LogWriter, LogWriterOptions, Storage};
use gathering_testkit::{CountingIds, ManualClock, Place};
use gathering_tools::{
    Policy, Tool, ToolContext, ToolFuture, ToolKind, ToolLimits, ToolSpec, Toolbox,
};
use gathering_worker::{
    BreakerPolicy, Breakers, EgressCourier, EgressOf, Observer, Performers, Unobserved, performers,
};
use serde_json::{Value, json};

use crate::node::options;

/// How long the keys last that are made here.
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
/// Ids and bytes of another instance begin so far from those of the first one.
const FAR: u8 = 128;

/// One instance.
pub(crate) struct Desk {
    pub(crate) app: App,
    pub(crate) owner: Caller,
    pub(crate) performers: Performers,
    pub(crate) database: Database,
    pub(crate) clock: Arc<ManualClock>,
}

struct NoModels;

impl ModelFactory for NoModels {
    fn kinds(&self) -> Vec<Adapter> {
        Vec::new()
    }

    fn host(&self, _: &str, _: Option<&str>) -> Option<HostPattern> {
        None
    }

    fn make(&self, _: ProviderOrder) -> Result<Arc<dyn ModelProvider>, Failure> {
        Err(Failure::fatal("no_models", "this test has none"))
    }
}

/// A tool that never answers.
struct Silent(ToolSpec);

impl Tool for Silent {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn call<'a>(&'a self, _: &'a ToolContext, _: Value) -> ToolFuture<'a> {
        Box::pin(std::future::pending())
    }
}

/// A toolbox with that tool.
fn toolbox() -> Toolbox {
    let mut toolbox = Toolbox::new();
    let spec = ToolSpec {
        name: "silent".parse().unwrap(),
        purpose: "A tool of a test.".to_owned(),
        kind: ToolKind::Effect { kind: EffectKind::Unsafe },
        input: json!({ "type": "object" }),
        output: json!(true),
        permissions: Vec::new(),
        policy: Policy::Auto,
        limits: ToolLimits { timeout: Duration::from_secs(60), output_bytes: 1_000 },
        parallel: true,
    };
    toolbox.add(Arc::new(Silent(spec))).unwrap();
    toolbox
}

/// Other bytes each time.
struct Rising(AtomicU8);

impl Randomness for Rising {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0.fetch_add(1, Ordering::Relaxed));
    }
}

impl Desk {
    pub(crate) async fn open(place: &Place) -> Self {
        Self::reaching(place, Egress::builder().build()).await
    }

    /// One whose requests go out by this door.
    pub(crate) async fn reaching(place: &Place, egress: Egress) -> Self {
        let database = Database::open(options(place)).await.unwrap();
        Self::on(database, Arc::new(ManualClock::default()), 0, egress).await
    }

    /// Another instance beside this one, by the same clock.
    pub(crate) async fn another(&self, place: &Place) -> Self {
        let database = match place {
            // A second process would not get in.
            Place::Sqlite(_) => self.database.clone(),
            Place::Postgres(_) => Database::open(options(place)).await.unwrap(),
        };
        Self::on(database, Arc::clone(&self.clock), FAR, Egress::builder().build()).await
    }

    async fn on(database: Database, clock: Arc<ManualClock>, given: u8, egress: Egress) -> Self {
        let storage = Storage::open(database.clone()).await.unwrap();
        let ids = Arc::new(CountingIds::after(given.into()));
        let (tail, _) = LogTail::open(&database).await.unwrap();
        let instance = InstanceId::next(&*ids);
        let lanes = LogWriterOptions::default();
        let (writer, _) = LogWriter::open(&database, &tail, instance, lanes).await.unwrap();
        let breakers =
            Breakers::new(Arc::clone(&clock) as Arc<dyn Clock>, BreakerPolicy::default());
        let revealed = gathering_egress::Revelations::default();
        let app = App::open(Parts {
            storage,
            writer,
            tail,
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            ids: ids as Arc<dyn IdSource>,
            randomness: Arc::new(Rising(AtomicU8::new(given))),
            secret_key: SecretKey::from_bytes([7; 32]),
            toolbox: Arc::new(toolbox()),
            models: Arc::new(NoModels),
            courier: Arc::new(EgressCourier::new(&egress, None, &revealed)),
            admission: Arc::new(NoWorker),
            breakers: None,
            runs_per_project: 0,
            session_times: SessionTimes::default(),
            version: "0.0.0-test",
        })
        .await
        .unwrap();
        let owner = app.identity().local_owner();
        let prices = Arc::new(Prices::shipped());
        let unobserved: Arc<dyn Observer> = Arc::new(Unobserved);
        let egress: EgressOf = Arc::new(move |_| egress.clone());
        let performers = performers(&app, &egress, &revealed, &prices, &breakers, &unobserved);
        Self { app, owner, performers, database, clock }
    }

    /// A user of this role.
    pub(crate) async fn user(&self, role: Role) -> UserId {
        let user = CreateUser {
            email: format!("{role:?}@example.com").to_lowercase(),
            name: "Somebody".to_owned(),
            role,
            password: "correct horse battery".to_owned().into(),
        };
        self.app.users().create(&self.owner, user).await.unwrap().id
    }

    /// A key of this user, with these scopes, for an hour.
    pub(crate) async fn key(&self, user_id: UserId, scopes: &[Permission]) -> ApiKeyId {
        let expires_at = Some(self.clock.now() + HOUR);
        let command = CreateKey {
            name: "ci".to_owned(),
            project_id: Some(self.app.project()),
            scopes: scopes.to_vec(),
            expires_at,
        };
        self.app.api_keys().create_for(&self.owner, user_id, command).await.unwrap().key.id
    }
}
