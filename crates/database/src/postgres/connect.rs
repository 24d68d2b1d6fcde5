//! Opens connections: address, encryption, timeouts, identity of the backend.

use std::fmt::Write as _;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::ClientWrapper;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::task::JoinHandle;
use tokio_postgres::config::SslMode;
use tokio_postgres::{AsyncMessage, Config};
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::errors::{silent, unreachable, unsent};
use super::statements::query;
use crate::notices::Hub;
use crate::{DatabaseOptions, Error, Result, Sql, limits};

/// How to reach the server.
#[derive(Clone)]
pub(crate) struct Connector {
    config: Config,
    tls: MakeRustlsConnect,
    /// The tasks that drive connections.
    tasks: TaskTracker,
}

/// A connection with its identity on the server.
pub(crate) struct Connection {
    pub(crate) client: ClientWrapper,
    pub(crate) backend: BackendId,
    /// Cancelled when the connection has ended.
    pub(crate) ended: CancellationToken,
}

/// A session of the server: process ids alone are used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BackendId {
    pub(crate) pid: i32,
    pub(crate) started_us: i64,
}

const IDENTITY: Sql = Sql::postgres(
    "SELECT pid, CAST(extract(epoch FROM backend_start) * 1000000 AS bigint)
     FROM pg_stat_activity WHERE pid = pg_backend_pid()",
);

impl Connector {
    pub(crate) fn new(url: &str, options: &DatabaseOptions, tasks: TaskTracker) -> Result<Self> {
        let (url, encrypted) = split_ssl_mode(url);
        let mut config: Config =
            url.parse().map_err(|error| Error::other("read the address of the database", error))?;
        let settings = settings(options, config.get_options());
        config
            .ssl_mode(if encrypted { SslMode::Require } else { SslMode::Disable })
            .application_name(APPLICATION)
            .connect_timeout(limits::CONNECT_WAIT)
            .tcp_user_timeout(limits::TCP_USER_TIMEOUT)
            .keepalives_idle(limits::KEEPALIVE_IDLE)
            .keepalives_interval(limits::KEEPALIVE_INTERVAL)
            .keepalives_retries(limits::KEEPALIVE_RETRIES)
            .options(settings);
        Ok(Self { config, tls: tls(options)?, tasks })
    }

    /// The same, for connections whose server may be busy for longer than an instance may be silent.
    pub(crate) fn patient(&self, wait: Duration) -> Self {
        let mut config = self.config.clone();
        config.tcp_user_timeout(wait);
        Self { config, ..self.clone() }
    }

    /// A connection of its own, outside the pool.
    pub(crate) async fn connect(&self) -> Result<Connection> {
        self.connect_listening(None).await
    }

    /// A connection whose notifications are delivered.
    pub(crate) async fn connect_listening(&self, hub: Option<Arc<Hub>>) -> Result<Connection> {
        let ended = CancellationToken::new();
        let opening = self.open(hub, ended.clone());
        let (client, driver) = tokio::time::timeout(limits::CONNECT_WAIT, opening)
            .await
            .map_err(unreachable)?
            .map_err(unreachable)?;
        let client = ClientWrapper::new(client, driver);
        let backend = answer(limits::CONNECT_WAIT, query::<(i32, i64)>(&client, IDENTITY, &[]));
        let backend = backend.await.map_err(unsent)?.first().copied();
        let (pid, started_us) = backend.ok_or(Error::Unavailable { source: None })?;
        Ok(Connection { client, backend: BackendId { pid, started_us }, ended })
    }

    async fn open(
        &self,
        hub: Option<Arc<Hub>>,
        ended: CancellationToken,
    ) -> Result<(tokio_postgres::Client, JoinHandle<()>), tokio_postgres::Error> {
        let (client, mut connection) = self.config.connect(self.tls.clone()).await?;
        let drive = async move {
            let _ended = ended.drop_guard();
            while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
                match (message, &hub) {
                    (Ok(AsyncMessage::Notification(notice)), Some(hub)) => {
                        hub.deliver(notice.channel(), notice.payload());
                    }
                    (Ok(_), _) => {}
                    (Err(error), _) => {
                        tracing::debug!(error = %error, "database connection ended");
                        return;
                    }
                }
            }
        };
        Ok((client, self.tasks.spawn(drive)))
    }
}

