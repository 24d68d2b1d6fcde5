//! A web server elsewhere that counts what reaches it.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, Uri},
};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

/// Counts requests by their paths.
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    counts: Arc<Mutex<BTreeMap<String, u32>>>,
    authorizations: Arc<Mutex<Vec<String>>>,
    total: watch::Receiver<u32>,
    held: watch::Sender<bool>,
    _serving: JoinSet<()>,
}

#[derive(Clone)]
struct Seen {
    counts: Arc<Mutex<BTreeMap<String, u32>>>,
    authorizations: Arc<Mutex<Vec<String>>>,
    total: watch::Sender<u32>,
    held: watch::Receiver<bool>,
    slow: Duration,
}

impl Target {
    /// A target that takes so long for each answer.
    pub(crate) async fn start(slow: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (counts, authorizations) = (Arc::default(), Arc::default());
        let (sender, total) = watch::channel(0);
        let held = watch::Sender::new(false);
        let seen = Seen {
            counts: Arc::clone(&counts),
            authorizations: Arc::clone(&authorizations),
            total: sender,
            held: held.subscribe(),
            slow,
        };
        let app = Router::new().fallback(count).with_state(seen);
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, counts, authorizations, total, held, _serving: serving }
    }

    /// Answers nothing until it is told to, or goes on.
    pub(crate) fn hold(&self, held: bool) {
        self.held.send_replace(held);
    }

    /// How often each path was asked.
    pub(crate) fn counts(&self) -> BTreeMap<String, u32> {
        self.counts.lock().unwrap().clone()
    }

    /// What came in the header `Authorization`, request by request.
    pub(crate) fn authorizations(&self) -> Vec<String> {
        self.authorizations.lock().unwrap().clone()
    }

    /// Waits until so many requests have come.
    pub(crate) async fn reached(&self, requests: u32) {
        let mut total = self.total.clone();
        let waited = total.wait_for(|total| *total >= requests);
        tokio::time::timeout(Duration::from_mins(1), waited).await.expect("in time").unwrap();
    }

    /// Waits until each of these paths was asked.
    pub(crate) async fn reached_each(&self, paths: &[String]) {
        let mut total = self.total.clone();
        let waited = total.wait_for(|_| {
            let counts = self.counts.lock().unwrap();
            paths.iter().all(|path| counts.contains_key(path))
        });
        tokio::time::timeout(Duration::from_mins(1), waited).await.expect("in time").unwrap();
    }
}

async fn count(State(mut seen): State<Seen>, uri: Uri, headers: HeaderMap) -> &'static str {
    *seen.counts.lock().unwrap().entry(uri.path().to_owned()).or_default() += 1;
    if let Some(value) = headers.get("authorization") {
        seen.authorizations.lock().unwrap().push(value.to_str().unwrap().to_owned());
    }
    seen.total.send_modify(|total| *total += 1);
    seen.held.wait_for(|held| !held).await.unwrap();
    tokio::time::sleep(seen.slow).await;
    "{}"
}
