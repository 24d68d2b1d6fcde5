//! What has expired goes without being asked for: from the start on, again and again, on every instance.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration as StdDuration,
};

use gathering_app::identity::{Invite, SessionTimes};
use gathering_database::{Sql, Unit, params};
use gathering_domain::{Clock as _, Duration, Permission, Role, SessionId, UserId};
use gathering_storage::sessions::{self, NewSession};
use gathering_testkit::{Place, each_database};
use gathering_worker::Sweeper;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{Event, Level, Subscriber, instrument::WithSubscriber as _};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use uuid::Uuid;

use crate::{
    desk::Desk,
    node::{soon, until},
};

/// How often the sweepers of these tests look.
const LOOK: StdDuration = StdDuration::from_millis(5);
/// When all that is planted has been over for long enough.
const LATER: Duration = Duration::from_secs(31 * 24 * 3600);
/// What is planted each time: a session, a key, an invitation.
const ALL: [u64; 3] = [1, 1, 1];
const NOTHING: [u64; 3] = [0, 0, 0];

const LEFT: Sql = Sql::both(
    "SELECT (SELECT count(*) FROM sessions), (SELECT count(*) FROM api_keys), \
     (SELECT count(*) FROM invitations)",
);

/// Counts what goes wrong.
#[derive(Clone, Default)]
struct Warnings(Arc<AtomicU32>);

impl<S: Subscriber> Layer<S> for Warnings {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() == Level::WARN {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Warnings {
    fn so_far(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Sweepers of instances.
struct Sweeping {
    tasks: JoinSet<()>,
    stop: CancellationToken,
    warnings: Warnings,
}

impl Sweeping {
    fn start(desks: &[&Desk]) -> Self {
        let (mut tasks, stop) = (JoinSet::new(), CancellationToken::new());
        let warnings = Warnings::default();
        for desk in desks {
            let sweeping = Sweeper::new(&desk.app).every(LOOK).run(stop.clone());
            let log = tracing_subscriber::registry().with(warnings.clone());
            tasks.spawn(sweeping.with_subscriber(log));
        }
        Self { tasks, stop, warnings }
    }

    async fn stop(mut self) {
        self.stop.cancel();
        while let Some(ended) = soon("the sweepers end", self.tasks.join_next()).await {
            ended.unwrap();
        }
    }
}

impl Desk {
    /// Makes a session, a key and an invitation that will expire.
    async fn plant(&self, user_id: UserId, number: u128) {
        let now = self.clock.now();
        let session = NewSession {
            id: SessionId::from_uuid(Uuid::from_u128(number)),
            user_id,
            token_hash: [u8::try_from(number).unwrap(); 32],
            created_at: now,
            expires_at: now + SessionTimes::default().longest,
            address: None,
            client: None,
        };
        let unit = Unit::new().with(sessions::insert(&session).into());
        self.database.apply(unit).await.unwrap();
        self.key(user_id, &[Permission::Read]).await;
        let invite = Invite {
            email: "grace@example.com".to_owned(),
            role: Role::Member,
            projects: None,
            lasts: None,
            idempotency_key: None,
        };
        self.app.invitations().create(&self.owner, invite).await.unwrap();
    }

    /// How many sessions, keys and invitations are stored.
    async fn left(&self) -> [u64; 3] {
        let row: Option<(u64, u64, u64)> = self.database.query_opt(LEFT, params![]).await.unwrap();
        row.unwrap().into()
    }

    async fn until_left(&self, what: &str, wanted: [u64; 3]) {
        until(what, || async { self.left().await == wanted }).await;
    }
}

each_database! {
    async fn what_is_over_goes_by_itself_on_any_number_of_instances(place: Place) {
        let one = Desk::open(&place).await;
        let other = one.another(&place).await;
        let user_id = one.user(Role::Member).await;
        one.plant(user_id, 1).await;
        one.clock.advance(LATER);
        assert_eq!(one.left().await, ALL, "nobody has looked yet");
        let both = Sweeping::start(&[&one, &other]);
        one.until_left("what was over before the start goes", NOTHING).await;
        for number in 2..5 {
            one.plant(user_id, number).await;
            one.clock.advance(LATER);
            one.until_left("what is over later goes", NOTHING).await;
        }
        assert_eq!(both.warnings.so_far(), 0);
        both.stop().await;

        // One that goes on alone, and nothing that is not over yet.
        one.plant(user_id, 5).await;
        one.clock.advance(LATER);
        one.plant(user_id, 6).await;
        let alone = Sweeping::start(&[&other]);
        one.until_left("what is over goes", ALL).await;
        alone.stop().await;
        other.database.close().await;
        one.database.close().await;
    }

    async fn a_store_that_fails_is_swept_again_once_it_answers(place: Place) {
        let one = Desk::open(&place).await;
        let other = one.another(&place).await;
        let user_id = one.user(Role::Member).await;
        let both = Sweeping::start(&[&one, &other]);
        one.plant(user_id, 1).await;
        // Both look again and again, and nothing that they ask can be done.
        one.database.script("ALTER TABLE invitations RENAME TO elsewhere").await.unwrap();
        one.clock.advance(LATER);
        let before = both.warnings.so_far();
        until("they fail, and go on", || async { both.warnings.so_far() >= before + 10 }).await;
        one.database.script("ALTER TABLE elsewhere RENAME TO invitations").await.unwrap();
        one.until_left("what was over goes once that is mended", NOTHING).await;
        both.stop().await;
        other.database.close().await;
        one.database.close().await;
    }
}