/// Opens the connections of the pool.
impl deadpool_postgres::Connect for Connector {
    fn connect(
        &self,
        _: &Config,
    ) -> std::pin::Pin<
        Box<
            dyn Future<
                    Output = Result<
                        (tokio_postgres::Client, JoinHandle<()>),
                        tokio_postgres::Error,
                    >,
                > + Send
                + '_,
        >,
    > {
        Box::pin(self.open(None, CancellationToken::new()))
    }
}

/// What the sessions of this program are called on the server.
pub(crate) const APPLICATION: &str = "gathering";

/// Takes `sslmode` out of the address: the driver does not know all of its values, and does not check
/// certificates in the way that `require` is read here.
fn split_ssl_mode(url: &str) -> (String, bool) {
    let Some((address, query)) = url.split_once('?') else { return (url.to_owned(), false) };
    let mode = query.split('&').find_map(|pair| pair.strip_prefix("sslmode="));
    let encrypted = matches!(mode, Some("require" | "verify-ca" | "verify-full"));
    let rest: Vec<_> = query.split('&').filter(|pair| !pair.starts_with("sslmode=")).collect();
    let separator = if rest.is_empty() { "" } else { "?" };
    (format!("{address}{separator}{}", rest.join("&")), encrypted)
}

/// Settings of each session; those in the address come last and win.
fn settings(options: &DatabaseOptions, given: Option<&str>) -> String {
    let mut settings = String::new();
    for (name, value) in [
        ("statement_timeout", limits::STATEMENT_TIMEOUT),
        ("lock_timeout", limits::LOCK_TIMEOUT),
        ("idle_in_transaction_session_timeout", limits::IDLE_IN_TRANSACTION),
        ("tcp_user_timeout", limits::TCP_USER_TIMEOUT),
    ] {
        // Writing into a string cannot fail.
        let _ = write!(settings, "-c {name}={} ", value.as_millis());
    }
    // Statements here are short. What the planner of an empty table takes for long, such as a walk over
    // lanes, would be compiled for a hundred times of what it runs, each time.
    settings.push_str("-c jit=off ");
    #[cfg(feature = "sabotage")]
    if options.sabotage == crate::Sabotage::SkipSync {
        settings.push_str("-c synchronous_commit=off ");
    }
    let _ = options;
    settings + given.unwrap_or_default()
}

fn tls(options: &DatabaseOptions) -> Result<MakeRustlsConnect> {
    let mut roots = RootCertStore::empty();
    match &options.certificates {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate =
                    certificate.map_err(|error| Error::other("read the certificates", error))?;
                roots
                    .add(certificate)
                    .map_err(|error| Error::other("trust the certificates", error))?;
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::other("set up encryption", error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// Waits for an answer of the server, but not for ever.
pub(crate) async fn answer<T>(wait: Duration, work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(wait, work).await.unwrap_or_else(|_| Err(silent()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ssl_mode_is_read_and_taken_out() {
        for (url, rest, encrypted) in [
            ("postgres://a/b", "postgres://a/b", false),
            ("postgres://a/b?sslmode=prefer", "postgres://a/b", false),
            ("postgres://a/b?sslmode=verify-full&host=/x", "postgres://a/b?host=/x", true),
            ("postgres://a/b?host=/x&sslmode=require", "postgres://a/b?host=/x", true),
        ] {
            assert_eq!(split_ssl_mode(url), (rest.to_owned(), encrypted));
        }
    }

    #[test]
    fn settings_of_the_address_come_last() {
        let options = DatabaseOptions::postgres("");
        let settings = settings(&options, Some("-c lock_timeout=1"));
        assert!(
            settings.starts_with("-c statement_timeout=30000 -c lock_timeout=10000"),
            "{settings}"
        );
        assert!(settings.ends_with("-c lock_timeout=1"), "{settings}");
    }
}
