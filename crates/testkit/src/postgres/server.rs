//! A PostgreSQL server that a test starts, breaks and starts again.

use std::net::{SocketAddr, TcpListener};
use std::ops::Range;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use super::binaries::Binaries;
use crate::FaultProxy;

/// Longest wait for a server to start or stop, in seconds.
const WAIT_SECONDS: u64 = 60;
/// Connections that a server accepts: several test processes at once, each with pools.
const MAX_CONNECTIONS: u32 = 400;

/// The files of a server, running or not. Settings that keep data safe are left at their defaults.
#[derive(Debug, Clone)]
pub(crate) struct Cluster {
    pub(crate) binaries: Binaries,
    pub(crate) directory: PathBuf,
    pub(crate) port: u16,
}

impl Cluster {
    /// Creates the files of a server in an empty directory.
    pub(crate) fn create(binaries: Binaries, directory: &Path) -> Result<Self> {
        let port = free_port()?;
        // The server's user must be able to enter, and sockets and data are its own.
        std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o755))?;
        for name in ["data", "socket"] {
            let path = directory.join(name);
            std::fs::create_dir(&path).with_context(|| format!("create {}", path.display()))?;
            binaries.own(&path)?;
        }
        let cluster = Self { binaries, directory: directory.to_owned(), port };
        let arguments =
            ["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C"];
        cluster.binaries.run("initdb", &arguments, &cluster.data())?;
        cluster.configure("listen_addresses = '127.0.0.1'")?;
        Ok(cluster)
    }

    /// Appends a line to its configuration. The last one that says the same counts.
    fn configure(&self, line: &str) -> Result<()> {
        use std::io::Write;
        let path = self.data().join("postgresql.conf");
        let mut file = std::fs::File::options().append(true).open(path)?;
        Ok(writeln!(file, "{line}")?)
    }

    pub(crate) fn start(&self) -> Result<()> {
        let options = format!(
            "-p {} -k {} -c max_connections={MAX_CONNECTIONS}",
            self.port,
            self.directory.join("socket").display(),
        );
        let log = self.data().join("server.log");
        let wait = WAIT_SECONDS.to_string();
        let mut command = self.binaries.command("pg_ctl");
        command.args(["start", "-w", "-t", &wait, "-o", &options, "-D"]).arg(self.data());
        command.arg("-l").arg(&log);
        // What the server inherits must not keep the test runner waiting for its end.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let status = command.status().context("start pg_ctl")?;
        if status.success() {
            return Ok(());
        }
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        bail!("PostgreSQL did not start ({status}): {}", said.trim())
    }

    /// Stops it: `fast` ends sessions and checkpoints, `immediate` is a crash.
    pub(crate) fn stop(&self, mode: &str) -> Result<()> {
        let wait = WAIT_SECONDS.to_string();
        self.binaries.run("pg_ctl", &["stop", "-w", "-t", &wait, "-m", mode], &self.data())
    }

    pub(crate) fn is_running(&self) -> bool {
        self.binaries.run("pg_ctl", &["status"], &self.data()).is_ok()
    }

    /// Address of a database, over TCP on the loopback address.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    fn process_id(&self) -> Result<rustix::process::Pid> {
        let file = std::fs::read_to_string(self.data().join("postmaster.pid"))
            .context("read postmaster.pid")?;
        let first = file.lines().next().and_then(|line| line.parse().ok());
        first.and_then(rustix::process::Pid::from_raw).context("postmaster.pid holds no process id")
    }
}

/// Ports that the system gives to no outgoing connection by itself: one of those could take the port of a
/// server that is not started yet, or is stopped and about to start again.
const PORTS: Range<u16> = 20_000..32_000;
/// How far apart processes begin to look: tests run side by side, each in its own.
const PORTS_OF_A_PROCESS: u32 = 16;

/// A port that was free a moment ago.
fn free_port() -> Result<u16> {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    let asked = ASKED.fetch_add(1, Ordering::Relaxed);
    let first = std::process::id().wrapping_mul(PORTS_OF_A_PROCESS).wrapping_add(asked);
    let count = u32::try_from(PORTS.len())?;
    let port = |at: u32| u16::try_from(first.wrapping_add(at) % count).map(|at| PORTS.start + at);
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    (0..count).filter_map(|at| port(at).ok()).find(is_free).context("find a free port")
}

