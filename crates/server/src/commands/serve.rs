//! `gathering serve`: the API and the work on runs, until told to stop.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, bail};
use gathering_api::{ApiState, Metrics, Options, ProxyHeader, RateLimits, Site, Tls};
use gathering_config::{Config, sections::Rates, values};
use gathering_domain::InstanceId;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    cli::{Global, Serve},
    instance::{Instance, Serving, metrics_listener},
    open_files,
    output::Output,
    settings, signals, telemetry,
    tls::TlsFiles,
};

/// How long requests in flight may take to be answered, at least; runs that are given back may take
/// longer.
const LAST_ANSWERS: Duration = Duration::from_secs(10);

/// Where the scripts of scripted models lie.
pub(crate) fn scripts_folder(data_dir: &Path) -> PathBuf {
    data_dir.join("scripts")
}

pub(crate) async fn run(
    global: &Global,
    options: &Serve,
    output: Output,
) -> anyhow::Result<ExitCode> {
    let loaded = settings::load(global, options.listen.as_deref())?;
    let traces = telemetry::init_server(&loaded)?;
    let ended = until_stopped(&loaded.config, output).await;
    if let Some(traces) = traces {
        traces.end().await;
    }
    ended
}

async fn until_stopped(config: &Config, output: Output) -> anyhow::Result<ExitCode> {
    let stop = signals::stop_on_signal()?;
    open_files::raise();
    // The address first: who cannot have it should not touch the store.
    let wanted = config.server.listen;
    let listener =
        TcpListener::bind(wanted).await.with_context(|| format!("could not listen on {wanted}"))?;
    let address = listener.local_addr().context("could not learn the address")?;
    let serving = Serving::at(address);
    begin(config, address, serving.id);
    let tls = TlsFiles::load(config)?;
    let figures_listener = metrics_listener(config).await?;
    let scripts = scripts_folder(&config.server.data_dir);
    let mut instance = Instance::start(config, &scripts, serving).await?;
    let figures = instance.figures(config);
    if let Some(listener) = figures_listener {
        let address = listener.local_addr().context("could not learn the address of metrics")?;
        instance.serve_figures(listener, figures.clone(), figures_site(config, address));
    }
    let refused = instance.refused();
    let work = Box::pin(async {
        bootstrap(&instance, config).await?;
        let link = instance.app.identity().setup_link().await?;
        tokio::select! {
            () = instance.registered() => {
                greet(&url(config, address, tls.is_some()), address, link.as_ref(), output);
            }
            () = stop.cancelled() => {}
        }
        serve(instance, listener, tls, figures, config, &stop).await
    });
    Instance::unless_refused(refused, "start the server again when it can write", work).await
}

/// Serves until told to stop. Then, in this order: says that it is not ready, while everything is
/// served; takes no more connections, and answers what has come, while runs are given back; closes
/// the store.
async fn serve(
    mut instance: Instance,
    listener: TcpListener,
    tls: Option<(Tls, TlsFiles)>,
    figures: Metrics,
    config: &Config,
    stop: &CancellationToken,
) -> anyhow::Result<ExitCode> {
    let options = bounds(config);
    let address = listener.local_addr().context("could not learn the address")?;
    let mut state = ApiState::new(instance.app.clone(), Arc::clone(&instance.ids));
    state.site = Arc::new(site(config, address));
    state.observer = Arc::clone(&instance.metrics) as _;
    state.metrics = Some(figures);
    state.pages = Some(gathering_dashboard::file);
    warn_of_unknown_proxy(config);
    let (leaving, draining) = (state.leaving.clone(), state.draining.clone());
    let closing = CancellationToken::new();
    let site = Arc::clone(&state.site);
    let router = gathering_api::router(state, options);
    let mut serving = JoinSet::new();
    // Ends with this function.
    let mut watching = JoinSet::new();
    let tls = tls.map(|(tls, files)| {
        let in_force = files.in_force(&instance.metrics);
        watching.spawn(files.watch(tls.clone(), in_force, Arc::clone(&instance.metrics)));
        tls
    });
    serving.spawn(gathering_api::serve(listener, router, options, tls, site, closing.clone()));
    tokio::select! {
        () = stop.cancelled() => {}
        _ = serving.join_next() => bail!("the listener ended by itself"),
    }
    // Whoever balances the load sees this first, while requests are still answered.
    instance.app.drain(true);
    leaving.cancel();
    let delay = config.server.drain_delay;
    tracing::info!(%delay, "stopping: not ready any more");
    tokio::time::sleep(delay.std()).await;
    tracing::info!("stopping: answering what has come, and giving back what is under way");
    draining.cancel();
    closing.cancel();
    let last_answers = LAST_ANSWERS.max(config.worker.grace_time.std());
    let answered = async {
        if tokio::time::timeout(last_answers, serving.join_next()).await.is_err() {
            tracing::warn!("some requests were not answered in time");
            serving.abort_all();
        }
    };
    tokio::join!(answered, instance.stop_work());
    instance.stop().await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Makes the first owner whom the configuration names, unless there is a user.
async fn bootstrap(instance: &Instance, config: &Config) -> anyhow::Result<()> {
    let (Some(owner), Some(password)) = (&config.bootstrap.owner, &config.bootstrap.password)
    else {
        return Ok(());
    };
    let password = SecretString::from(password.expose());
    let made = instance.app.identity().bootstrap(owner.as_str(), password).await;
    if let Some(user) = made.context("could not make the first owner")? {
        tracing::info!(user.id = %user.id, "made the first owner");
    }
    Ok(())
}

/// Writes the first line of the log: what starts here, and on what.
fn begin(config: &Config, address: SocketAddr, id: InstanceId) {
    let store = if config.database.url.is_some() { "postgresql" } else { "sqlite" };
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        instance.id = %id,
        server.address = %address,
        server.public_url = config.server.public_url.as_ref().map(values::PublicUrl::as_str),
        store,
        "the server starts"
    );
    if is_exposed(config, address) {
        tracing::warn!(
            server.address = %address,
            "others reach this server, and nothing is encrypted: set `server.tls_certificate`, or name \
             the proxies that encrypt in `server.trusted_proxies`"
        );
    }
}

