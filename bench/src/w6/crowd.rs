//! All subscribers: gathered, waited for, and compared with one who reads the log afterwards.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;
use tokio::task::JoinSet;

use super::subscriber::{Ear, Subscriber};
use crate::{http::Client, process::Server};

/// Streams that one user opens: fewer than one may.
const OF_ONE: usize = 240;
/// Every so many-th subscriber breaks off now and then, and goes on where it was.
const RESTLESS: usize = 20;
/// After how many events a restless one breaks off.
const BREAKS_AFTER: usize = 50;
/// Connections that are opened at a time.
const AT_ONCE: usize = 32;
/// How often it is looked whether all have heard.
const LOOK: Duration = Duration::from_millis(5);

/// Subscribers, and what they have heard.
pub(super) struct Crowd {
    address: SocketAddr,
    token: String,
    ears: Vec<Arc<Ear>>,
    _listening: JoinSet<()>,
}

/// What a comparison with the log told.
pub(super) struct Told {
    pub(super) reconnects: usize,
    pub(super) lost: usize,
    pub(super) twice: usize,
}

/// The tokens of so many users as so many subscribers need.
pub(super) async fn tokens(
    server: &Server,
    owner: &mut Client,
    subscribers: usize,
) -> anyhow::Result<Vec<String>> {
    let mut tokens = vec![owner.token().context("the owner is signed in")?.to_owned()];
    for nth in 1..subscribers.div_ceil(OF_ONE) {
        let body = json!({ "email": format!("listener-{nth}@example.org"), "role": "operator" });
        let invited = owner.post("/api/v1/invitations", &body).await?.success()?;
        let body = json!({
            "token": invited["token"],
            "name": format!("Listener {nth}"),
            "password": format!("a password of listener {nth}"),
        });
        let mut client = Client::connect(server.address, None).await?;
        let accepted = client.post("/api/v1/auth/accept", &body).await?.success()?;
        tokens.push(accepted["token"].as_str().context("no token for a listener")?.to_owned());
    }
    Ok(tokens)
}

impl Crowd {
    /// Subscribes as many, and returns when each stream is open.
    pub(super) async fn gather(
        address: SocketAddr,
        tokens: &[String],
        count: usize,
    ) -> anyhow::Result<Self> {
        let token = tokens.first().context("nobody may subscribe")?.clone();
        let opened = stream::iter(0..count).map(|nth| {
            let token = tokens.get(nth / OF_ONE).cloned();
            async move {
                let token = token.context("too few users")?;
                let breaks_after = (nth % RESTLESS == RESTLESS - 1).then_some(BREAKS_AFTER);
                Subscriber::open(address, token, None, breaks_after).await
            }
        });
        let opened: Vec<Subscriber> = opened.buffered(AT_ONCE).try_collect().await?;
        let (mut ears, mut listening) = (Vec::new(), JoinSet::new());
        for subscriber in opened {
            ears.push(subscriber.ear());
            listening.spawn(subscriber.listen());
        }
        Ok(Self { address, token, ears, _listening: listening })
    }

    /// Waits until everybody has heard of the ends of so many runs, and answers how many events that were.
    pub(super) async fn hears(&self, ends: usize, within: Duration) -> anyhow::Result<usize> {
        let begun = Instant::now();
        loop {
            let heard = self.ears.iter().map(|ear| ear.ends()).min().unwrap_or(0);
            if heard >= ends {
                return Ok(self.ears.first().map_or(0, |ear| ear.events()));
            }
            if let Some(why) = self.ears.iter().find_map(|ear| ear.broken()) {
                bail!("a subscriber broke off: {why}");
            }
            if begun.elapsed() > within {
                bail!("somebody has heard of {heard} ends, not of {ends}");
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// How late everything was from an event on, sorted, for those who never broke off.
    pub(super) fn late(&self, from: usize) -> Vec<Duration> {
        let steady = self.ears.iter().filter(|ear| ear.is_steady());
        let mut late: Vec<Duration> = steady.flat_map(|ear| ear.late(from)).collect();
        late.sort_unstable();
        late
    }

    /// Reads the log once more, and compares.
    pub(super) async fn compare(&self, ends: usize, within: Duration) -> anyhow::Result<Told> {
        let start = self.ears.iter().map(|ear| ear.start).min().unwrap_or(0);
        let reader = Subscriber::open(self.address, self.token.clone(), Some(start), None).await?;
        let (log, mut listening) = (reader.ear(), JoinSet::new());
        listening.spawn(reader.listen());
        let alone = Self {
            address: self.address,
            token: String::new(),
            ears: vec![Arc::clone(&log)],
            _listening: listening,
        };
        alone.hears(ends, within).await?;
        let log: BTreeSet<i64> = log.positions().into_iter().collect();
        let mut told = Told { reconnects: 0, lost: 0, twice: 0 };
        for ear in &self.ears {
            let heard = ear.positions();
            let once: BTreeSet<i64> = heard.iter().copied().collect();
            told.reconnects += ear.reconnects();
            told.lost += log.range(ear.start + 1..).filter(|at| !once.contains(at)).count();
            // What comes out of order has been passed over, and comes too late.
            told.twice += heard.windows(2).filter(|pair| pair[0] >= pair[1]).count();
        }
        Ok(told)
    }
}
