//! What came back: head at once, body piece by piece under its caps.

use std::{fmt, pin::Pin, task, time::Duration as StdDuration};

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt as _, stream, stream::BoxStream};
use gathering_domain::Duration;
use http::{HeaderMap, StatusCode, header};
use tokio::time::{Instant, timeout_at};

use crate::{EgressError, EgressErrorKind, Sent, secrets::Redactor};

/// The longest `Retry-After` that is believed.
const RETRY_AFTER_LIMIT: Duration = Duration::from_secs(86_400);

/// An answer whose body may still be on its way. Dropping it cuts the connection.
pub struct EgressResponse {
    status: StatusCode,
    headers: HeaderMap,
    url: String,
    body: BodyStream,
}

/// An answer's body, piece by piece: decompressed, capped, without the values of secrets.
pub struct BodyStream(BoxStream<'static, Result<Bytes, EgressError>>);

/// What a body is held to.
pub(crate) struct BodyCaps {
    pub(crate) method: String,
    pub(crate) shown: String,
    pub(crate) bytes: u64,
    pub(crate) idle: StdDuration,
    pub(crate) deadline: Instant,
    pub(crate) redactor: Redactor,
}

impl EgressResponse {
    pub(crate) fn new(response: reqwest::Response, caps: BodyCaps) -> Self {
        let status = response.status();
        let mut headers = response.headers().clone();
        if !caps.redactor.is_empty() {
            for value in headers.values_mut() {
                let shown = caps.redactor.whole(value.as_bytes());
                if shown != value.as_bytes()
                    && let Ok(shown) = http::HeaderValue::from_bytes(&shown)
                {
                    *value = shown;
                }
            }
        }
        let url = caps.shown.clone();
        Self { status, headers, url, body: BodyStream(capped(response, caps)) }
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// A header's value, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Where the answer came from, after redirects, without the query.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The wait that the server asks for: seconds, or a date read against the server's own `Date`.
    /// At most a day.
    pub fn retry_after(&self) -> Option<Duration> {
        let text = self.header(header::RETRY_AFTER.as_str())?.trim();
        let wait = if let Ok(seconds) = text.parse::<u64>() {
            Duration::from_secs(seconds)
        } else {
            let until = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
            let now = self.header(header::DATE.as_str())?;
            let now = jiff::fmt::rfc2822::parse(now.trim()).ok()?.timestamp();
            let seconds = until.duration_since(now).as_secs();
            Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
        };
        Some(wait.min(RETRY_AFTER_LIMIT))
    }

    /// The body, piece by piece.
    pub fn into_stream(self) -> BodyStream {
        self.body
    }

    /// The whole body.
    pub async fn bytes(self) -> Result<Bytes, EgressError> {
        let mut body = self.body;
        let mut all = BytesMut::new();
        while let Some(piece) = body.next().await {
            all.extend_from_slice(&piece?);
        }
        Ok(all.freeze())
    }

    /// The beginning of the body, at most `most` bytes and whatever came before a fault: for the
    /// text of a failure, where half is better than none.
    pub async fn beginning(self, most: usize) -> Bytes {
        let mut body = self.body;
        let mut all = BytesMut::new();
        while all.len() < most
            && let Some(Ok(piece)) = body.next().await
        {
            all.extend_from_slice(&piece);
        }
        all.truncate(most);
        all.freeze()
    }
}

fn capped(
    response: reqwest::Response,
    caps: BodyCaps,
) -> BoxStream<'static, Result<Bytes, EgressError>> {
    struct Reading {
        pieces: BoxStream<'static, reqwest::Result<Bytes>>,
        caps: BodyCaps,
        read: u64,
        ended: bool,
    }
    let pieces = response.bytes_stream().boxed();
    let reading = Reading { pieces, caps, read: 0, ended: false };
    stream::unfold(reading, |mut reading| async move {
        while !reading.ended {
            let step = reading.caps.next(&mut reading.pieces, &mut reading.read).await;
            match step {
                Ok(Some(piece)) => {
                    let shown = reading.caps.redactor.push(piece);
                    if !shown.is_empty() {
                        return Some((Ok(shown), reading));
                    }
                }
                Ok(None) => {
                    reading.ended = true;
                    let rest = reading.caps.redactor.finish();
                    if !rest.is_empty() {
                        return Some((Ok(rest), reading));
                    }
                }
                Err(kind) => {
                    reading.ended = true;
                    let error = EgressError {
                        method: reading.caps.method.clone(),
                        target: reading.caps.shown.clone(),
                        sent: Sent::Maybe,
                        kind,
                    };
                    return Some((Err(error), reading));
                }
            }
        }
        None
    })
    .boxed()
}

impl BodyCaps {
    async fn next(
        &self,
        pieces: &mut BoxStream<'static, reqwest::Result<Bytes>>,
        read: &mut u64,
    ) -> Result<Option<Bytes>, EgressErrorKind> {
        let idle_until = Instant::now() + self.idle;
        let until = idle_until.min(self.deadline);
        let Ok(next) = timeout_at(until, pieces.next()).await else {
            let phase = if idle_until < self.deadline { "answer's next piece" } else { "request" };
            return Err(EgressErrorKind::Timeout { phase });
        };
        match next {
            None => Ok(None),
            Some(Err(error)) => Err(EgressErrorKind::ConnectionLost(error.without_url())),
            Some(Ok(piece)) => {
                *read = read.saturating_add(piece.len() as u64);
                if *read > self.bytes {
                    return Err(EgressErrorKind::AnswerTooLarge { limit: self.bytes });
                }
                Ok(Some(piece))
            }
        }
    }
}

impl Stream for BodyStream {
    type Item = Result<Bytes, EgressError>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut task::Context<'_>,
    ) -> task::Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context)
    }
}

impl fmt::Debug for EgressResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EgressResponse")
            .field("status", &self.status)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for BodyStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BodyStream")
    }
}
