//! One instance, wired: store, services, use cases, worker. The only place that knows all adapters.

mod figures;
mod parts;
mod project_secrets;

use std::{net::SocketAddr, path::Path, sync::Arc};

use gathering_app::{
    Admission, App, Caller, NoWorker, Parts,
    artifacts::Sink,
    audit::Keeper,
    events::{Follower, PreviewRelay},
    identity::SessionTimes,
    secrets::Vault,
    triggers::Triggering,
    webhooks::WebhookFollower,
};
use gathering_config::Config;
use gathering_domain::{Clock, IdSource, InstanceId};
use gathering_storage::{
    About, Database, LogObserver, LogTail, LogWriter, LogWriterOptions, Projector, Storage,
};
use gathering_worker::{
    AppMachines, BreakerPolicy, Breakers, EgressCourier, EgressOf, Keeps, Observer, Reconciler,
    Scheduler, Skills, Sweeper, Worker, WorkerHandle, WorkerOptions, WorkerParts, performers,
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub(crate) use figures::listener as metrics_listener;
pub(crate) use parts::{open_database, toolbox};

use crate::{
    ambient::{OsRandomness, SystemClock, TimeOrderedIds},
    instance::{
        parts::{egress, mailer, prices},
        project_secrets::ProjectSecrets,
    },
    metrics::Metrics,
    models::Models,
    redaction::revealed,
    secret_key,
};

/// How long the services may take to write what is left; what is not written then is found again by
/// whoever opens the store next.
const SERVICES_END_WITHIN: std::time::Duration = std::time::Duration::from_secs(10);
/// How long the last checkpoint of the audit trail may take; without it the next one seals the rest.
const TRAIL_SEALED_WITHIN: std::time::Duration = std::time::Duration::from_secs(3);

/// A running instance.
pub(crate) struct Instance {
    pub(crate) app: App,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) database: Database,
    pub(crate) metrics: Arc<Metrics>,
    breakers: Breakers,
    /// The database's, as far as it is measured.
    clock: Arc<dyn Clock>,
    /// None where the use cases alone are open.
    worker: Option<WorkerHandle>,
    services: JoinSet<()>,
    working: JoinSet<()>,
    /// Stops the worker: it claims nothing more, and gives its runs back.
    stop_worker: CancellationToken,
    /// Stops the services that the worker's last words need.
    stop_services: CancellationToken,
}

/// Which instance begins, and where it listens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Serving {
    pub(crate) id: InstanceId,
    /// None where it serves nobody.
    pub(crate) address: Option<SocketAddr>,
}

impl Serving {
    /// A new instance that listens there.
    pub(crate) fn at(address: SocketAddr) -> Self {
        Self { address: Some(address), ..Self::nobody() }
    }

    fn nobody() -> Self {
        Self { id: InstanceId::next(&TimeOrderedIds), address: None }
    }
}

impl Instance {
    /// Opens the store, brings its schema up to date, and begins to work. `scripts` is a directory
    /// whose scripts answer for models of the provider `scripted`.
    pub(crate) async fn start(
        config: &Config,
        scripts: &Path,
        serving: Serving,
    ) -> anyhow::Result<Self> {
        Self::open(config, Models::with_scripts(scripts)?, true, serving).await
    }

    /// The same with these models.
    pub(crate) async fn with_models(config: &Config, models: Models) -> anyhow::Result<Self> {
        Self::open(config, models, true, Serving::nobody()).await
    }

    /// Opens the use cases alone: whatever is started is left to the instances that work.
    pub(crate) async fn without_worker(config: &Config) -> anyhow::Result<Self> {
        Self::open(config, Models::default(), false, Serving::nobody()).await
    }

