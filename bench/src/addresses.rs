//! A million addresses: what they cost in memory.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use anyhow::ensure;
use serde::Serialize;
use tokio::task::JoinSet;

use crate::{figures, http::Client, process::Server};

/// Addresses of the loopback's that ask.
const ADDRESSES: u32 = 1_000_000;
/// How many ask at the same time.
const AT_ONCE: u32 = 16;
/// After so many the memory is read first: by then everything else is warm.
const WARM_UP: u32 = 10_000;

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
    let server = Server::start_with(folder.path(), None, &[]).await?;
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

/// Each of these addresses asks once.
async fn crowd(address: SocketAddr, of: std::ops::Range<u32>) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    for first in 0..AT_ONCE {
        let mine = of.clone().skip(first as usize).step_by(AT_ONCE as usize);
        tasks.spawn(async move {
            for n in mine {
                // From 127.1.0.0 on.
                let own = Ipv4Addr::from(0x7f01_0000 + n);
                let mut client = Client::connect_from(own, address).await?;
                let answer = client.get("/api/v1/runs").await?;
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
