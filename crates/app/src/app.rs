//! The handle that every use case hangs on.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use gathering_domain::{Clock, Duration, IdSource, ProjectId, Timestamp};
use gathering_storage::{Database, LogTail, LogWriter, Storage, Tx, Unit, Write, projects};
use gathering_tools::Toolbox;

use crate::{
    Admission, Courier, Error, ProjectHosts, Randomness, Result,
    agents::Agents,
    approvals::Approvals,
    artifacts::{Artifacts, Sink},
    audit::{Audit, Chain, Refusals},
    channels::Channels,
    definitions::{Definitions, KnownTurns},
    events::{Events, Previews, Recent},
    hooks::Hooks,
    identity::{
        ApiKeys, Identity, Invitations, Passwords, SessionCache, SessionTimes, Sessions, Users,
    },
    pipelines::Pipelines,
    projects::Projects,
    providers::{ModelFactory, ProviderCache, Providers},
    quotas::KnownQuotas,
    runs::{Runs, Tallies},
    schedules::Schedules,
    search::Search,
    secrets::{SecretKey, Secrets},
    store_error::is_taken,
    system::{Breakers, Readiness, System},
    threads::Threads,
    tools::{Executor, Tools},
    triggers::Triggers,
    webhooks::Webhooks,
};

/// How often a transaction is tried that finds something taken which it saw free.
const LOOKS_AT_MOST: u32 = 3;
/// The name of the project that the server makes itself.
const DEFAULT_PROJECT: &str = "default";

/// What an [`App`] is made of.
pub struct Parts {
    /// The store.
    pub storage: Storage,
    /// Writes the log, for this instance.
    pub writer: LogWriter,
    /// Tells of new entries of the log.
    pub tail: LogTail,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives ids.
    pub ids: Arc<dyn IdSource>,
    /// Gives bytes that nobody can guess.
    pub randomness: Arc<dyn Randomness>,
    /// Seals secrets.
    pub secret_key: SecretKey,
    /// The tools that exist.
    pub toolbox: Arc<Toolbox>,
    /// Makes adapters of model providers.
    pub models: Arc<dyn ModelFactory>,
    /// Carries notifications and webhooks out.
    pub courier: Arc<dyn Courier>,
    /// Begins runs at once, where there is a worker.
    pub admission: Arc<dyn Admission>,
    /// Shows circuit breakers, where there is a worker.
    pub breakers: Option<Arc<dyn Breakers>>,
    /// The most runs of one project at work at the same time; 0 for any number.
    pub runs_per_project: u32,
    /// How long sessions last.
    pub session_times: SessionTimes,
    /// The program's version.
    pub version: &'static str,
}

/// All use cases of the server. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) storage: Storage,
    pub(crate) writer: LogWriter,
    pub(crate) tail: LogTail,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) randomness: Arc<dyn Randomness>,
    pub(crate) secret_key: SecretKey,
    pub(crate) toolbox: Arc<Toolbox>,
    pub(crate) models: Arc<dyn ModelFactory>,
    pub(crate) courier: Arc<dyn Courier>,
    pub(crate) admission: Arc<dyn Admission>,
    pub(crate) breakers: Option<Arc<dyn Breakers>>,
    pub(crate) runs_per_project: u32,
    pub(crate) session_times: SessionTimes,
    pub(crate) version: &'static str,
    pub(crate) project_id: ProjectId,
    pub(crate) chain: Chain,
    pub(crate) refusals: Refusals,
    pub(crate) passwords: Passwords,
    pub(crate) sessions: SessionCache,
    pub(crate) providers: ProviderCache,
    pub(crate) definitions: Definitions,
    pub(crate) known_turns: KnownTurns,
    pub(crate) executor: Executor,
    pub(crate) project_hosts: ProjectHosts,
    pub(crate) known_quotas: KnownQuotas,
    pub(crate) previews: Previews,
    pub(crate) recent: Recent,
    pub(crate) tallies: Tallies,
    pub(crate) readiness: Readiness,
    pub(crate) draining: AtomicBool,
}

impl App {
    /// Opens the use cases on a store whose migrations are applied.
    pub async fn open(parts: Parts) -> Result<Self> {
        let Parts { storage, writer, tail, clock, ids, randomness, .. } = parts;
        let project_id = default_project(storage.database(), &*ids, clock.now()).await?;
        let passwords = Passwords::new(&*randomness)?;
        let definitions = Definitions::new(storage.clone(), Arc::clone(&parts.toolbox));
        let sink = Sink::new(storage.database().clone(), Arc::clone(&clock), Arc::clone(&ids));
        let project_hosts = ProjectHosts::new(storage.database(), &clock);
        let executor = Executor::new(
            Arc::clone(&parts.toolbox),
            Arc::new(sink),
            Arc::clone(&clock),
            project_hosts.clone(),
        );
        let chain = Chain::new(writer.instance().uuid());
        let inner = Inner {
            storage,
            writer,
            tail,
            clock,
            ids,
            randomness,
            secret_key: parts.secret_key,
            toolbox: parts.toolbox,
            models: parts.models,
            courier: parts.courier,
            admission: parts.admission,
            breakers: parts.breakers,
            runs_per_project: parts.runs_per_project,
            session_times: parts.session_times,
            version: parts.version,
            project_id,
            chain,
            refusals: Refusals::default(),
            passwords,
            sessions: SessionCache::default(),
            providers: ProviderCache::default(),
            definitions,
            known_turns: KnownTurns::default(),
            executor,
            project_hosts,
            known_quotas: KnownQuotas::default(),
            previews: Previews::default(),
            recent: Recent::default(),
            tallies: Tallies::default(),
            readiness: Readiness::default(),
            draining: AtomicBool::new(false),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Set-up, sign-in, tokens.
    pub const fn identity(&self) -> Identity<'_> {
        Identity { app: self }
    }

    /// People.
    pub const fn users(&self) -> Users<'_> {
        Users { app: self }
    }