/// A server of one test alone; stopped and removed when dropped.
#[derive(Debug)]
pub struct PrivateServer {
    cluster: Cluster,
    _directory: TempDir,
}

impl PrivateServer {
    /// Creates and starts a server.
    pub async fn start() -> Result<Self> {
        blocking(|| {
            let directory = crate::temp_dir();
            let cluster = Cluster::create(Binaries::find()?, directory.path())?;
            cluster.start()?;
            Ok(Self { cluster, _directory: directory })
        })
        .await
    }

    /// Address of its database, over TCP.
    pub fn url(&self) -> String {
        self.cluster.url("postgres")
    }

    /// Address of its database through its unix socket.
    pub fn socket_url(&self) -> String {
        let socket =
            self.cluster.directory.join("socket").display().to_string().replace('/', "%2F");
        format!("postgres://postgres@{socket}:{}/postgres", self.cluster.port)
    }

    /// Address of its database through a proxy.
    pub fn url_through(&self, proxy: &FaultProxy) -> String {
        self.url().replace(&self.address().to_string(), &proxy.address().to_string())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.cluster.port))
    }

    /// Appends a line to its configuration; effective after the next start.
    pub fn configure(&self, line: &str) -> Result<()> {
        self.cluster.configure(line)
    }

    /// Gives it a certificate, so that it accepts encrypted connections after the next start.
    pub fn encrypt(&self, certificate: &str, key: &str) -> Result<()> {
        for (name, text) in [("server.crt", certificate), ("server.key", key)] {
            let path = self.cluster.data().join(name);
            std::fs::write(&path, text)?;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
            self.cluster.binaries.own(&path)?;
        }
        self.configure("ssl = on")
    }

    /// Has it listen on every address of this network namespace and let a network such as `10.0.0.0/24` in;
    /// effective after the next start.
    pub fn admit(&self, network: &str) -> Result<()> {
        use std::io::Write;
        let path = self.cluster.data().join("pg_hba.conf");
        let mut file = std::fs::File::options().append(true).open(path)?;
        writeln!(file, "host all all {network} trust")?;
        self.configure("listen_addresses = '*'")
    }

    /// Crashes it: every session ends at once, and the next start recovers from the log.
    pub async fn stop_immediately(&self) -> Result<()> {
        let cluster = self.cluster.clone();
        blocking(move || cluster.stop("immediate")).await
    }

    /// Starts it after a stop.
    pub async fn start_again(&self) -> Result<()> {
        let cluster = self.cluster.clone();
        blocking(move || cluster.start()).await
    }

    /// Stops it in peace and starts it again.
    pub async fn restart(&self) -> Result<()> {
        let cluster = self.cluster.clone();
        blocking(move || cluster.stop("fast").and_then(|()| cluster.start())).await
    }

    /// Kills its main process with `SIGKILL`; returns when its files are free again.
    pub async fn kill(&self) -> Result<()> {
        let cluster = self.cluster.clone();
        let process = cluster.process_id()?;
        rustix::process::kill_process(process, rustix::process::Signal::KILL)?;
        let deadline = Instant::now() + Duration::from_secs(WAIT_SECONDS);
        // Sessions notice the death of the main process by themselves.
        while cluster.is_running() || rustix::process::test_kill_process(process).is_ok() {
            if Instant::now() > deadline {
                bail!("PostgreSQL outlived SIGKILL by {WAIT_SECONDS} s");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        // It may have been stopped by the test.
        let _ = self.cluster.stop("immediate");
    }
}

/// Runs something that waits for programs, off the runtime's threads.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await.context("the harness panicked")?
}

#[cfg(test)]
mod tests {
    use tokio_postgres::NoTls;

    use super::*;

    async fn works(url: &str) -> bool {
        tokio_postgres::connect(url, NoTls).await.is_ok()
    }

    #[tokio::test]
    async fn server_comes_back_after_crash_kill_and_restart() {
        let server = PrivateServer::start().await.unwrap();
        assert!(works(&server.url()).await);
        assert!(works(&server.socket_url()).await);
        server.stop_immediately().await.unwrap();
        assert!(!works(&server.url()).await);
        server.start_again().await.unwrap();
        server.kill().await.unwrap();
        assert!(!works(&server.url()).await);
        server.start_again().await.unwrap();
        server.restart().await.unwrap();
        assert!(works(&server.url()).await);
    }
}
