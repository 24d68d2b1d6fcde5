//! A target on a real socket that takes orders under effect ids, and can say which it has.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
};

use gathering_egress::{AllowRule, Egress, NetworkPolicy};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

/// What becomes of the next order. Once none is left, all are taken and answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is taken, and the connection breaks before the answer.
    CutAfter,
    /// The connection breaks before it is taken.
    CutBefore,
    /// It is taken, and nothing is ever answered.
    Silent,
    /// The connection breaks, and it is taken only after the first question.
    Late,
}

/// What the target has seen.
#[derive(Default)]
pub(crate) struct Book {
    fates: VecDeque<Fate>,
    /// The order that is being worked on.
    late: Option<String>,
    /// Orders that it took, and how often, by the id in their header.
    pub(crate) taken: BTreeMap<String, usize>,
    /// The ids of all orders that arrived.
    pub(crate) arrived: Vec<String>,
    /// The questions, as `path header`.
    pub(crate) asked: Vec<String>,
    /// Whether it can say anything.
    pub(crate) confused: bool,
}

pub(crate) struct Target {
    pub(crate) address: std::net::SocketAddr,
    pub(crate) book: Arc<Mutex<Book>>,
    changed: watch::Sender<()>,
    _tasks: JoinSet<()>,
}

impl Target {
    pub(crate) async fn start(fates: &[Fate]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let book = Book { fates: fates.iter().copied().collect(), ..Book::default() };
        let (book, changed) = (Arc::new(Mutex::new(book)), watch::Sender::new(()));
        let (seen, rung) = (Arc::clone(&book), changed.clone());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, Arc::clone(&seen), rung.clone()));
            }
        });
        Self { address, book, changed, _tasks: tasks }
    }

    /// A client that may reach it.
    pub(crate) fn egress(&self) -> Egress {
        let rule: AllowRule = self.address.to_string().parse().unwrap();
        Egress::builder().policy(NetworkPolicy::public_and([rule])).build()
    }

    /// Waits until so many orders have arrived.
    pub(crate) async fn arrived(&self, times: usize) {
        let mut changed = self.changed.subscribe();
        let enough = changed.wait_for(|()| self.book.lock().unwrap().arrived.len() >= times);
        crate::node::soon("an order arrives", enough).await.unwrap();
    }
}

async fn serve(mut stream: TcpStream, book: Arc<Mutex<Book>>, changed: watch::Sender<()>) {
    let Some(request) = read(&mut stream).await else { return };
    let header = |name: &str| {
        let lines = request.lines().filter_map(|line| line.split_once(": "));
        let mut values = lines.filter(|(of, _)| of.eq_ignore_ascii_case(name));
        values.next().map(|(_, value)| value.to_owned()).unwrap_or_default()
    };
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut silent = false;
    let answer = {
        let mut book = book.lock().unwrap();
        if request.starts_with("POST ") {
            let (id, fate) = (header("idempotency-key"), book.fates.pop_front());
            book.arrived.push(id.clone());
            if fate == Some(Fate::Late) {
                book.late = Some(id);
            } else if fate != Some(Fate::CutBefore) {
                *book.taken.entry(id).or_default() += 1;
            }
            silent = fate == Some(Fate::Silent);
            fate.is_none().then(|| ("201 Created", "{\"order\":7}".to_owned()))
        } else {
            book.asked.push(format!("{path} {}", header("x-asked")));
            let id = path.rsplit('=').next().unwrap_or_default();
            let elsewhere = path == "/elsewhere";
            let confused = book.confused && !elsewhere;
            let answer = match (confused, elsewhere || book.taken.contains_key(id)) {
                // As who wants a sign-in first does: where it leads, everything seems to be fine.
                (true, _) => ("302 Found\r\nlocation: /elsewhere", String::new()),
                (false, true) => ("200 OK", "{\"orders\":[{\"order\":7}]}".to_owned()),
                (false, false) => ("200 OK", "{\"orders\":[]}".to_owned()),
            };
            if let Some(id) = book.late.take() {
                *book.taken.entry(id).or_default() += 1;
            }
            Some(answer)
        }
    };
    changed.send_replace(());
    if silent {
        std::future::pending::<()>().await;
    }
    if let Some((status, body)) = answer {
        let length = body.len();
        let head = "content-type: application/json\r\nconnection: close";
        let text = format!("HTTP/1.1 {status}\r\n{head}\r\ncontent-length: {length}\r\n\r\n{body}");
        let _ = stream.write_all(text.as_bytes()).await;
        let _ = stream.shutdown().await;
    }
}

/// One request; none has a body that does not come with its head.
async fn read(stream: &mut TcpStream) -> Option<String> {
    let (mut bytes, mut buffer) = (Vec::new(), [0_u8; 4096]);
    loop {
        let read = stream.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&buffer[..read]);
        if bytes.windows(4).any(|window| window == b"\r\n\r\n") {
            return String::from_utf8(bytes).ok();
        }
    }
}
