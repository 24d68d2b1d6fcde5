//! The real binary as a process: started, asked whether it is ready, killed.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use serde_json::json;

use crate::http::Client;

/// The owner that a fresh store is given.
pub(crate) const EMAIL: &str = "bench@example.org";
const PASSWORD: &str = "a password of a benchmark";
/// How long the server may take until it is ready.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// Linux counts processor time in hundredths of a second for programs that ask.
const MILLIS_PER_TICK: u64 = 10;

/// A running server.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    begun: Instant,
    pub(crate) ready_after: Duration,
}

/// Where the server's binary lies: beside the benchmark's own.
pub(crate) fn binary() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let path = own.with_file_name("gathering");
    if !path.exists() {
        bail!(
            "`{}` is not there: build it with `cargo build --release -p gathering-server`",
            path.display()
        );
    }
    Ok(path)
}

/// No rate for anything.
pub(crate) const UNLIMITED: &[(&str, &str)] = &[
    ("GATHERING_RATES_READ", "off"),
    ("GATHERING_RATES_WRITE", "off"),
    ("GATHERING_RATES_STREAM", "off"),
    ("GATHERING_RATES_EXPENSIVE", "off"),
    ("GATHERING_RATES_SIGN_IN", "off"),
    ("GATHERING_RATES_NO_TOKEN", "off"),
    ("GATHERING_RATES_FAILED_PAIR", "off"),
    ("GATHERING_RATES_FAILED_ACCOUNT", "off"),
    ("GATHERING_RATES_FAILED_TOTAL", "off"),
];

impl Server {
    /// Starts a server on a data directory, or on a PostgreSQL database, and waits until it is ready.
    /// Nobody is asked to wait for having asked too often.
    pub(crate) async fn start(data_dir: &Path, database: Option<&str>) -> anyhow::Result<Self> {
        Self::start_with(data_dir, database, UNLIMITED).await
    }

    /// The same with these variables, and the usual rates unless they say otherwise.
    pub(crate) async fn start_with(
        data_dir: &Path,
        database: Option<&str>,
        variables: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        #[expect(
            clippy::disallowed_methods,
            reason = "a benchmark starts the binary that it measures"
        )]
        let command = Command::new(binary()?);
        Self::run(command, address, data_dir, database, variables)?.ready().await
    }

    /// Starts the process of a server by a command that runs the binary.
    pub(crate) fn run(
        mut command: Command,
        address: SocketAddr,
        data_dir: &Path,
        database: Option<&str>,
        variables: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        command
            .arg("serve")
            .arg("--listen")
            .arg(address.to_string())
            .arg("--data-dir")
            .arg(data_dir);
        if let Some(url) = database {
            command.arg("--database-url").arg(url);
        }
        command
            .env("GATHERING_BOOTSTRAP_OWNER", EMAIL)
            .env("GATHERING_BOOTSTRAP_PASSWORD", PASSWORD)
            .env("GATHERING_EGRESS_ALLOW_PRIVATE", "127.0.0.1/32")
            .env("GATHERING_LOG_LEVEL", "warn")
            .envs(variables.iter().copied())
            .stdout(Stdio::null());
        let begun = Instant::now();
        let child = command.spawn().context("could not start the server")?;
        Ok(Self { child, address, begun, ready_after: Duration::ZERO })
    }

    /// Waits until it is ready.
    pub(crate) async fn ready(mut self) -> anyhow::Result<Self> {
        while self.begun.elapsed() < READY_WITHIN {
            if let Ok(mut client) = Client::connect(self.address, None).await
                && client.get("/readyz").await.is_ok_and(|answer| answer.status == 200)
            {
                self.ready_after = self.begun.elapsed();
                return Ok(self);
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended with {status}");
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        bail!("the server was not ready within {READY_WITHIN:?}")
    }

    /// Signs in as the owner.
    pub(crate) async fn sign_in(&self) -> anyhow::Result<Client> {
        let mut client = Client::connect(self.address, None).await?;
        let body = json!({ "email": EMAIL, "password": PASSWORD });
        let answer = client.post("/api/v1/auth/login", &body).await?.success()?;
        let token = answer["token"].as_str().context("sign-in gave no token")?;
        Client::connect(self.address, Some(token.to_owned())).await
    }

    /// The process, to be dealt with as such.
    pub(crate) const fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Resident memory, in bytes.
    pub(crate) fn resident(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
        let kib: u64 = line.split_whitespace().nth(1).context("no figure")?.parse()?;
        Ok(kib * 1024)
    }

    /// The processor time that it has used so far.
    pub(crate) fn processor_time(&self) -> anyhow::Result<Duration> {
        processor_time(self.child.id())
    }

    /// Stops the process for now, as a host does that hangs.
    #[expect(clippy::disallowed_methods, reason = "a benchmark stops the binary that it measures")]
    pub(crate) fn pause(&self) -> anyhow::Result<()> {
        let pid = self.child.id().to_string();
        if !Command::new("kill").args(["-STOP", &pid]).status()?.success() {
            bail!("could not stop the server");
        }
        Ok(())
    }

    /// Ends the process at once, as `kill -9` does.
    pub(crate) fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

/// The processor time that a process has used so far, of all its threads.
pub(crate) fn processor_time(pid: u32) -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name of the program comes second, in brackets, and may hold anything.
    let (_, rest) = stat.rsplit_once(')').context("no name in the process's figures")?;
    let mut ticks = 0_u64;
    for field in rest.split_whitespace().skip(11).take(2) {
        ticks += field.parse::<u64>()?;
    }
    Ok(Duration::from_millis(ticks * MILLIS_PER_TICK))
}

/// The processor time that the sessions of a PostgreSQL database have used so far, as far as they are open
/// and belong to a server on this machine.
pub(crate) fn sessions_time(database: Option<&str>) -> anyhow::Result<Duration> {
    let name = database.and_then(|url| url.rsplit('/').next()?.split('?').next());
    let Some(name) = name else { return Ok(Duration::ZERO) };
    let mut all = Duration::ZERO;
    for process in std::fs::read_dir("/proc")?.flatten() {
        let path = process.path();
        let Some(pid) = path.file_name().and_then(|name| name.to_str()?.parse().ok()) else {
            continue;
        };
        // One that ended meanwhile counts no more.
        let title = std::fs::read_to_string(path.join("cmdline")).unwrap_or_default();
        if title.starts_with("postgres: ") && title.split(' ').any(|word| word == name) {
            all += processor_time(pid).unwrap_or_default();
        }
    }
    Ok(all)
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
