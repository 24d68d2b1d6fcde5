//! A server with two projects, and people who belong to one, the other, both or none.
//!
//! People, their sessions and keys are put into the store as they would lie there: to sign each of them in
//! by a password would take minutes.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use futures::future::BoxFuture;
use gathering_api::{Metrics, MetricsSource};
use gathering_app::{Caller, identity::CreateUser};
use gathering_domain::{
    ApiKeyId, Clock as _, Duration, Permission, ProjectId, Role, SessionId, UserId,
};
use gathering_storage::{
    Unit, Write,
    api_keys::{self, NewApiKey},
    memberships,
    sessions::{self, NewSession},
    users::{self, UserRow},
};
use gathering_testkit::CountingIds;
use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex;

use super::askers::By;
use crate::support::{Bench, PASSWORD};

/// What shows the figures.
pub(crate) const SCRAPER: &str = "a-token-of-the-scraper";
/// How long sessions and keys last here unless a test says otherwise.
pub(crate) const LASTS: Duration = Duration::from_secs(30 * 24 * 3600);

/// A server, its projects, and what is needed to make more.
pub(crate) struct World {
    pub(crate) bench: Bench,
    /// The project in which everything is.
    pub(crate) one: ProjectId,
    /// The one in which others are.
    pub(crate) other: ProjectId,
    pub(crate) ids: Arc<CountingIds>,
    numbers: AtomicU64,
    /// Tokens that are used again.
    tokens: Mutex<HashMap<(UserId, By), String>>,
    password_hash: String,
}

struct Figures;

impl MetricsSource for Figures {
    fn write(&self) -> BoxFuture<'_, String> {
        Box::pin(std::future::ready("# EOF\n".to_owned()))
    }
}

/// The figures, for who has their token.
pub(crate) fn figures() -> Metrics {
    Metrics { source: Arc::new(Figures), token: Some(SCRAPER.into()) }
}

impl World {
    pub(crate) async fn open() -> Self {
        let bench = Bench::dressed(|state| state.metrics = Some(figures())).await;
        let projects = bench.app.projects();
        let one = projects.create(&bench.owner, "Onlyhere", None).await.unwrap().id;
        let other = projects.create(&bench.owner, "Other", None).await.unwrap().id;
        // The one password that is hashed; all others have it, too.
        let first = CreateUser {
            email: "first@example.com".to_owned(),
            name: "First".to_owned(),
            role: Role::Owner,
            password: PASSWORD.to_owned().into(),
        };
        let first = bench.app.users().create(&bench.owner, first).await.unwrap().id;
        let row = users::find(first).first(bench.storage.database()).await.unwrap().unwrap();
        let ids = Arc::new(CountingIds::after(5_000_000));
        let password_hash = row.password_hash;
        let (numbers, tokens) = (AtomicU64::new(0), Mutex::default());
        Self { bench, one, other, ids, numbers, tokens, password_hash }
    }

    /// A number that was not there before.
    pub(crate) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// Whoever may do everything, in the project in which everything is.
    pub(crate) fn native(&self) -> Caller {
        Caller::local_owner(self.one)
    }

    /// Somebody with a role on the server, who belongs to these projects with these roles.
    pub(crate) async fn person(&self, role: Role, belongs: &[(ProjectId, Role)]) -> UserId {
        let (id, now) = (UserId::next(&*self.ids), self.bench.clock.now());
        let n = self.number();
        let user = UserRow {
            id,
            email: format!("person-{n}@example.com"),
            name: format!("Person {n}"),
            role,
            password_hash: self.password_hash.clone(),
            active: true,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        self.write(users::insert(&user)).await;
        for (project_id, role) in belongs {
            self.write(memberships::put(*project_id, id, *role, now)).await;
        }
        id
    }

    /// A session of somebody: its id and its token.
    pub(crate) async fn session(&self, user_id: UserId) -> (SessionId, String) {
        let (token, token_hash) = self.token("gts_");
        let (id, now) = (SessionId::next(&*self.ids), self.bench.clock.now());
        let session = NewSession {
            id,
            user_id,
            token_hash,
            created_at: now,
            expires_at: now + LASTS,
            address: None,
            client: None,
        };
        self.write(sessions::insert(&session)).await;
        (id, token)
    }

    /// A key of somebody for a project: its id and its token.
    pub(crate) async fn key(
        &self,
        user_id: UserId,
        project_id: ProjectId,
        scopes: &[Permission],
    ) -> (ApiKeyId, String) {
        let (token, token_hash) = self.token("gtk_");
        let (id, now) = (ApiKeyId::next(&*self.ids), self.bench.clock.now());
        let key = NewApiKey {
            id,
            user_id,
            project_id,
            name: "of a test".to_owned(),
            token_hash,
            hint: token[..12].to_owned(),
            scopes: scopes.to_vec(),
            created_at: now,
            expires_at: now + LASTS,
        };
        self.write(api_keys::insert(&key)).await;
        (id, token)
    }

    /// The token of somebody, the same each time.
    pub(crate) async fn kept(&self, user: UserId, by: &By) -> String {
        let mut tokens = self.tokens.lock().await;
        if let Some(token) = tokens.get(&(user, by.clone())) {
            return token.clone();
        }
        let token = match by {
            By::Session => self.session(user).await.1,
            By::Key(scopes) => self.key(user, self.one, scopes).await.1,
        };
        tokens.insert((user, by.clone()), token.clone());
        token
    }

    /// A token in the form that all have, and what is stored of it.
    pub(crate) fn token(&self, prefix: &str) -> (String, [u8; 32]) {
        let token = format!("{prefix}{:A>43}", self.number());
        let hash = Sha256::digest(token.as_bytes()).into();
        (token, hash)
    }

    async fn write(&self, write: Write) {
        let unit = Unit::new().with(write.into());
        self.bench.storage.database().apply(unit).await.unwrap();
    }
}
