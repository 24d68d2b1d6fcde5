//! What a run may do: what whoever started it may do now, and nothing once they may not sign in.

use std::sync::Arc;

use gathering_app::{
    App, Caller, NoWorker, Parts, Randomness,
    identity::{CreateUser, SessionTimes},
    providers::{ModelFactory, ProviderOrder},
    secrets::SecretKey,
};
use gathering_domain::{
    Actor, Clock, Duration, EffectId, EffectKind, Failure, IdSource, InstanceId, ProjectId, Role,
    RunId, UserId,
};
use gathering_egress::{Egress, HostPattern};
use gathering_engine::{Effect, EffectOrder, Key, Lineage, Payload, RetryPolicy};
use gathering_llm::{ModelProvider, Prices};
use gathering_storage::{Database, LogTail, LogWriter, LogWriterOptions, Storage};
use gathering_testkit::{CountingIds, ManualClock, Place, each_database};
use gathering_tools::Toolbox;
use gathering_worker::{
    Attempted, BreakerPolicy, Breakers, EgressOf, Observer, Performers, RunContext, Unobserved,
    performers,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::node::options;

/// Use cases and the performers of a server, without a worker.
struct Desk {
    app: App,
    owner: Caller,
    performers: Performers,
    database: Database,
}

struct NoModels;

impl ModelFactory for NoModels {
    fn kinds(&self) -> Vec<&'static str> {
        Vec::new()
    }

    fn host(&self, _: &str, _: Option<&str>) -> Option<HostPattern> {
        None
    }

    fn make(&self, _: ProviderOrder) -> Result<Arc<dyn ModelProvider>, Failure> {
        Err(Failure::fatal("no_models", "this test has none"))
    }
}

struct Zeros;

impl Randomness for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

impl Desk {
    async fn open(place: &Place) -> Self {
        let database = Database::open(options(place)).await.unwrap();
        let storage = Storage::open(database.clone()).await.unwrap();
        let clock = Arc::new(ManualClock::default());
        let ids = Arc::new(CountingIds::default());
        let (tail, _) = LogTail::open(&database).await.unwrap();
        let instance = InstanceId::next(&*ids);
        let lanes = LogWriterOptions::default();
        let (writer, _) = LogWriter::open(&database, &tail, instance, lanes).await.unwrap();
        let breakers =
            Breakers::new(Arc::clone(&clock) as Arc<dyn Clock>, BreakerPolicy::default());
        let app = App::open(Parts {
            storage,
            writer,
            tail,
            clock,
            ids: ids as Arc<dyn IdSource>,
            randomness: Arc::new(Zeros),
            secret_key: SecretKey::from_bytes([7; 32]),
            toolbox: Arc::new(Toolbox::new()),
            models: Arc::new(NoModels),
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
        let egress = Egress::builder().build();
        let egress: EgressOf = Arc::new(move |_| egress.clone());
        let revealed = gathering_egress::Revealed::default();
        let performers = performers(&app, (&egress, &revealed), &prices, &breakers, &unobserved);
        Self { app, owner, performers, database }
    }

    async fn user(&self, role: Role) -> UserId {
        let user = CreateUser {
            email: format!("{role:?}@example.com").to_lowercase(),
            name: "Somebody".to_owned(),
            role,
            password: "correct horse battery".to_owned().into(),
        };
        self.app.users().create(&self.owner, user).await.unwrap().id
    }

    /// The code with which an attempt of a run of `actor` fails.
    async fn fails(&self, performer: &'static str, input: Value, actor: Actor) -> String {
        let effect = Effect {
            key: Key::new("it"),
            performer,
            input: Payload::new(input),
            kind: EffectKind::Unsafe,
            retry: RetryPolicy::NONE,
            timeout: Duration::from_secs(10),
            reserve: None,
        };
        let run_id = RunId::from_uuid(Uuid::from_u128(1));
        let project_id: ProjectId = self.app.project();
        let run = RunContext { run_id, root_run_id: run_id, project_id, actor, priority: 0 };
        let effect_id = EffectId::from_uuid(Uuid::from_u128(2));
        let order = EffectOrder { effect, attempt: 1, effect_id, lineage: Lineage::default() };
        let performer = Arc::clone(self.performers.find(performer).unwrap());
        match performer.perform(order, Arc::new(run)).await {
            Attempted::Ended { result: Err(failure), .. } => failure.code,
            other => panic!("nothing here can work: {other:?}"),
        }
    }
}

each_database! {
    async fn a_run_acts_with_the_rights_that_its_starter_has_now(place: Place) {
        let desk = Desk::open(&place).await;
        let tool = || json!({ "tool": "hammer", "arguments": {} });
        let start = || json!({ "pipeline": "no-such", "input": {} });
        let [member, viewer] = [desk.user(Role::Member).await, desk.user(Role::Viewer).await];
        let [member, viewer] = [member, viewer].map(|user_id| Actor::User { user_id });
        // Allowed, they get as far as that nothing is there.
        for actor in [Actor::LocalOwner, Actor::System, member] {
            assert_eq!(desk.fails("start_pipeline", start(), actor).await, "not_found");
            assert_eq!(desk.fails("tool", tool(), actor).await, "unknown_tool");
        }
        assert_eq!(desk.fails("start_pipeline", start(), viewer).await, "forbidden");
        let Actor::User { user_id } = member else { unreachable!("it is a user") };
        desk.app.users().deactivate(&desk.owner, user_id).await.unwrap();
        assert_eq!(desk.fails("start_pipeline", start(), member).await, "unauthenticated");
        assert_eq!(desk.fails("tool", tool(), member).await, "unauthenticated");
        desk.database.close().await;
    }
}
