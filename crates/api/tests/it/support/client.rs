//! A client of the tests' own: it sends exactly the bytes that a test says, and reads what comes.

use std::{fmt::Write as _, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};

/// How long a test waits for anything to come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A request, put together.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// A connection whose answer is read as it comes.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Asked {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        let (method, path) = (method.to_owned(), path.to_owned());
        Self { method, path, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// The handshake of a WebSocket, with the key of the example of RFC 6455.
    pub(crate) fn handshake(self) -> Self {
        let asked = self.header("connection", "Upgrade").header("upgrade", "websocket");
        let asked = asked.header("sec-websocket-version", "13");
        asked.header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string().into_bytes())
    }

    pub(crate) fn body(self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let mut asked = self.header("content-type", media_type);
        asked.body = body.into();
        asked
    }

    /// The request as it goes over the wire.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let Self { method, path, headers, body } = self;
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: test\r\n");
        if !headers.iter().any(|(name, _)| name == "connection") {
            head.push_str("connection: close\r\n");
        }
        for (name, value) in headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        if !body.is_empty() || ["POST", "PUT", "PATCH"].contains(&method.as_str()) {
            let _ = write!(head, "content-length: {}\r\n", body.len());
        }
        head.push_str("\r\n");
        [head.as_bytes(), body].concat()
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|fault| panic!("{fault}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Status and code of a problem, which has the shape that all have.
    pub(crate) fn problem(&self) -> (u16, String) {
        let body = self.json();
        let status = self.status.as_u16();
        assert_eq!(self.header("content-type"), "application/problem+json", "{body}");
        assert_eq!(body["status"], status, "{body}");
        assert_eq!(body["request_id"], self.header("x-request-id"), "{body}");
        let code = body["code"].as_str().unwrap().to_owned();
        assert_eq!(body["type"], format!("/api/errors/{code}"), "{body}");
        assert!(!body["title"].as_str().unwrap().is_empty(), "{body}");
        assert!(!body["detail"].as_str().unwrap().is_empty(), "{body}");
        (status, code)
    }

    /// The answer, if it went well.
    pub(crate) fn ok(self) -> Value {
        assert!(self.status.is_success(), "{}: {}", self.status, self.text());
        if self.body.is_empty() { Value::Null } else { self.json() }
    }
}

impl Connection {
    pub(crate) async fn open(address: &str) -> Self {
        Self { stream: TcpStream::connect(address).await.unwrap(), read: Vec::new() }
    }

    /// A connection that comes from this address of the loopback's.
    pub(crate) async fn from(own: &str, address: &str) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(format!("{own}:0").parse().unwrap()).unwrap();
        Self { stream: socket.connect(address.parse().unwrap()).await.unwrap(), read: Vec::new() }
    }

    /// The connection, with what has been read of it and not been looked at.
    pub(crate) fn into_parts(self) -> (TcpStream, Vec<u8>) {
        (self.stream, self.read)
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        // A server that refuses early may close before all is sent: what it answered counts.
        let _ = self.stream.write_all(bytes).await;
    }

    /// Says that nothing more will be sent.
    pub(crate) async fn close_sending(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    /// Whether the server closes the connection, without an answer that went well.
    pub(crate) async fn ends(&mut self) -> bool {
        while self.more().await {}
        !self.read.starts_with(b"HTTP/1.1 2")
    }

    /// Reads once; false at the end.
    async fn more(&mut self) -> bool {
        self.read.reserve(16 * 1024);
        let read = tokio::time::timeout(PATIENCE, self.stream.read_buf(&mut self.read)).await;
        matches!(read.expect("the server answers in time"), Ok(1..))
    }

    /// Reads up to the end of the connection, and answers what came.
    pub(crate) async fn rest(&mut self) -> &[u8] {
        while self.more().await {}
        &self.read
    }

    /// Sends as much as the other end takes, again and again, until it takes nothing for so long.
    pub(crate) async fn send_until_full(&mut self, bytes: &[u8], patience: Duration) {
        while let Ok(Ok(1..)) = tokio::time::timeout(patience, self.stream.write(bytes)).await {}
    }

    /// The head of the answer.
    pub(crate) async fn head(&mut self) -> (StatusCode, HeaderMap) {
        let end = loop {
            if let Some(at) = find(&self.read, b"\r\n\r\n") {
                break at;
            }
            assert!(self.more().await, "no answer: {:?}", String::from_utf8_lossy(&self.read));
        };
        let head = String::from_utf8(self.read.drain(..end + 4).collect()).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| {
            (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap())
        });
        (status, headers.collect())
    }

    /// Reads the body of an answer with this head, whose length is told.
    pub(crate) async fn body(&mut self, headers: &HeaderMap) -> Vec<u8> {
        let length: usize = headers["content-length"].to_str().unwrap().parse().unwrap();
        while self.read.len() < length {
            assert!(self.more().await, "the body ends early");
        }
        self.read.drain(..length).collect()
    }

    /// The next part of a chunked body; none at its end.
    pub(crate) async fn chunk(&mut self) -> Option<String> {
        let line = loop {
            if let Some(at) = find(&self.read, b"\r\n") {
                break at;
            }
            if !self.more().await {
                return None;
            }
        };
        let size = std::str::from_utf8(&self.read[..line]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        while self.read.len() < line + 2 + size + 2 {
            if !self.more().await {
                return None;
            }
        }
        let chunk: Vec<u8> = self.read.drain(..line + 2 + size + 2).collect();
        let text = String::from_utf8(chunk[line + 2..line + 2 + size].to_vec()).unwrap();
        (size > 0).then_some(text)
    }

    /// The whole answer.
    pub(crate) async fn answer(mut self) -> Answer {
        let (status, headers) = self.head().await;
        let chunked = headers.get("transfer-encoding").is_some_and(|value| value == "chunked");
        if chunked {
            let mut body = String::new();
            while let Some(chunk) = self.chunk().await {
                body.push_str(&chunk);
            }
            return Answer { status, headers, body: body.into_bytes() };
        }
        while self.more().await {}
        Answer { status, headers, body: self.read }
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
