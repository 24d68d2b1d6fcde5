//! A small HTTP/1.1 client and a target that tells when it is asked, over plain sockets on loopback.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::mpsc,
};

/// The largest answer that is read.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// One connection that is kept alive.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    token: Option<String>,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Client {
    pub(crate) async fn connect(
        address: SocketAddr,
        token: Option<String>,
    ) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), token })
    }

    /// The same from this address of the loopback's.
    pub(crate) async fn connect_from(own: Ipv4Addr, address: SocketAddr) -> anyhow::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::from((own, 0)))?;
        let stream = socket.connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), token: None })
    }

    /// The token, for other connections.
    pub(crate) fn into_token(self) -> anyhow::Result<String> {
        self.token.context("there is no token")
    }

    /// The token by which it asks.
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    pub(crate) async fn get(&mut self, path: &str) -> anyhow::Result<Answer> {
        self.send("GET", path, "", None).await
    }

    /// The same as a proxy that asks for this client.
    pub(crate) async fn get_for(&mut self, client: IpAddr, path: &str) -> anyhow::Result<Answer> {
        self.send("GET", path, &format!("X-Forwarded-For: {client}\r\n"), None).await
    }

    pub(crate) async fn post(&mut self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.send("POST", path, "", Some(body)).await
    }

    async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Answer> {
        let body = body.map(ToString::to_string).unwrap_or_default();
        let auth = self
            .token
            .as_ref()
            .map(|token| format!("Authorization: Bearer {token}\r\n"))
            .unwrap_or_default();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\n{auth}{headers}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        self.stream.get_mut().write_all(format!("{head}{body}").as_bytes()).await?;
        let (status, length) = read_head(&mut self.stream).await?;
        if length > MAX_ANSWER {
            bail!("an answer of {length} bytes");
        }
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).await?;
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).unwrap_or(Value::Null)
        };
        Ok(Answer { status, body })
    }
}

impl Answer {
    /// The body, if the status is one of success.
    pub(crate) fn success(self) -> anyhow::Result<Value> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        bail!("the server answered {}: {}", self.status, self.body)
    }
}

/// The status, or for a request the method's place; and the length of the body.
async fn read_head(stream: &mut BufReader<TcpStream>) -> anyhow::Result<(u16, usize)> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        bail!("the connection was closed");
    }
    let status = line.split_whitespace().nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
    let mut length = 0;
    loop {
        line.clear();
        stream.read_line(&mut line).await.context("reading a head")?;
        let header = line.trim();
        if header.is_empty() {
            return Ok((status, length));
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse()?;
        }
    }
}

/// Answers every request with 200, after a while, and says when it was asked.
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
}

impl Target {
    /// Listens. Each hit is told with its path and moment.
    pub(crate) async fn start(
        told: mpsc::UnboundedSender<(String, Instant)>,
        delay: Duration,
    ) -> anyhow::Result<Self> {
        Self::start_on(IpAddr::from([127, 0, 0, 1]), told, delay).await
    }

    /// The same on an address.
    pub(crate) async fn start_on(
        own: IpAddr,
        told: mpsc::UnboundedSender<(String, Instant)>,
        delay: Duration,
    ) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((own, 0)).await?;
        let address = listener.local_addr()?;
        #[expect(clippy::disallowed_methods, reason = "lives as long as the benchmark's process")]
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let told = told.clone();
                tokio::spawn(async move {
                    let _ = answer(stream, &told, delay).await;
                });
            }
        });
        Ok(Self { address })
    }
}

async fn answer(
    stream: TcpStream,
    told: &mpsc::UnboundedSender<(String, Instant)>,
    delay: Duration,
) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let at = Instant::now();
        let path = line.split_whitespace().nth(1).unwrap_or_default().to_owned();
        let mut length = 0_usize;
        loop {
            line.clear();
            stream.read_line(&mut line).await?;
            let header = line.trim();
            if header.is_empty() {
                break;
            }
            if let Some((name, value)) = header.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse()?;
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        let _ = told.send((path, at));
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        stream
            .get_mut()
            .write_all(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
            )
            .await?;
    }
}
