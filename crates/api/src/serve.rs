//! Connections: accepted up to a bound, their heads within a time, ended without losing a request.

use std::{io, sync::Arc, time::Duration};

use axum::{Extension, Router};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::Layer as _;

use crate::{Options, client::Peer};

/// How long to wait after a connection could not be accepted, as when files have run out.
const ACCEPT_AGAIN: Duration = Duration::from_millis(200);
/// Requests at once on one HTTP/2 connection.
const REQUESTS_OF_ONE: u32 = 100;
/// How often a silent HTTP/2 connection is asked whether it is alive.
const ASK_EVERY: Duration = Duration::from_secs(30);
/// How long a connection without a request may still bring one once no new connection is taken:
/// whoever sent it did not know yet.
const LAST_REQUESTS: Duration = Duration::from_millis(500);
/// The least buffer that the HTTP/1 parser takes, in bytes.
const LEAST_BUFFER: usize = 8 * 1024;

/// Serves until `shutdown`. Then takes the connections that the system has accepted by then and no
/// more, answers what they and all others bring within a moment, with the word that nothing more may
/// come, and returns when the last request is answered. Streams end when [`ApiState::draining`](crate::ApiState::draining) is cancelled, which
/// may be the same token. Whoever cannot wait drops the future: that closes what is still open.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    options: Options,
    shutdown: CancellationToken,
) {
    let builder = builder(&options);
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(options.connections.min(Semaphore::MAX_PERMITS)));
    let tasks = TaskTracker::new();
    let stopped = CancellationToken::new();
    let _stop_all = stopped.clone().drop_guard();
    let open = |stream: TcpStream, peer: Peer, place: Option<OwnedSemaphorePermit>| {
        let service = TowerToHyperService::new(Extension(peer).layer(router.clone()));
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        let (connection, stopped) = (graceful.watch(connection), stopped.clone());
        tasks.spawn(async move {
            let _place = place;
            if let Some(Err(error)) = stopped.run_until_cancelled(connection).await {
                tracing::debug!(error, "a connection ended early");
            }
        });
    };
    loop {
        let (stream, peer, place) = tokio::select! {
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
        open(stream, peer, Some(place));
    }
    // Whoever waits in the system's queue counts as accepted: they may have sent their request. The
    // queue is bounded, so these few need no places.
    for (stream, peer) in queued(listener) {
        open(stream, peer, None);
    }
    tasks.close();
    if tokio::time::timeout(LAST_REQUESTS, tasks.wait()).await.is_err() {
        graceful.shutdown().await;
        tasks.wait().await;
    }
}

/// The connections that the system has accepted; then it accepts no more.
fn queued(listener: TcpListener) -> Vec<(TcpStream, Peer)> {
    let mut queued = Vec::new();
    let Ok(listener) = listener.into_std() else { return queued };
    while let Ok((stream, address)) = listener.accept() {
        let stream = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream));
        match stream {
            Ok(stream) => {
                let _ = stream.set_nodelay(true);
                queued.push((stream, Peer { address: address.ip(), tls: false }));
            }
            Err(error) => tracing::warn!(%error, "could not take a connection of the queue"),
        }
    }
    queued
}

/// The next connection. While all places are taken none is accepted, and clients wait in the
/// system's own queue.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, Peer, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, address) = listener.accept().await?;
    // Answers are small and complete: they go out at once.
    stream.set_nodelay(true)?;
    Ok((stream, Peer { address: address.ip(), tls: false }, place))
}

fn builder(options: &Options) -> auto::Builder<TokioExecutor> {
    let head_bytes = options.header_bytes.saturating_add(options.uri_bytes).saturating_mul(2);
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(options.head_time.std())
        .max_buf_size(head_bytes.max(LEAST_BUFFER));
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(ASK_EVERY)
        .max_concurrent_streams(REQUESTS_OF_ONE)
        .max_header_list_size(u32::try_from(head_bytes).unwrap_or(u32::MAX));
    builder
}
