//! Connections: accepted up to a bound, as slow as they may be, ended without losing a request.

use std::{io, net::IpAddr, sync::Arc, time::Duration};

use axum::{BoxError, Extension, Router};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::Layer as _;

use crate::{
    Options, Site, Tls,
    client::Peer,
    network::Network,
    pace::{Pace, PacedStream, attend, attend_talk},
    places::{Place, Places},
    upgrade::Upgrades,
};

/// How long to wait after a connection could not be accepted, as when files have run out.
const ACCEPT_AGAIN: Duration = Duration::from_millis(200);
/// The part of all connections that one address may have open, unless it is that of a trusted proxy.
const QUARTER: usize = 4;
/// How long a connection without a request may still bring one once no new connection is taken:
/// whoever sent it did not know yet.
const LAST_REQUESTS: Duration = Duration::from_millis(500);
/// The least buffer that the HTTP/1 parser takes, in bytes.
const LEAST_BUFFER: usize = 8 * 1024;
/// Requests at once on one HTTP/2 connection.
const REQUESTS_OF_ONE: u32 = 100;
/// How often a silent HTTP/2 connection is asked whether it is alive, and how long it has to answer.
const ASK_EVERY: Duration = Duration::from_secs(30);
const ALIVE_WITHIN: Duration = Duration::from_secs(20);
/// Bytes of one answer that wait in memory for a reader's window of HTTP/2.
const WAITING_OF_ONE: usize = 64 * 1024;
/// Streams that a client has opened and reset before they were looked at (CVE-2023-44487); beyond
/// that the connection ends. Floods of `SETTINGS` and `PING` need no bound of their own: each is
/// answered before the next is read, so that whoever does not read the answers is not read either.
const RESETS_PENDING: usize = 20;
/// Streams that were reset for the client's own mistakes; beyond that the connection ends.
const RESETS_FOR_ERRORS: usize = 100;

/// What every connection is served by.
struct Server {
    builder: auto::Builder<TokioExecutor>,
    router: Router,
    options: Options,
    tls: Option<TlsAcceptor>,
    /// Connections end once what they have brought is answered.
    ending: CancellationToken,
    /// Connections end at once.
    stopped: CancellationToken,
}

/// Serves until `shutdown`, encrypted if there is a certificate; who is a trusted proxy, `site` says. Then
/// takes the connections that the system has accepted by then and no more, answers what they and all
/// others bring within a moment, with the word that nothing more may come, and returns when the last
/// request is answered. Streams end when [`ApiState::draining`](crate::ApiState::draining) is cancelled,
/// which may be the same token. Whoever cannot wait drops the future: that closes what is still open.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    options: Options,
    tls: Option<Tls>,
    site: Arc<Site>,
    shutdown: CancellationToken,
) {
    let (ending, stopped) = (CancellationToken::new(), CancellationToken::new());
    let _stop_all = stopped.clone().drop_guard();
    let places = Arc::new(Semaphore::new(options.connections.min(Semaphore::MAX_PERMITS)));
    let shares = Places::of(options.connections, QUARTER);
    let builder = builder(&options);
    let tls = tls.map(|tls| tls.acceptor());
    let server = Arc::new(Server { builder, router, options, tls, ending, stopped });
    let tasks = TaskTracker::new();
    loop {
        let (stream, address, place) = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = accept(&listener, &places) => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "could not accept a connection");
                    tokio::time::sleep(ACCEPT_AGAIN).await;
                    continue;
                }
            },
        };
        let share = shares.enter(Network::of_address(address));
        if share.is_none() && !site.trusts(address.to_canonical()) {
            // Closed without a word: a word would be work, and whoever has so many knows why.
            tracing::debug!(%address, "an address has too many connections");
            continue;
        }
        let held = Some((share, place));
        tasks.spawn(Arc::clone(&server).connection(stream, address, held));
    }
    // Whoever waits in the system's queue counts as accepted: they may have sent their request. The
    // queue is bounded, so these few need no places.
    for (stream, address) in queued(listener) {
        tasks.spawn(Arc::clone(&server).connection(stream, address, None));
    }
    tasks.close();
    if tokio::time::timeout(LAST_REQUESTS, tasks.wait()).await.is_err() {
        server.ending.cancel();
        tasks.wait().await;
    }
}

