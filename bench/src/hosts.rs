//! Hosts of their own for instances: network namespaces on one bridge, each with a link that can be cut.
//!
//! The benchmark starts itself once more in a namespace that has a bridge and nothing else. There each
//! instance gets a namespace, and a link to the bridge. All of it is gone with the processes.

use std::{
    io::Write as _,
    net::{IpAddr, SocketAddr},
    path::Path,
    process::{Command, Stdio},
    sync::atomic::{AtomicU8, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};

use crate::process::{Server, binary};

/// The network of the hosts, and the address of the bridge, where the database and the target are.
pub(crate) const NETWORK: &str = "10.213.0.0/24";
pub(crate) const HUB: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 213, 0, 1));
/// The variable that tells the benchmark that it runs beside the bridge. Servers refuse those that begin with
/// `GATHERING_` and that they do not know.
const INSIDE: &str = "BENCH_BESIDE_THE_HUB";
const PORT: u16 = 7_400;
/// How long a process may take to be in its own namespace.
const SET_UP_WITHIN: Duration = Duration::from_secs(10);
/// The last part of an address: 1 is the bridge's, 255 is everybody's.
static NEXT: AtomicU8 = AtomicU8::new(2);

/// An instance on a host of its own.
pub(crate) struct Host {
    pub(crate) server: Server,
    link: String,
}

/// Whether this process runs beside the bridge.
#[expect(clippy::disallowed_methods, reason = "the benchmark tells itself where it runs")]
pub(crate) fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// Runs the benchmark with these arguments in a namespace of its own, with a bridge.
pub(crate) fn run_inside(arguments: &[String]) -> anyhow::Result<()> {
    let own = std::env::current_exe()?;
    let status = command("unshare")
        .args(["--net", "--"])
        .arg(own)
        .args(arguments)
        .env(INSIDE, "1")
        .status()
        .context("could not run `unshare` (package util-linux)")?;
    if !status.success() {
        bail!(
            "the part with hosts of their own ended with {status}; it needs network namespaces: run it as root \
             where `unshare --net true` and `ip link add hub type bridge` work (package iproute2)"
        );
    }
    Ok(())
}

/// Makes the bridge.
pub(crate) fn make_hub() -> anyhow::Result<()> {
    ip(&["link", "set", "lo", "up"])?;
    ip(&["link", "add", "hub", "type", "bridge"])?;
    ip(&["addr", "add", &format!("{HUB}/24"), "dev", "hub"])?;
    ip(&["link", "set", "hub", "up"])
}

impl Host {
    /// Starts an instance on a host of its own, and waits until it is ready.
    pub(crate) async fn start(
        data_dir: &Path,
        database: &str,
        variables: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let number = NEXT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
            Some(if last == 254 { 2 } else { last + 1 })
        });
        let number = number.unwrap_or_else(|last| last);
        let (link, address) = (format!("host{number}"), format!("10.213.0.{number}"));
        let listen = SocketAddr::new(address.parse()?, PORT);
        // It begins once its link is there.
        let mut shell = command("unshare");
        shell.args(["--net", "--", "/bin/sh", "-c", "read -r _ && exec \"$0\" \"$@\""]);
        shell.arg(binary()?).stdin(Stdio::piped());
        let mut server = Server::run(shell, listen, data_dir, Some(database), variables)?;
        let process = server.child().id().to_string();
        has_own_namespace(&process).await?;
        ip(&["link", "add", &link, "type", "veth", "peer", "name", "eth0", "netns", &process])?;
        ip(&["link", "set", &link, "master", "hub", "up"])?;
        inside(&process, &["link", "set", "lo", "up"])?;
        inside(&process, &["addr", "add", &format!("{address}/24"), "dev", "eth0"])?;
        inside(&process, &["link", "set", "eth0", "up"])?;
        let mut stdin = server.child().stdin.take().context("the server has no input")?;
        stdin.write_all(b"\n").context("could not let the server begin")?;
        Ok(Self { server: server.ready().await?, link })
    }

    /// Cuts its link, as of a host that has vanished. Nobody is told.
    pub(crate) fn cut(&self) -> anyhow::Result<()> {
        ip(&["link", "set", &self.link, "down"])
    }
}

async fn has_own_namespace(process: &str) -> anyhow::Result<()> {
    let (begun, own) = (Instant::now(), std::fs::read_link("/proc/self/ns/net")?);
    while std::fs::read_link(format!("/proc/{process}/ns/net"))? == own {
        if begun.elapsed() > SET_UP_WITHIN {
            bail!("an instance has no network namespace of its own");
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

fn ip(arguments: &[&str]) -> anyhow::Result<()> {
    finished(command("ip").args(arguments))
}

fn inside(process: &str, arguments: &[&str]) -> anyhow::Result<()> {
    finished(command("nsenter").args(["--net", "--target", process, "--", "ip"]).args(arguments))
}

fn finished(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("could not run {command:?}"))?;
    if !status.success() {
        bail!("{command:?} failed with {status}");
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a benchmark makes the hosts that it measures")]
fn command(program: &str) -> Command {
    Command::new(program)
}
