//! A web server elsewhere that counts what reaches it.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, extract::State, http::Uri};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

/// Counts requests by their paths.
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    counts: Arc<Mutex<BTreeMap<String, u32>>>,
    total: watch::Receiver<u32>,
    _serving: JoinSet<()>,
}

type Seen = (Arc<Mutex<BTreeMap<String, u32>>>, watch::Sender<u32>, Duration);

impl Target {
    /// A target that takes so long for each answer.
    pub(crate) async fn start(slow: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let counts = Arc::new(Mutex::new(BTreeMap::new()));
        let (sender, total) = watch::channel(0);
        let seen: Seen = (Arc::clone(&counts), sender, slow);
        let app = Router::new().fallback(count).with_state(seen);
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, counts, total, _serving: serving }
    }

    /// How often each path was asked.
    pub(crate) fn counts(&self) -> BTreeMap<String, u32> {
        self.counts.lock().unwrap().clone()
    }

    /// Waits until so many requests have come.
    pub(crate) async fn reached(&self, requests: u32) {
        let mut total = self.total.clone();
        let waited = total.wait_for(|total| *total >= requests);
        tokio::time::timeout(Duration::from_mins(1), waited).await.expect("in time").unwrap();
    }
}

async fn count(State((counts, total, slow)): State<Seen>, uri: Uri) -> &'static str {
    *counts.lock().unwrap().entry(uri.path().to_owned()).or_default() += 1;
    total.send_modify(|total| *total += 1);
    tokio::time::sleep(slow).await;
    "{}"
}
