//! A million addresses, as a proxy tells them: what they cost in memory.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    ops::Range,
    time::{Duration, Instant},
};

use anyhow::ensure;
use serde::Serialize;
use tokio::task::JoinSet;

use crate::{figures, http::Client, process::Server};

/// Clients that ask, each from an address of its own; half of them from IPv6 networks of their own.
const ADDRESSES: u32 = 1_000_000;
/// Connections of the proxy.
const CONNECTIONS: u32 = 16;
/// After so many the memory is read first: by then everything else is warm.
const WARM_UP: u32 = 10_000;

/// This benchmark is the proxy.
const PROXY: &[(&str, &str)] = &[("GATHERING_SERVER_TRUSTED_PROXIES", "127.0.0.1/32")];

#[derive(Debug, Serialize)]
struct Row {
    addresses: u32,
    resident_before_bytes: u64,
    resident_after_bytes: u64,
    took: Duration,
}

impl figures::Row for Row {
    fn cells(&self) -> Vec<(&'static str, String)> {
        vec![
            ("addresses", self.addresses.to_string()),
            ("resident before MiB", figures::mib(self.resident_before_bytes)),
            ("resident after MiB", figures::mib(self.resident_after_bytes)),
            ("seconds", format!("{:.0}", self.took.as_secs_f64())),
        ]
    }
}

pub(crate) async fn run() -> anyhow::Result<()> {
    let folder = gathering_testkit::temp_dir();
    let server = Server::start_with(folder.path(), None, PROXY).await?;
    crowd(server.address, 0..WARM_UP).await?;
    let resident_before_bytes = server.resident()?;
    let begun = Instant::now();
    crowd(server.address, WARM_UP..WARM_UP + ADDRESSES).await?;
    let took = begun.elapsed();
    let resident_after_bytes = server.resident()?;
    server.kill()?;
    let row = Row { addresses: ADDRESSES, resident_before_bytes, resident_after_bytes, took };
    figures::report("addresses", "one request without a token from each address", &[row])
}

/// Each of these clients asks once.
async fn crowd(server: SocketAddr, of: Range<u32>) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    for first in 0..CONNECTIONS {
        let mine = of.clone().skip(first as usize).step_by(CONNECTIONS as usize);
        tasks.spawn(async move {
            let mut client = Client::connect(server, None).await?;
            for n in mine {
                let own = address(n);
                let answer = client.get_for(own, "/api/v1/runs").await?;
                ensure!(answer.status == 401, "{own} was answered {}", answer.status);
            }
            anyhow::Ok(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(())
}

/// Public addresses: from 11.0.0.0 on, and the /64s from 2600:: on.
fn address(n: u32) -> IpAddr {
    match n % 2 {
        0 => IpAddr::V4(Ipv4Addr::from(0x0b00_0000 + n)),
        _ => IpAddr::V6(Ipv6Addr::from((0x2600_u128 << 112) | (u128::from(n) << 64) | 1)),
    }
}
