//! One subscriber: reads the stream of events from a socket, and notes when what came.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use gathering_domain::{Clock as _, Timestamp};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::node::Ambient;

/// Bytes that are read at a time.
const BUFFER: usize = 16 * 1024;
/// The longest line of a stream.
const MAX_LINE: usize = 4 * 1024 * 1024;
/// How often a place is asked for that is about to become free, and how long after each time it was not.
const RECONNECTS: usize = 250;
const RECONNECTS_AFTER: Duration = Duration::from_millis(20);

/// A stream that is open.
pub(super) struct Subscriber {
    address: SocketAddr,
    token: String,
    lines: Lines,
    breaks_after: Option<usize>,
    ear: Arc<Ear>,
}

/// What a subscriber has heard.
pub(super) struct Ear {
    /// After which position it began.
    pub(super) start: i64,
    steady: bool,
    heard: Mutex<Heard>,
}

#[derive(Default)]
struct Heard {
    positions: Vec<i64>,
    late: Vec<Duration>,
    ends: usize,
    reconnects: usize,
    broken: Option<String>,
}

/// Lines of a stream, without what HTTP would put between them.
struct Lines {
    stream: TcpStream,
    bytes: Vec<u8>,
    read: usize,
}

impl Subscriber {
    /// Subscribes to what comes after a position, or from now on.
    pub(super) async fn open(
        address: SocketAddr,
        token: String,
        after: Option<i64>,
        breaks_after: Option<usize>,
    ) -> anyhow::Result<Self> {
        let (lines, start) =
            open(address, &token, after).await?.context("there is no place for a stream")?;
        let ear = Ear { start, steady: breaks_after.is_none(), heard: Mutex::default() };
        Ok(Self { address, token, lines, breaks_after, ear: Arc::new(ear) })
    }

    pub(super) fn ear(&self) -> Arc<Ear> {
        Arc::clone(&self.ear)
    }

    /// Listens until it is dropped.
    pub(super) async fn listen(mut self) {
        let why = match self.hear().await {
            Ok(()) => "the stream has ended".to_owned(),
            Err(error) => format!("{error:#}"),
        };
        self.ear.heard().broken = Some(why);
    }

    async fn hear(&mut self) -> anyhow::Result<()> {
        let (mut id, mut since) = (0, 0);
        loop {
            let line = self.lines.next().await?;
            if let Some(text) = line.strip_prefix("id:") {
                id = text.trim().parse()?;
            } else if let Some(data) = line.strip_prefix("data:") {
                let now = Ambient.now();
                ensure!(id > 0, "an event without an id: {data}");
                let at = member(data, "at").and_then(Timestamp::parse_rfc3339);
                let at = at.with_context(|| format!("no time in {data}"))?;
                let mut heard = self.ear.heard();
                heard.positions.push(id);
                heard.late.push(now.since(at).std());
                heard.ends += usize::from(member(data, "type") == Some("run.succeeded"));
                drop(heard);
                since += 1;
            } else if line.is_empty() && self.breaks_after.is_some_and(|most| since >= most) {
                self.lines.stream.shutdown().await?;
                self.lines = reconnect(self.address, &self.token, id).await?;
                self.ear.heard().reconnects += 1;
                since = 0;
            }
        }
    }
}

/// Goes on where it was. The place of the stream before is free once the server has seen it go.
async fn reconnect(address: SocketAddr, token: &str, after: i64) -> anyhow::Result<Lines> {
    for _ in 0..RECONNECTS {
        if let Some((lines, _)) = open(address, token, Some(after)).await? {
            return Ok(lines);
        }
        tokio::time::sleep(RECONNECTS_AFTER).await;
    }
    bail!("the place of a stream that was closed has not become free")
}

/// Opens a stream, if there is a place for it. Version 1.0 of HTTP ends a body with the
/// connection, and puts nothing between its pieces.
async fn open(
    address: SocketAddr,
    token: &str,
    after: Option<i64>,
) -> anyhow::Result<Option<(Lines, i64)>> {
    let mut stream = TcpStream::connect(address).await?;
    let last = after.map(|at| format!("Last-Event-ID: {at}\r\n")).unwrap_or_default();
    let head = format!(
        "GET /api/v1/events HTTP/1.0\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
         Accept: text/event-stream\r\n{last}\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    let mut lines = Lines { stream, bytes: Vec::new(), read: 0 };
    let status = lines.next().await?;
    if status.contains(" 503 ") {
        return Ok(None);
    }
    ensure!(status.contains(" 200 "), "a stream was answered `{status}`");
    while !lines.next().await?.is_empty() {}
    let opening = lines.next().await?;
    let start = opening.strip_prefix("id:").context("a stream begins with where it is")?;
    let start = start.trim().parse()?;
    while !lines.next().await?.is_empty() {}
    Ok(Some((lines, start)))
}

/// A text among the outer members of an envelope: they come before its data.
fn member<'a>(data: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = data.split_once(&format!("\"{name}\":\""))?;
    rest.split('"').next()
}

impl Lines {
    async fn next(&mut self) -> anyhow::Result<String> {
        loop {
            if let Some(end) = self.bytes[self.read..].iter().position(|byte| *byte == b'\n') {
                let line = std::str::from_utf8(&self.bytes[self.read..self.read + end])?;
                let line = line.trim_end_matches('\r').to_owned();
                self.read += end + 1;
                return Ok(line);
            }
            self.bytes.drain(..self.read);
            self.read = 0;
            ensure!(self.bytes.len() < MAX_LINE, "a line without an end");
            self.bytes.reserve(BUFFER);
            if self.stream.read_buf(&mut self.bytes).await? == 0 {
                bail!("the connection was closed");
            }
        }
    }
}

impl Ear {
    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn ends(&self) -> usize {
        self.heard().ends
    }

    pub(super) fn events(&self) -> usize {
        self.heard().positions.len()
    }

    pub(super) fn reconnects(&self) -> usize {
        self.heard().reconnects
    }

    pub(super) fn broken(&self) -> Option<String> {
        self.heard().broken.clone()
    }

    pub(super) const fn is_steady(&self) -> bool {
        self.steady
    }

    pub(super) fn positions(&self) -> Vec<i64> {
        self.heard().positions.clone()
    }

    pub(super) fn late(&self, from: usize) -> Vec<Duration> {
        self.heard().late.get(from..).unwrap_or_default().to_vec()
    }
}