    async fn open(
        config: &Config,
        models: Models,
        works: bool,
        serving: Serving,
    ) -> anyhow::Result<Self> {
        let instance = serving.id;
        let own_clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ids: Arc<dyn IdSource> = Arc::new(TimeOrderedIds);
        // The store comes first: it holds the lock on the directory in which the key may be made.
        let database = open_database(config).await?;
        let storage = Storage::open(database.clone()).await?;
        let secret_key = secret_key::of_store(config, &database).await?;
        let vault = Vault::new(database.clone(), secret_key.clone());
        ensure_known(&vault, config).await?;
        let (tail, tail_service) = LogTail::open(&database).await?;
        let (writer, writer_service) =
            LogWriter::open(&database, &tail, instance, LogWriterOptions::default()).await?;
        let metrics = Arc::new(Metrics::new(own_clock.now()));
        let log_observer: Arc<dyn LogObserver> = Arc::clone(&metrics) as _;
        let work_observer: Arc<dyn Observer> = Arc::clone(&metrics) as _;

        let egress = egress(config)?;
        let prices = Arc::new(prices(config)?);
        let breakers = Breakers::new(Arc::clone(&own_clock), BreakerPolicy::default());
        let worker = Worker::new(WorkerParts {
            database: database.clone(),
            writer: writer.clone(),
            clock: own_clock,
            ids: Arc::clone(&ids),
            jitter: Arc::new(OsRandomness),
            options: options(config),
            about: About {
                name: format!("{}/{}", parts::host_name(), std::process::id()),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
                address: serving.address.map(|address| address.to_string()),
                room: works.then_some(config.worker.max_concurrent_runs),
            },
        });
        let handle = worker.handle();
        // Instances compare the times that use cases write, so these are the database's as well.
        handle.measure_clock().await?;
        let clock = handle.clock();
        let sink = Sink::new(database.clone(), Arc::clone(&clock), Arc::clone(&ids));
        let admission: Arc<dyn Admission> =
            if works { Arc::new(handle.clone()) } else { Arc::new(NoWorker) };
        let app = App::open(Parts {
            storage,
            writer,
            tail: tail.clone(),
            clock: Arc::clone(&clock),
            ids: Arc::clone(&ids),
            randomness: Arc::new(OsRandomness),
            secret_key,
            toolbox: Arc::new(toolbox(Arc::new(sink), &clock, &egress)?),
            models: Arc::new(models.over(&egress)),
            courier: Arc::new(EgressCourier::new(&egress, mailer(config)?, revealed())),
            admission,
            breakers: Some(Arc::new(breakers.clone())),
            runs_per_project: config.worker.max_concurrent_runs_per_project,
            session_times: session_times(config),
            version: env!("CARGO_PKG_VERSION"),
        })
        .await?;

        let (stop_worker, stop_services) = (CancellationToken::new(), CancellationToken::new());
        let (mut services, mut working) = (JoinSet::new(), JoinSet::new());
        services.spawn(tail_service.run(stop_services.clone()));
        services.spawn(writer_service.observed_by(&log_observer).run(stop_services.clone()));
        services.spawn(PreviewRelay::new(&app).run(stop_services.clone()));
        if works {
            services.spawn(Projector::new(&database, &tail).run(stop_services.clone()));
            let egress_of: EgressOf = Arc::new(move |project| {
                egress.for_project(project).with_secrets(ProjectSecrets::of(&vault, project))
            });
            services.spawn(Sweeper::new(&app).run(stop_services.clone()));
            let reconciler = Reconciler::new(
                &database,
                &tail,
                Arc::clone(&clock),
                Arc::clone(&work_observer),
                keeps(config),
            );
            services.spawn(reconciler.run(stop_services.clone()));
            let webhooks = Follower::new(&app, WebhookFollower::new(&app));
            services.spawn(webhooks.run(stop_services.clone()));
            let keeper = Keeper::new(app.clone(), config.audit.checkpoint_interval);
            services.spawn(keeper.run(stop_services.clone()));
            let skills = Skills {
                machines: Arc::new(AppMachines::new(&app, &prices)),
                performers: performers(
                    &app,
                    &egress_of,
                    revealed(),
                    &prices,
                    &breakers,
                    &work_observer,
                ),
            };
            working.spawn(worker.run(skills, stop_worker.clone()));
            working.spawn(Scheduler::new(&app).run(stop_worker.clone()));
            let triggering = Follower::new(&app, Triggering::new(&app));
            working.spawn(triggering.run(stop_worker.clone()));
        }
        Ok(Self {
            app,
            ids,
            database,
            metrics,
            breakers,
            clock,
            worker: works.then_some(handle),
            services,
            working,
            stop_worker,
            stop_services,
        })
    }

