//! A target that answers with what it was asked, in several notations.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Json, Router, extract::State, http::HeaderMap, routing::any};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet};

/// A running target; it ends with the test.
pub(crate) struct Echo {
    pub(crate) address: SocketAddr,
    heard: Arc<Heard>,
    _tasks: JoinSet<()>,
}

#[derive(Default)]
struct Heard {
    authorizations: Mutex<Vec<String>>,
    times: AtomicUsize,
}

impl Echo {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Heard::default());
        let router = Router::new().fallback(any(echo)).with_state(Arc::clone(&heard));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, heard, _tasks: tasks }
    }

    /// The `authorization` of each request so far.
    pub(crate) fn authorizations(&self) -> Vec<String> {
        self.heard.authorizations.lock().unwrap().clone()
    }
}

async fn echo(State(heard): State<Arc<Heard>>, headers: HeaderMap, body: String) -> Json<Value> {
    let named = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let authorization = named("authorization").to_owned();
    let value = authorization.trim_start_matches("Bearer ").to_owned();
    let time = heard.times.fetch_add(1, Ordering::Relaxed);
    let all: Vec<String> = headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    heard.authorizations.lock().unwrap().push(authorization.clone());
    let hex = hex::encode(&value);
    Json(json!({
        "time": time,
        "headers": all,
        "body": body,
        "basic": format!("Basic {}", STANDARD.encode(format!("user:{value}"))),
        "base64": STANDARD.encode(&value),
        "hex": hex,
        "upper": hex.to_uppercase(),
        (value): "as a key",
    }))
}
