//! A target that answers with what it was asked, in several notations.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, HeaderValue, Uri},
    routing::any,
};
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

async fn echo(
    State(heard): State<Arc<Heard>>,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> Json<Value> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let authorization = headers.get("authorization").map(text).unwrap_or_default();
    let value = authorization.trim_start_matches("Bearer ").to_owned();
    let all: Vec<String> =
        headers.iter().map(|(name, value)| format!("{name}: {}", text(value))).collect();
    let earlier = heard.authorizations.lock().unwrap().clone();
    heard.authorizations.lock().unwrap().push(authorization);
    let padding = if uri.path() == "/big" { "x".repeat(100_000) } else { String::new() };
    let hex = hex::encode(&value);
    Json(json!({
        "padding": padding,
        "earlier": earlier,
        "headers": all,
        "body": body,
        "basic": format!("Basic {}", STANDARD.encode(format!("user:{value}"))),
        "base64": STANDARD.encode(&value),
        "hex": hex,
        "upper": hex.to_uppercase(),
        (value): "as a key",
    }))
}
