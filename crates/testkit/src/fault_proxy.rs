//! A TCP proxy that cuts, stalls and resumes what passes through it.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use crate::Place;

/// Bytes moved at a time in one direction of one connection.
const CHUNK_BYTES: usize = 16 * 1024;

/// A TCP proxy in front of a server, whose connections a test can break.
///
/// It ends, and cuts its connections, when dropped.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    state: Arc<watch::Sender<State>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct State {
    /// Connections of an earlier generation are cut.
    generation: u64,
    requests_flow: bool,
    responses_flow: bool,
    accepts: bool,
}

#[derive(Debug, Clone, Copy)]
enum Direction {
    Requests,
    Responses,
}

impl State {
    const fn flows(&self, direction: Direction) -> bool {
        match direction {
            Direction::Requests => self.requests_flow,
            Direction::Responses => self.responses_flow,
        }
    }
}

impl FaultProxy {
    /// Starts on a free port of the loopback address, in front of `target`.
    pub async fn start(target: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let state =
            State { generation: 0, requests_flow: true, responses_flow: true, accepts: true };
        let state = Arc::new(watch::Sender::new(state));
        let mut ended = state.subscribe();
        let tasks = TaskTracker::new();
        tasks.clone().spawn(async move {
            loop {
                let accepted = tokio::select! {
                    accepted = listener.accept() => accepted,
                    () = closed(&mut ended) => return,
                };
                let Ok((client, _)) = accepted else { continue };
                if ended.borrow().accepts {
                    tasks.spawn(forward(client, target, ended.clone(), tasks.clone()));
                }
            }
        });
        Ok(Self { address, state })
    }

    /// Starts in front of the database server of a place, and answers the database's address through it.
    ///
    /// # Panics
    /// If the place is none of a database server, or no port is free.
    pub async fn before(place: &Place) -> (Self, String) {
        let url = place.url().expect("only a database server has an address");
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let authority = rest.split(['/', '?']).next().unwrap_or(rest);
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let server = host.parse().expect("the address of a test's server is a number");
        let proxy = Self::start(server).await.expect("a port is free");
        let url = url.replace(host, &proxy.address().to_string());
        (proxy, url)
    }

    /// Where clients connect to.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts every connection; new ones are served.
    pub fn cut(&self) {
        self.state.send_modify(|state| state.generation += 1);
    }

    /// Cuts every connection and refuses new ones, until [`resume`](Self::resume).
    pub fn cut_and_refuse(&self) {
        self.state.send_modify(|state| {
            state.generation += 1;
            state.accepts = false;
        });
    }

    /// Holds what passes in both directions back; connections stay open.
    pub fn stall(&self) {
        self.state.send_modify(|state| {
            state.requests_flow = false;
            state.responses_flow = false;
        });
    }

    /// Holds the server's answers back, while requests still reach it.
    pub fn hold_responses(&self) {
        self.state.send_modify(|state| state.responses_flow = false);
    }

    /// Lets everything pass again, and new connections in.
    pub fn resume(&self) {
        self.state.send_modify(|state| {
            state.requests_flow = true;
            state.responses_flow = true;
            state.accepts = true;
        });
    }
}

/// Pends until the proxy has been dropped.
async fn closed(state: &mut watch::Receiver<State>) {
    while state.changed().await.is_ok() {}
}

async fn forward(
    client: TcpStream,
    target: SocketAddr,
    state: watch::Receiver<State>,
    tasks: TaskTracker,
) {
    // A server that refuses is passed on as a cut connection.
    let Ok(server) = TcpStream::connect(target).await else { return };
    // Without effect on correctness, only on the time a test takes.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let ((from_client, to_client), (from_server, to_server)) =
        (client.into_split(), server.into_split());
    tasks.spawn(pump(from_client, to_server, state.clone(), Direction::Requests));
    pump(from_server, to_client, state, Direction::Responses).await;
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<State>,
    direction: Direction,
) {
    let generation = state.borrow().generation;
    let mut cut = state.clone();
    let cut = async move {
        // An error means that the proxy has been dropped, which cuts as well.
        let _ = cut.wait_for(|now| now.generation != generation).await;
    };
    let moved = async {
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let Ok(read @ 1..) = from.read(&mut chunk).await else { return };
            if state.wait_for(|now| now.flows(direction)).await.is_err() {
                return;
            }
            if to.write_all(&chunk[..read]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        // First, so that nothing passes after a cut even if the flow is resumed at once.
        biased;
        () = cut => {}
        () = moved => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that echoes, and the proxy in front of it.
    async fn echo() -> (FaultProxy, TaskTracker) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let proxy = FaultProxy::start(listener.local_addr().unwrap()).await.unwrap();
        let tasks = TaskTracker::new();
        tasks.clone().spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                TaskTracker::new().spawn(async move {
                    let (mut from, mut to) = client.split();
                    tokio::io::copy(&mut from, &mut to).await
                });
            }
        });
        (proxy, tasks)
    }

    async fn ask(client: &mut TcpStream) -> std::io::Result<u8> {
        client.write_all(&[7]).await?;
        client.read_u8().await
    }

    #[tokio::test]
    async fn held_responses_arrive_after_resume() {
        let (proxy, _tasks) = echo().await;
        let mut client = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(ask(&mut client).await.unwrap(), 7);
        proxy.hold_responses();
        client.write_all(&[9]).await.unwrap();
        let held =
            tokio::time::timeout(std::time::Duration::from_millis(50), client.read_u8()).await;
        assert!(held.is_err(), "{held:?}");
        proxy.resume();
        assert_eq!(client.read_u8().await.unwrap(), 9);
    }

    #[tokio::test]
    async fn cut_ends_old_connections_and_refusal_new_ones() {
        let (proxy, _tasks) = echo().await;
        let mut old = TcpStream::connect(proxy.address()).await.unwrap();
        ask(&mut old).await.unwrap();
        proxy.cut();
        assert!(ask(&mut old).await.is_err());
        let mut new = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(ask(&mut new).await.unwrap(), 7);
        proxy.cut_and_refuse();
        let mut refused = TcpStream::connect(proxy.address()).await.unwrap();
        assert!(ask(&mut refused).await.is_err());
        proxy.resume();
        let mut again = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(ask(&mut again).await.unwrap(), 7);
    }
}
