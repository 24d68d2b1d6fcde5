//! The talk over a socket, from its opening to its close.

use std::time::Duration;

use futures::{FutureExt as _, SinkExt as _, StreamExt as _};
use gathering_app::{Caller, events::EventFilter};
use gathering_domain::Actor;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::{Instant, sleep_until, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Bytes, Error, Message,
        error::ProtocolError,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

use super::{
    pulse::{Beat, Pulse},
    subscriptions::{Subscriptions, Told},
    words::{self, Refused, SocketMessage, SocketRequest, Subscribe},
};
use crate::{
    Problem, access::RateClass, places::Place, problem::ProblemView, request_id::RequestId,
    state::Edge,
};

/// The largest message of a client, in bytes.
const MESSAGE_BYTES: usize = 16 * 1024;
/// What is gathered before it is written, in bytes; no more than that and one message wait to be taken.
const GATHERED_BYTES: usize = 32 * 1024;
/// What is read at once, in bytes.
const READ_BYTES: usize = 4 * 1024;
/// How much is told before a client is listened to again.
const TOLD_AT_ONCE: usize = 64;
/// How long a client has to answer that the talk ends.
const CLOSES_WITHIN: Duration = Duration::from_secs(5);
/// How much of what a client has sent by then is thrown away before it is cut off, in bytes.
const UNHEARD_BYTES: u64 = 4 * 1024 * 1024;

/// A talk over a socket.
pub(super) struct Talk {
    socket: WebSocketStream<TokioIo<Upgraded>>,
    edge: Edge,
    caller: Caller,
    /// The request that has opened it, by which its failures are found in the log.
    request_id: RequestId,
    subscriptions: Subscriptions,
    pulse: Pulse,
}

/// Why a talk ends.
#[derive(Debug)]
enum End {
    /// The server ends it, and says why.
    Said(CloseCode, &'static str),
    /// The client has ended it.
    Left,
    /// The connection is broken, or its client does not answer.
    Gone,
}

/// What comes next.
enum Next {
    Heard(Option<Result<Message, Error>>),
    Told(String, Told),
    Beat,
}

impl Talk {
    pub(super) async fn begin(
        stream: TokioIo<Upgraded>,
        edge: Edge,
        caller: Caller,
        request_id: RequestId,
        place: Place<Actor>,
    ) -> Self {
        let bounds = WebSocketConfig::default()
            .read_buffer_size(READ_BYTES)
            .write_buffer_size(GATHERED_BYTES)
            .max_message_size(Some(MESSAGE_BYTES))
            .max_frame_size(Some(MESSAGE_BYTES));
        let socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(bounds)).await;
        let pulse = Pulse::begin(&edge.options, Instant::now());
        let subscriptions = Subscriptions::none(place);
        Self { socket, edge, caller, request_id, subscriptions, pulse }
    }

    /// Talks until there is nothing more to say.
    pub(super) async fn run(mut self) {
        let draining = self.edge.state.draining.clone();
        let end = tokio::select! {
            biased;
            () = draining.cancelled() => End::Said(CloseCode::Away, "the server is about to stop"),
            end = self.go_on() => end,
        };
        tracing::debug!(?end, request.id = self.request_id.as_str(), "a socket ends");
        let Self { socket, subscriptions, .. } = self;
        drop(subscriptions);
        // Whoever does not answer in time is cut off.
        let _ = timeout(CLOSES_WITHIN, close(socket, end)).await;
    }

    async fn go_on(&mut self) -> End {
        loop {
            let done = match self.next().await {
                Next::Heard(heard) => self.hear(heard).await,
                Next::Told(id, told) => self.tell(id, told).await,
                Next::Beat => self.beat().await,
            };
            if let Err(end) = done {
                return end;
            }
        }
    }

    async fn next(&mut self) -> Next {
        let Self { socket, subscriptions, pulse, .. } = self;
        let listen = async {
            sleep_until(pulse.reads_at()).await;
            socket.next().await
        };
        tokio::select! {
            heard = listen => Next::Heard(heard),
            Some((id, told)) = subscriptions.next() => Next::Told(id, told),
            () = sleep_until(pulse.beats_at()) => Next::Beat,
        }
    }

    async fn hear(&mut self, heard: Option<Result<Message, Error>>) -> Result<(), End> {
        let message = heard.ok_or(End::Gone)?.map_err(|error| ended_by(&error))?;
        self.pulse.heard(Instant::now());
        let answer = match message {
            Message::Text(text) => self.asked(&text).await,
            Message::Binary(_) => {
                let problem = Problem::invalid("", "wrong_type", "a message is JSON, as text");
                Err(Refused::of(None, problem))
            }
            Message::Close(_) => return Err(End::Left),
            // The first is answered by itself.
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => return Ok(()),
        };
        let message = answer.unwrap_or_else(|refused| self.refusal(refused));
        let sent = self.socket.send(Message::text(message.text())).await;
        sent.map_err(|_| End::Gone)
    }

    /// Does what a client asks, and says what is answered.
    async fn asked(&mut self, text: &str) -> Result<SocketMessage, Refused> {
        let answer = match words::read(text)? {
            SocketRequest::Subscribe(subscribe) => {
                let id = subscribe.id.clone();
                let opened = self.subscribe(subscribe).await;
                // What was reserved for one that is refused.
                self.subscriptions.release();
                opened.map_err(|problem| Refused::of(Some(id), problem))?
            }
            SocketRequest::Unsubscribe(words::Unsubscribe { id }) => {
                if !self.subscriptions.remove(&id) {
                    let problem = Problem::new("not_found", "there is no such subscription");
                    return Err(Refused::of(Some(id), problem));
                }
                SocketMessage::Unsubscribed { id }
            }
            SocketRequest::Ping(_) => SocketMessage::Pong,
        };
        self.pulse.used(!self.subscriptions.is_empty(), Instant::now());
        Ok(answer)
    }

    /// Opens a subscription, under the same terms as a stream.
    async fn subscribe(&mut self, subscribe: Subscribe) -> Result<SocketMessage, Problem> {
        let Subscribe { id, after, types, run_id, previews } = subscribe;
        if self.subscriptions.has(&id) {
            let message = "there is a subscription of this name; end it first, or name another";
            return Err(Problem::invalid("/id", "in_use", message));
        }
        let (edge, now) = (&self.edge, self.edge.now());
        if let Some(standing) = edge.rates.caller(RateClass::Stream, &self.caller, now) {
            standing.admit()?;
        }
        self.subscriptions.reserve(edge, self.caller.actor())?;
        // The socket may be older than the caller's rights.
        self.caller = edge.app().identity().still_allowed(&self.caller).await?;
        let types = types.iter().map(|pattern| pattern.as_str().to_owned()).collect();
        let filter = EventFilter { run_id, types, previews };
        let subscription = edge.app().events().subscribe(&self.caller, after, filter).await?;
        let resume_after = subscription.resume_after();
        self.subscriptions.add(id.clone(), subscription);
        Ok(SocketMessage::Subscribed { id, resume_after })
    }

    /// Tells what a subscription has, and what all have by then, and waits until it is taken.
    async fn tell(&mut self, id: String, told: Told) -> Result<(), End> {
        let mut next = Some((id, told));
        let mut count = 0;
        while let Some((id, told)) = next {
            let (message, end) = self.message(id, told);
            self.socket.feed(Message::text(message.text())).await.map_err(|_| End::Gone)?;
            if let Some(end) = end {
                return Err(end);
            }
            count += 1;
            next = if count < TOLD_AT_ONCE {
                self.subscriptions.next().now_or_never().flatten()
            } else {
                None
            };
        }
        self.socket.flush().await.map_err(|_| End::Gone)
    }

    /// What is said of it, and how the talk ends with it if it does.
    fn message(&mut self, id: String, told: Told) -> (SocketMessage, Option<End>) {
        let problem = match told {
            Told::Event(event) => return (SocketMessage::Event { id, event: event.into() }, None),
            Told::Lagged(resume_after) => {
                return (SocketMessage::Lagged { id, resume_after }, None);
            }
            Told::Gone(resume_after) => return (SocketMessage::Gone { id, resume_after }, None),
            Told::Ended(problem) => problem,
        };
        if let Some(cause) = problem.cause() {
            tracing::error!(%cause, "could not go on with a subscription");
        }
        self.subscriptions.remove(&id);
        self.pulse.used(!self.subscriptions.is_empty(), Instant::now());
        // Nothing that this caller asks for would be done.
        let end = (problem.code() == "unauthenticated")
            .then_some(End::Said(CloseCode::Policy, "sign in again"));
        (SocketMessage::Ended { id, problem: self.view(&problem) }, end)
    }

    async fn beat(&mut self) -> Result<(), End> {
        match self.pulse.beat(Instant::now()) {
            Beat::Rest => Ok(()),
            Beat::Ask => {
                let asked = self.socket.send(Message::Ping(Bytes::new())).await;
                asked.map_err(|_| End::Gone)
            }
            Beat::Dead => Err(End::Gone),
            Beat::Unused => Err(End::Said(CloseCode::Policy, "nothing is subscribed to")),
        }
    }

    fn refusal(&self, Refused { id, problem }: Refused) -> SocketMessage {
        if let Some(cause) = problem.cause() {
            tracing::error!(%cause, "could not open a subscription");
        }
        let retry_after = problem.retry_after();
        SocketMessage::Error { id, problem: self.view(&problem), retry_after }
    }

    fn view(&self, problem: &Problem) -> ProblemView {
        problem.view(self.request_id.as_str())
    }
}

/// Ends the talk in the way of the protocol, as far as its client takes part in that.
async fn close(mut socket: WebSocketStream<TokioIo<Upgraded>>, end: End) {
    match end {
        End::Gone => return,
        End::Left => {}
        End::Said(code, reason) => {
            let frame = CloseFrame { code, reason: reason.into() };
            if socket.send(Message::Close(Some(frame))).await.is_err() {
                return;
            }
        }
    }
    while let Some(Ok(_)) = socket.next().await {}
    // What is left unread when a connection closes makes the system of its other end forget what it has
    // not given to the client yet: the reason why.
    let stream = socket.get_mut();
    if stream.shutdown().await.is_ok() {
        let mut rest = stream.take(UNHEARD_BYTES);
        let _ = tokio::io::copy(&mut rest, &mut tokio::io::sink()).await;
    }
}

/// How a talk ends of which nothing more can be heard.
fn ended_by(error: &Error) -> End {
    match error {
        Error::Capacity(_) => End::Said(CloseCode::Size, "a message is too large"),
        Error::Utf8(_) => End::Said(CloseCode::Invalid, "a message is UTF-8"),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => End::Gone,
        Error::Protocol(_) => End::Said(CloseCode::Protocol, "not as RFC 6455 says"),
        _ => End::Gone,
    }
}
