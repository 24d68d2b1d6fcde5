//! The end of a server: what has come is answered, and nothing more comes.

use std::time::Duration;

use gathering_api::Options;
use gathering_domain::Role;
use gathering_testkit::Place;
use serde_json::json;
use tokio::net::TcpStream;

use crate::support::{Asked, Bench, Connection, echo};

/// A request that leaves the connection open for another one.
const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// Asks for health, and answers whether the connection is to be left.
async fn is_told_to_leave(connection: &mut Connection) -> bool {
    connection.send(HEALTH).await;
    let (status, headers) = connection.head().await;
    assert_eq!(status, 200);
    connection.body(&headers).await;
    headers.get("connection").is_some_and(|value| value == "close")
}

#[tokio::test]
async fn a_server_that_leaves_serves_and_says_so() {
    let bench = Bench::new().await;
    let mut open = Connection::open(&bench.address).await;
    assert!(!is_told_to_leave(&mut open).await);
    bench.leaving.cancel();
    assert!(is_told_to_leave(&mut open).await);
    assert!(open.ends().await);
    let mut new = Connection::open(&bench.address).await;
    assert!(is_told_to_leave(&mut new).await, "new connections are still taken");
}

#[tokio::test]
async fn connections_that_wait_in_the_queue_are_answered_after_the_stop() {
    let bench =
        Bench::open(Place::sqlite(), Options { connections: 1, ..Options::default() }).await;
    let mut first = Connection::open(&bench.address).await;
    assert!(!is_told_to_leave(&mut first).await);
    // There is no place for these: the system has accepted them, the server has not.
    let mut waiting = Vec::new();
    for _ in 0..20 {
        let mut connection = Connection::open(&bench.address).await;
        connection.send(HEALTH).await;
        waiting.push(connection);
    }
    bench.draining.cancel();
    for connection in &mut waiting {
        let (status, headers) = connection.head().await;
        assert_eq!((status.as_u16(), &headers["connection"]), (200, &"close".parse().unwrap()));
    }
    // What was open and idle may bring one more, too.
    assert!(is_told_to_leave(&mut first).await);
    assert!(TcpStream::connect(&bench.address).await.is_err());
    bench.stop().await;
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_the_end() {
    let bench = Bench::new().await;
    let mut silent = Connection::open(&bench.address).await;
    let mut idle = Connection::open(&bench.address).await;
    assert!(!is_told_to_leave(&mut idle).await);
    bench.draining.cancel();
    assert!(idle.ends().await && silent.ends().await);
    bench.stop().await;
}

#[tokio::test]
async fn who_waits_for_a_run_is_answered_when_the_server_stops() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    let what = json!({ "type": "definition", "definition": echo("e") });
    let asked = Asked::new("POST", "/api/v1/runs?wait=20s").token(&token);
    let asked = bench.ask(asked.json(&json!({ "what": what, "input": { "n": 1 } })));
    let stop = async {
        // The wait has begun when the run is there.
        while bench.get("/api/v1/runs", &token).await["items"] == json!([]) {
            tokio::task::yield_now().await;
        }
        bench.draining.cancel();
    };
    let (answer, ()) = tokio::join!(tokio::time::timeout(Duration::from_secs(10), asked), stop);
    let answer = answer.expect("the wait is cut");
    assert_eq!((answer.status.as_u16(), &answer.json()["status"]), (202, &json!("queued")));
}
