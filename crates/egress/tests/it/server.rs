//! A small HTTP server that says exactly what a test wants, byte by byte.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures::{FutureExt as _, future};
use gathering_egress::{AllowRule, Egress, NetworkPolicy, Resolver, Resolving};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// What the server does after it has read a request.
#[derive(Clone)]
pub(crate) enum Act {
    /// Writes.
    Say(Vec<u8>),
    /// Keeps the connection open and silent until the test ends.
    Hang,
    /// Writes one byte, waits for this many milliseconds, and so on, without end.
    Drip(u64),
}

/// A running server; it ends with the test.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

impl Server {
    /// Starts one that answers each request by what `acts` says of it.
    pub(crate) async fn start(acts: impl Fn(&str) -> Vec<Act> + Send + Sync + 'static) -> Self {
        Self::start_at(([127, 0, 0, 1], 0).into(), acts).await
    }

    /// The same at an address of this host.
    pub(crate) async fn start_at(
        address: SocketAddr,
        acts: impl Fn(&str) -> Vec<Act> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = JoinSet::new();
        let seen = Arc::clone(&requests);
        let connections = Arc::new(AtomicUsize::new(0));
        let accepted = Arc::clone(&connections);
        tasks.spawn(async move {
            let acts = Arc::new(acts);
            let mut serving = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                accepted.fetch_add(1, Ordering::SeqCst);
                serving.spawn(serve(stream, Arc::clone(&acts), Arc::clone(&seen)));
            }
        });
        Self { address, requests, connections, _tasks: tasks }
    }

    /// Starts one that always says the same.
    pub(crate) async fn saying(text: impl Into<Vec<u8>>) -> Self {
        let text = text.into();
        Self::start(move |_| vec![Act::Say(text.clone())]).await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A URL with a name in place of the address.
    pub(crate) fn named(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.address.port())
    }

    /// How many connections came here, whether or not anything was asked on them.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn serve<F: Fn(&str) -> Vec<Act>>(
    mut stream: TcpStream,
    acts: Arc<F>,
    seen: Arc<Mutex<Vec<String>>>,
) {
    let Some(request) = read_request(&mut stream).await else { return };
    seen.lock().unwrap().push(request.clone());
    for act in acts(&request) {
        match act {
            Act::Say(bytes) => {
                if stream.write_all(&bytes).await.is_err() {
                    return;
                }
            }
            Act::Hang => future::pending::<()>().await,
            Act::Drip(millis) => loop {
                if stream.write_all(b"x").await.is_err() {
                    return;
                }
                tokio::time::sleep(std::time::Duration::from_millis(millis)).await;
            },
        }
    }
    let _ = stream.shutdown().await;
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0_u8; 4096];
    loop {
        let read = stream.read(&mut buffer).await.ok()?;
        if read == 0 {
            return None;
        }
        bytes.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok()
                })
                .unwrap_or(0_usize);
            if body.len() >= length {
                return Some(text);
            }
        }
    }
}

/// An answer with a length.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
        .into_bytes()
}

/// Gives a name's addresses from a list, the next list at each lookup; the last one stays.
pub(crate) struct Script {
    answers: Vec<Vec<IpAddr>>,
    lookups: Mutex<usize>,
}

impl Script {
    pub(crate) fn new(answers: &[&[&str]]) -> Arc<Self> {
        let read = |list: &&[&str]| list.iter().map(|text| text.parse().unwrap()).collect();
        Arc::new(Self { answers: answers.iter().map(read).collect(), lookups: Mutex::new(0) })
    }
}

impl Resolver for Script {
    fn resolve(&self, _host: &str) -> Resolving {
        let mut lookups = self.lookups.lock().unwrap();
        let at = (*lookups).min(self.answers.len().saturating_sub(1));
        *lookups += 1;
        let found = self.answers.get(at).cloned();
        future::ready(found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such name")))
            .boxed()
    }
}

/// A client that may reach `rules` beyond the public addresses.
pub(crate) fn allowing(rules: &[&str]) -> Egress {
    Egress::builder().policy(policy(rules)).build()
}

pub(crate) fn policy(rules: &[&str]) -> NetworkPolicy {
    NetworkPolicy::public_and(rules.iter().map(|rule| rule.parse::<AllowRule>().unwrap()))
}
