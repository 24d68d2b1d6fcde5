//! HTTP/1.1 on bare connections: nothing is retried that a test does not know of.

use std::{io, sync::Mutex, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// What a server says that begins to read a body.
const ASKS_FOR_IT: &[u8; 25] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// Connections to one server that are kept for the next request.
pub(super) struct Wire {
    address: String,
    idle: Mutex<Vec<TcpStream>>,
}

/// A whole answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
    /// Whether the server asked to take another connection.
    pub(super) last: bool,
}

/// A request that a server has begun to read, and that it has not got whole.
pub(super) struct Begun {
    stream: TcpStream,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Lost {
    /// There is no connection.
    Refused,
    /// The connection ended without a byte of an answer; whether it had been used before.
    Closed { used: bool },
    /// Anything else.
    Failed(String),
}

impl Wire {
    pub(super) fn new(address: &str) -> Self {
        Self { address: address.to_owned(), idle: Mutex::default() }
    }

    /// Sends a request on an idle connection, or on a new one.
    pub(super) async fn ask(&self, request: &str, fresh: bool) -> Result<Answer, Lost> {
        let kept = if fresh { None } else { self.idle.lock().unwrap().pop() };
        let used = kept.is_some();
        let mut stream = match kept {
            Some(stream) => stream,
            None => match TcpStream::connect(&self.address).await {
                Ok(stream) => stream,
                // A connection that the queue lost is one that was not taken.
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                    return Err(Lost::Closed { used: false });
                }
                Err(_) => return Err(Lost::Refused),
            },
        };
        let answer = timeout(PATIENCE, exchange(&mut stream, request, used)).await;
        let answer =
            answer.unwrap_or_else(|_| Err(Lost::Failed("no answer in time".to_owned())))?;
        if !answer.last {
            self.idle.lock().unwrap().push(stream);
        }
        Ok(answer)
    }
}

impl Begun {
    /// Sends a head with `expect: 100-continue`, and waits until the server asks for the body.
    pub(super) async fn at(address: &str, head: &str) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut read = [0; ASKS_FOR_IT.len()];
        let asked = timeout(PATIENCE, stream.read_exact(&mut read)).await;
        asked.expect("the server asks for the body").unwrap();
        assert_eq!(read, *ASKS_FOR_IT, "{}", String::from_utf8_lossy(&read));
        Self { stream }
    }

    /// Sends the body.
    pub(super) async fn finish(mut self, body: &str) -> Result<Answer, Lost> {
        let answer = timeout(PATIENCE, exchange(&mut self.stream, body, false)).await;
        answer.unwrap_or_else(|_| Err(Lost::Failed("no answer in time".to_owned())))
    }
}

async fn exchange(stream: &mut TcpStream, request: &str, used: bool) -> Result<Answer, Lost> {
    // Whether it could be sent is seen by what comes.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut read = Vec::new();
    loop {
        if let Some(answer) = parse(&read) {
            return Ok(answer);
        }
        match stream.read_buf(&mut read).await {
            Ok(1..) => {}
            Ok(0) | Err(_) if read.is_empty() => return Err(Lost::Closed { used }),
            Ok(_) => return Err(Lost::Failed("half an answer, then the end".to_owned())),
            Err(error) => return Err(Lost::Failed(format!("half an answer, then {error}"))),
        }
    }
}

/// The answer, once it is whole.
fn parse(read: &[u8]) -> Option<Answer> {
    let text = std::str::from_utf8(read).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().unwrap();
    let header = |wanted: &str| {
        let mut all = head.lines().filter_map(|line| line.split_once(": "));
        all.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
    };
    let length: usize = header("content-length").expect("a length is told").parse().unwrap();
    let last = header("connection").is_some_and(|value| value == "close");
    (body.len() >= length).then(|| Answer { status, body: body.to_owned(), last })
}
