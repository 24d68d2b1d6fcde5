//! The world outside: a target and a model that note whatever reaches them.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
};
use gathering_testkit::model_server::{Answer, Asked, ModelServer, Turn, Wire};
use tokio::{net::TcpListener, task::JoinSet};

use super::history::{Arrival, now};

/// Each time after so many requests the target is out of order: what may be repeated is.
const OUT_OF_ORDER: usize = 23;
/// How long an answer takes at most.
const SLOWEST_MS: usize = 120;

type Arrivals = Arc<Mutex<Vec<Arrival>>>;

/// A web server and a model that count.
pub(crate) struct Effects {
    pub(crate) address: SocketAddr,
    model: ModelServer,
    arrivals: Arrivals,
    _serving: JoinSet<()>,
}

impl Effects {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let arrivals = Arrivals::default();
        let app = Router::new().fallback(arrive).with_state(Arc::clone(&arrivals));
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, app).await.unwrap() });
        let asked = Arc::clone(&arrivals);
        let model = ModelServer::start(move |question| answer(&asked, question)).await.unwrap();
        Self { address, model, arrivals, _serving: serving }
    }

    /// The addresses that a server must be allowed to reach.
    pub(crate) fn addresses(&self) -> String {
        format!("{},{}", self.address, self.model.address())
    }

    /// Where the model is.
    pub(crate) fn model_url(&self) -> String {
        self.model.base_url(Wire::OpenAi)
    }

    /// How often a path was asked.
    pub(crate) fn count(&self, path: &str) -> usize {
        let arrivals = self.arrivals.lock().unwrap();
        arrivals.iter().filter(|arrival| arrival.path == path).count()
    }

    /// Everything that came.
    pub(crate) fn arrivals(&self) -> Vec<Arrival> {
        self.arrivals.lock().unwrap().clone()
    }
}

/// Notes what comes before anything else: what is killed meanwhile has happened.
async fn arrive(
    State(arrivals): State<Arrivals>,
    uri: Uri,
    headers: HeaderMap,
) -> (StatusCode, &'static str) {
    let effect_id = headers.get("idempotency-key").map(|id| id.to_str().unwrap().to_owned());
    let nth = note(&arrivals, uri.path().to_owned(), effect_id);
    tokio::time::sleep(slow(nth)).await;
    if nth.is_multiple_of(OUT_OF_ORDER) {
        return (StatusCode::SERVICE_UNAVAILABLE, "{}");
    }
    (StatusCode::OK, "{}")
}

/// What the model says to somebody who asks it to think of a token.
fn answer(arrivals: &Arrivals, question: &Asked) -> Answer {
    let text = question.json().to_string();
    let token = text.split_once("Think of ").and_then(|(_, rest)| rest.split_once('.'));
    let path = format!("/model/{}/think", token.map_or("nothing", |(token, _)| token));
    let nth = note(arrivals, path, None);
    Wire::OpenAi.say(&Turn::text("I have thought of it.")).after(slow(nth))
}

/// Notes what came, and answers how much that is.
fn note(arrivals: &Arrivals, path: String, effect_id: Option<String>) -> usize {
    let mut arrivals = arrivals.lock().unwrap();
    arrivals.push(Arrival { path, effect_id, at: now() });
    arrivals.len()
}

fn slow(nth: usize) -> Duration {
    Duration::from_millis(u64::try_from(nth * 37 % SLOWEST_MS).unwrap())
}