/// Whether others reach this address, where neither the server nor a proxy that is known encrypts.
pub(crate) fn is_exposed(config: &Config, address: SocketAddr) -> bool {
    let server = &config.server;
    let encrypts = server.tls_certificate.is_some() || !server.trusted_proxies.is_empty();
    !address.ip().is_loopback() && !encrypts
}

/// Tells where the server is, and while it has no owner, how to become that.
fn greet(url: &str, address: SocketAddr, link: Option<&SecretString>, output: Output) {
    // Behind the `#`, where no log of a proxy finds it.
    let link = link.map(|token| format!("{url}/#setup={}", token.expose_secret()));
    let setup = link.as_ref().map(|link| format!(" – set up the first owner, once: {link}"));
    // Behind another address, people want to know where a proxy finds it.
    let is_there = url.split_once("://").is_some_and(|(_, rest)| rest == address.to_string());
    let listening = if is_there { String::new() } else { format!(" (listens on {address})") };
    output.line(format!("Gathering is ready at {url}{listening}{}", setup.unwrap_or_default()));
    output.value(&json!({ "url": url, "listen": address, "setup_link": link }));
    tracing::info!(url, server.address = %address, "the server is ready");
}

fn url(config: &Config, address: SocketAddr, tls: bool) -> String {
    let scheme = if tls { "https" } else { "http" };
    match &config.server.public_url {
        Some(url) => url.as_str().trim_end_matches('/').to_owned(),
        None if address.ip().is_unspecified() => {
            format!("{scheme}://localhost:{}", address.port())
        }
        None => format!("{scheme}://{address}"),
    }
}

fn site(config: &Config, address: SocketAddr) -> Site {
    let server = &config.server;
    let public = server.public_url.as_ref().and_then(|url| url.host().parse().ok());
    let mut hosts = server.allowed_hosts.clone();
    // Whoever listens to others has names that are nobody's business here, until some are listed.
    let bound = address.ip().is_loopback() || !hosts.is_empty();
    hosts.extend(public);
    Site {
        trusted_proxies: server.trusted_proxies.clone(),
        proxy_header: match server.proxy_header {
            values::ProxyHeader::XForwarded => ProxyHeader::XForwarded,
            values::ProxyHeader::Forwarded => ProxyHeader::Forwarded,
        },
        public_url: server.public_url.as_ref().map(|url| url.as_str().to_owned()),
        hosts: bound.then_some(hosts),
        cors_origins: server.cors_origins.iter().map(|one| one.as_str().to_owned()).collect(),
    }
}

/// Says so if something must stand before the server that it was not told of.
fn warn_of_unknown_proxy(config: &Config) {
    let server = &config.server;
    let https = server.public_url.as_ref().is_some_and(|url| url.as_str().starts_with("https://"));
    if https && server.tls_certificate.is_none() && server.trusted_proxies.is_empty() {
        tracing::warn!(
            "`server.public_url` begins with `https`, which this server does not speak, and \
             `server.trusted_proxies` names no proxy that does: all clients count as one address"
        );
    }
}

/// Where the listener of the figures stands. No web page can lead its name to one on this machine; one that
/// others reach has whatever name the scraper knows it by.
fn figures_site(config: &Config, address: SocketAddr) -> Site {
    let hosts = address.ip().is_loopback().then(|| config.server.allowed_hosts.clone());
    Site { hosts, ..Site::default() }
}

fn bounds(config: &Config) -> Options {
    let Config { limits, rates, .. } = config;
    let body_bytes = usize::try_from(limits.body_size.bytes()).unwrap_or(usize::MAX);
    let usual = Options::default();
    Options {
        body_bytes,
        // A run's input may be a file; whoever allows larger bodies allows them here, too.
        input_bytes: usual.input_bytes.max(body_bytes),
        json_depth: usize::try_from(limits.json_depth).unwrap_or(usize::MAX),
        body_time: limits.body_time,
        head_time: limits.head_time,
        idle_time: limits.idle_time,
        stall_time: limits.stall_time,
        rates: rate_limits(rates),
        connections: open_files::connections(usual.connections),
        ..usual
    }
}

fn rate_limits(rates: &Rates) -> RateLimits {
    RateLimits {
        sign_in: rates.sign_in.rate(),
        read: rates.read.rate(),
        write: rates.write.rate(),
        stream: rates.stream.rate(),
        expensive: rates.expensive.rate(),
        hook: rates.hook.rate(),
        no_token: rates.no_token.rate(),
        failed_pair: rates.failed_pair.rate(),
        failed_account: rates.failed_account.rate(),
        failed_total: rates.failed_total.rate(),
    }
}