    /// Invitations.
    pub const fn invitations(&self) -> Invitations<'_> {
        Invitations { app: self }
    }

    /// Projects and their members.
    pub const fn projects(&self) -> Projects<'_> {
        Projects { app: self }
    }

    /// Sessions.
    pub const fn sessions(&self) -> Sessions<'_> {
        Sessions { app: self }
    }

    /// API keys.
    pub const fn api_keys(&self) -> ApiKeys<'_> {
        ApiKeys { app: self }
    }

    /// Values that only the egress reads.
    pub const fn secrets(&self) -> Secrets<'_> {
        Secrets { app: self }
    }

    /// Model providers.
    pub const fn providers(&self) -> Providers<'_> {
        Providers { app: self }
    }

    /// Searches.
    pub const fn search(&self) -> Search<'_> {
        Search { app: self }
    }

    /// Channels of notifications.
    pub const fn channels(&self) -> Channels<'_> {
        Channels { app: self }
    }

    /// Webhooks.
    pub const fn webhooks(&self) -> Webhooks<'_> {
        Webhooks { app: self }
    }

    /// Agents.
    pub const fn agents(&self) -> Agents<'_> {
        Agents { app: self }
    }

    /// Pipelines.
    pub const fn pipelines(&self) -> Pipelines<'_> {
        Pipelines { app: self }
    }

    /// Runs.
    pub const fn runs(&self) -> Runs<'_> {
        Runs { app: self }
    }

    /// What starts work at its times.
    pub const fn schedules(&self) -> Schedules<'_> {
        Schedules { app: self }
    }

    /// Addresses at which requests start runs.
    pub const fn hooks(&self) -> Hooks<'_> {
        Hooks { app: self }
    }

    /// What starts runs when something happens.
    pub const fn triggers(&self) -> Triggers<'_> {
        Triggers { app: self }
    }

    /// Approvals.
    pub const fn approvals(&self) -> Approvals<'_> {
        Approvals { app: self }
    }

    /// Threads and messages.
    pub const fn threads(&self) -> Threads<'_> {
        Threads { app: self }
    }

    /// Tools.
    pub const fn tools(&self) -> Tools<'_> {
        Tools { app: self }
    }

    /// Stored outputs.
    pub const fn artifacts(&self) -> Artifacts<'_> {
        Artifacts { app: self }
    }

    /// The audit trail.
    pub const fn audit(&self) -> Audit<'_> {
        Audit { app: self }
    }

    /// Events.
    pub const fn events(&self) -> Events<'_> {
        Events { app: self }
    }

    /// The server itself.
    pub const fn system(&self) -> System<'_> {
        System { app: self }
    }

    /// The definitions to which runs are pinned.
    pub fn definitions(&self) -> &Definitions {
        &self.inner.definitions
    }

    /// The one executor of tool calls.
    pub fn executor(&self) -> &Executor {
        &self.inner.executor
    }

    /// The hosts to which a project's requests are held.
    pub fn project_hosts(&self) -> &ProjectHosts {
        &self.inner.project_hosts
    }

    /// Where token deltas are shown on their way.
    pub fn previews(&self) -> &Previews {
        &self.inner.previews
    }

    /// The project that the server made itself: it is never closed.
    pub fn project(&self) -> ProjectId {
        self.inner.project_id
    }

    /// Says that this instance takes no more work, or does again.
    pub fn drain(&self, draining: bool) {
        self.inner.draining.store(draining, Ordering::Relaxed);
    }

    /// The present instant, by the clock that all instances share.
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// The instant that lies so long ago.
    pub(crate) fn before(&self, ago: Duration) -> Timestamp {
        let ago = i64::try_from(ago.micros()).unwrap_or(i64::MAX);
        Timestamp::from_micros(self.now().micros().saturating_sub(ago))
    }

    pub(crate) fn database(&self) -> &Database {
        self.inner.storage.database()
    }

    /// Runs a synchronous, bounded, repeatable closure as one transaction.
    ///
    /// Where somebody else took a name or a key between its look and its write, it looks again, and
    /// finds it taken. PostgreSQL does not tell every such case as a collision.
    pub(crate) async fn transact<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + Sync + 'static,
    ) -> Result<T> {
        let work = Arc::new(work);
        let attempt = || {
            let work = Arc::clone(&work);
            self.database().transact(move |tx| work(tx))
        };
        for _ in 1..LOOKS_AT_MOST {
            match attempt().await {
                Err(error) if is_taken(&error) => {}
                ended => return ended,
            }
        }
        attempt().await
    }

    /// Runs one write.
    pub(crate) async fn write(&self, write: Write) -> Result<u64> {
        let applied = self.database().apply(Unit::new().with(write.into())).await?;
        Ok(applied.count(0))
    }
}

/// Makes the default project, unless another start or instance has.
async fn default_project(
    database: &Database,
    ids: &dyn IdSource,
    now: Timestamp,
) -> Result<ProjectId> {
    let find = || projects::find_named(DEFAULT_PROJECT).first(database);
    if let Some(project) = find().await? {
        return Ok(project.id);
    }
    let insert = projects::insert(ProjectId::next(ids), DEFAULT_PROJECT, now);
    database.apply(Unit::new().with(insert.into())).await?;
    let found = find().await?;
    found.map(|project| project.id).ok_or(Error::defect("find the default project"))
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("project_id", &self.inner.project_id).finish_non_exhaustive()
    }
}