impl Server {
    /// Serves a connection to its end.
    async fn connection(
        self: Arc<Self>,
        stream: TcpStream,
        address: IpAddr,
        _held: Option<(Option<Place<Network>>, OwnedSemaphorePermit)>,
    ) {
        prepare(&stream, &self.options);
        let pace = Pace::new(&self.options);
        let stream = PacedStream::new(stream, &pace);
        let served = async {
            let peer = Peer { address, tls: self.tls.is_some() };
            match &self.tls {
                None => self.speak(stream, peer, &pace).await,
                Some(tls) => {
                    let Some(stream) = self.encrypted(tls, stream).await? else { return Ok(()) };
                    pace.restart();
                    self.speak(stream, peer, &pace).await
                }
            }
        };
        if let Some(Err(error)) = self.stopped.run_until_cancelled(served).await {
            tracing::debug!(error, "a connection ended early");
        }
    }

    /// Agrees on the encryption of a connection, within the time that a head has; none if there is
    /// no more time.
    async fn encrypted(
        &self,
        tls: &TlsAcceptor,
        stream: PacedStream,
    ) -> Result<Option<TlsStream<PacedStream>>, BoxError> {
        let agreed = tokio::time::timeout(self.options.head_time.std(), tls.accept(stream));
        match self.ending.run_until_cancelled(agreed).await {
            Some(Ok(agreed)) => Ok(Some(agreed?)),
            Some(Err(_)) | None => Ok(None),
        }
    }

    /// Speaks HTTP on a stream, and what a request has made of it, to its end.
    async fn speak<S>(&self, stream: S, peer: Peer, pace: &Arc<Pace>) -> Result<(), BoxError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let upgrades = Upgrades::default();
        let service = Extension(Arc::clone(pace)).layer(self.router.clone());
        let service = Extension(upgrades.clone()).layer(service);
        let service = TowerToHyperService::new(Extension(peer).layer(service));
        let stream = TokioIo::new(stream);
        let connection = self.builder.serve_connection_with_upgrades(stream, service);
        attend(connection, pace, &self.ending).await?;
        // Spoken here, and not on a task of its own: it is still the same connection, which counts as
        // one until its end, and which the server cuts when it cannot wait.
        if let Some(talk) = upgrades.take() {
            attend_talk(talk, pace).await;
        }
        Ok(())
    }
}

/// The next connection. While all places are taken none is accepted, and clients wait in the
/// system's own queue.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, IpAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, address) = listener.accept().await?;
    Ok((stream, address.ip(), place))
}

/// The connections that the system has accepted; then it accepts no more.
fn queued(listener: TcpListener) -> Vec<(TcpStream, IpAddr)> {
    let mut queued = Vec::new();
    let Ok(listener) = listener.into_std() else { return queued };
    while let Ok((stream, address)) = listener.accept() {
        let stream = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream));
        match stream {
            Ok(stream) => queued.push((stream, address.ip())),
            Err(error) => tracing::warn!(%error, "could not take a connection of the queue"),
        }
    }
    queued
}

/// Sets what the system is to do for a connection. Where it cannot, the connection is good enough.
fn prepare(stream: &TcpStream, options: &Options) {
    // Answers are small and complete: they go out at once.
    let _ = stream.set_nodelay(true);
    // What lies in the system's buffers and is not taken ends the connection as well, and so does a
    // client that is gone without a word.
    #[cfg(target_os = "linux")]
    {
        let stall = u32::try_from(options.stall_time.std().as_millis()).unwrap_or(u32::MAX);
        let _ = rustix::net::sockopt::set_tcp_user_timeout(stream, stall);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = options;
}

fn builder(options: &Options) -> auto::Builder<TokioExecutor> {
    let head_bytes = options.header_bytes.saturating_add(options.uri_bytes).saturating_mul(2);
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // `Pace` has it: this one begins only once the version is known, and does not tell a head
        // that comes from a wait for the next one.
        .header_read_timeout(None)
        .max_buf_size(head_bytes.max(LEAST_BUFFER));
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(ASK_EVERY)
        .keep_alive_timeout(ALIVE_WITHIN)
        .max_concurrent_streams(REQUESTS_OF_ONE)
        .max_pending_accept_reset_streams(RESETS_PENDING)
        .max_local_error_reset_streams(RESETS_FOR_ERRORS)
        .max_send_buf_size(WAITING_OF_ONE)
        .max_header_list_size(u32::try_from(head_bytes).unwrap_or(u32::MAX));
    builder
}