    /// The person at this command line.
    pub(crate) fn owner(&self) -> Caller {
        Caller::local_owner(self.app.project())
    }

    /// Does this to its end, unless the disk refuses a commit: nothing can go on then, and that is
    /// what is said, with this advice, whatever else fails of it first.
    pub(crate) async fn unless_refused<T>(
        refused: CancellationToken,
        advice: &'static str,
        work: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        let said = || format!("the disk refused a commit; {advice}");
        tokio::select! {
            // What has ended well stays so.
            biased;
            ended = work => match ended {
                Err(error) if refused.is_cancelled() => Err(error.context(said())),
                ended => ended,
            },
            () = refused.cancelled() => anyhow::bail!(said()),
        }
    }

    /// Is cancelled once the disk has refused a commit.
    pub(crate) fn refused(&self) -> CancellationToken {
        self.database.broken()
    }

    /// Waits until the worker, if there is one, may take runs.
    pub(crate) async fn registered(&self) {
        if let Some(worker) = &self.worker {
            worker.registered().await;
        }
    }

    /// Claims nothing more, and gives all runs back within the grace time.
    pub(crate) async fn stop_work(&mut self) {
        self.stop_worker.cancel();
        while self.working.join_next().await.is_some() {}
    }

    /// Gives all runs back within the grace time, then closes the store.
    pub(crate) async fn stop(mut self) {
        self.stop_work().await;
        self.stop_services.cancel();
        let ended = async { while self.services.join_next().await.is_some() {} };
        if tokio::time::timeout(SERVICES_END_WITHIN, ended).await.is_err() {
            tracing::warn!("the services did not end in time");
        }
        // What was recorded until now; what is not chained here is found by whoever comes next.
        match tokio::time::timeout(TRAIL_SEALED_WITHIN, self.app.audit().settle()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(error = %error, "could not seal the audit trail"),
            Err(_) => tracing::warn!("the audit trail was not sealed in time"),
        }
        self.database.close().await;
    }
}

/// Refuses a store whose secrets are sealed under a key that is not known here.
pub(crate) async fn ensure_known(vault: &Vault, config: &Config) -> anyhow::Result<()> {
    anyhow::ensure!(vault.is_for_this_store().await?, unknown_key(config));
    Ok(())
}

/// What is said of a store whose secrets no known key opens.
pub(crate) fn unknown_key(config: &Config) -> String {
    format!(
        "the secrets of this database are sealed under another key than `{}`: set `secrets.key` to \
         the key of the instance that opened the database first, or put its file `secrets.key` here",
        secret_key::named(config)
    )
}

const fn keeps(config: &Config) -> Keeps {
    let retention = &config.retention;
    Keeps {
        runs: retention.runs.time(),
        threads: retention.threads.time(),
        fires: retention.fires.time(),
        deliveries: retention.deliveries.time(),
        idempotency_keys: retention.idempotency_keys.time(),
    }
}

const fn session_times(config: &Config) -> SessionTimes {
    SessionTimes { idle: config.sessions.idle_time, longest: config.sessions.longest_time }
}

fn options(config: &Config) -> WorkerOptions {
    let worker = &config.worker;
    WorkerOptions {
        places: usize::try_from(worker.max_concurrent_runs).unwrap_or(usize::MAX),
        grace: worker.grace_time,
        silence: worker.takeover_silence,
        poll: worker.poll_interval,
    }
}
