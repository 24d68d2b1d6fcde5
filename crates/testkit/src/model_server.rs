//! A real HTTP server on this host that speaks the model providers' wires, faults included.

mod wire;

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, Response, header},
};
use bytes::Bytes;
use futures::{StreamExt as _, future, stream};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinSet};

pub use wire::{SaidCall, Turn, Wire};

/// The most bytes of a request that the server reads.
const REQUEST_BYTES: usize = 64 * 1024 * 1024;
/// How many bytes of a stream go out at once: few, so that events arrive cut anywhere.
const PIECE_BYTES: usize = 7;

/// A running server. It ends when it is dropped.
#[derive(Debug)]
pub struct ModelServer {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    _tasks: JoinSet<()>,
}

/// One request that reached the server.
#[derive(Debug, Clone)]
pub struct Asked {
    /// How many requests came before.
    pub nth: usize,
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, byte for byte.
    pub body: Bytes,
}

/// What the server says to one request.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body, piece by piece.
    pub pieces: Vec<Piece>,
}

/// One piece of a body.
#[derive(Debug, Clone)]
pub enum Piece {
    /// These bytes.
    Bytes(Bytes),
    /// A pause.
    Wait(Duration),
    /// The connection breaks here.
    Cut,
    /// Nothing more comes, and the connection stays open.
    Hang,
}

struct Shared {
    answer: Box<dyn Fn(&Asked) -> Answer + Send + Sync>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl ModelServer {
    /// Starts a server that says to each request what `answer` makes of it.
    pub async fn start(
        answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let asked = Arc::new(Mutex::new(Vec::new()));
        let shared = Shared { answer: Box::new(answer), asked: Arc::clone(&asked) };
        let app = Router::new().fallback(serve).with_state(Arc::new(shared));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            // It serves until the set of tasks is dropped.
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self { address, asked, _tasks: tasks })
    }

    /// Starts a server that always says the same.
    pub async fn saying(answer: Answer) -> io::Result<Self> {
        Self::start(move |_| answer.clone()).await
    }

    /// The base URL that a provider of `wire` is configured with.
    pub fn base_url(&self, wire: Wire) -> String {
        format!("http://{}{}", self.address, wire.base_path())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What has been asked, in order.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Asked {
    /// The body as JSON; null if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A header's value, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl Answer {
    /// A JSON document.
    pub fn json(status: u16, body: impl Into<String>) -> Self {
        let body: String = body.into();
        Self {
            status,
            headers: vec![("content-type", "application/json".to_owned())],
            pieces: vec![Piece::Bytes(body.into())],
        }
    }

    /// A stream of server-sent events, in small pieces that cut events anywhere.
    pub fn stream(events: &str) -> Self {
        let pieces = events.as_bytes().chunks(PIECE_BYTES);
        let pieces = pieces.map(|piece| Piece::Bytes(Bytes::copy_from_slice(piece))).collect();
        Self {
            status: 200,
            headers: vec![("content-type", "text/event-stream".to_owned())],
            pieces,
        }
    }

    /// The same with a header more.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same with a pause before the body.
    pub fn after(mut self, wait: Duration) -> Self {
        self.pieces.insert(0, Piece::Wait(wait));
        self
    }

    /// The same, but the connection breaks after `bytes` of the body.
    pub fn cut_after(self, bytes: usize) -> Self {
        self.end_after(bytes, Piece::Cut)
    }

    /// The same, but nothing comes after `bytes` of the body.
    pub fn hang_after(self, bytes: usize) -> Self {
        self.end_after(bytes, Piece::Hang)
    }

    fn end_after(mut self, bytes: usize, end: Piece) -> Self {
        let mut left = bytes;
        let mut kept = Vec::new();
        for piece in self.pieces {
            match piece {
                Piece::Bytes(all) => {
                    let part = all.slice(..left.min(all.len()));
                    left -= part.len();
                    kept.push(Piece::Bytes(part));
                }
                other => kept.push(other),
            }
            if left == 0 {
                break;
            }
        }
        kept.push(end);
        self.pieces = kept;
        self
    }
}

async fn serve(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Response<Body>, Infallible> {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, REQUEST_BYTES).await.unwrap_or_default();
    let asked = {
        let mut all = shared.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = Asked {
            nth: all.len(),
            method: head.method.to_string(),
            path: head.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
            headers: head.headers,
            body,
        };
        all.push(asked.clone());
        asked
    };
    let Answer { status, headers, pieces } = (shared.answer)(&asked);
    let body = stream::iter(pieces).filter_map(|piece| async move {
        match piece {
            Piece::Bytes(bytes) => Some(Ok(bytes)),
            Piece::Wait(wait) => {
                tokio::time::sleep(wait).await;
                None
            }
            Piece::Cut => {
                // A pause makes the server send what it has before the connection breaks.
                tokio::task::yield_now().await;
                Some(Err(io::Error::from(io::ErrorKind::ConnectionReset)))
            }
            Piece::Hang => future::pending().await,
        }
    });
    let mut response = Response::new(Body::from_stream(body));
    *response.status_mut() = status.try_into().expect("tests give statuses that exist");
    for (name, value) in headers {
        let value = value.parse().expect("tests give headers that can be sent");
        response.headers_mut().insert(name, value);
    }
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    Ok(response)
}
