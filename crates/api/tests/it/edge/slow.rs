//! Clients that are slow on purpose: none of them holds anything for long.

use std::time::Duration as Time;

use gathering_api::Options;
use gathering_app::events::Preview;
use gathering_domain::{Duration, Role};
use gathering_testkit::Place;
use tokio::time::interval;

use crate::{
    runs::begin,
    support::{Asked, Bench, Connection},
};

const SHORT: Duration = Duration::from_millis(150);
const LONG: Duration = Duration::from_secs(60);
const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// Only what a test is about is short, and there is one connection at a time.
fn patient() -> Options {
    Options {
        connections: 1,
        head_time: LONG,
        idle_time: LONG,
        stall_time: LONG,
        ..Options::default()
    }
}

/// Asks on a connection of its own, which there is a place for once the one before has ended.
async fn has_room(bench: &Bench) {
    assert_eq!(bench.ask(Asked::new("GET", "/healthz")).await.status, 200);
}

async fn is_alive(connection: &mut Connection) {
    connection.send(HEALTH).await;
    let (status, headers) = connection.head().await;
    assert_eq!(status, 200);
    connection.body(&headers).await;
}

#[tokio::test]
async fn who_says_nothing_is_not_waited_for() {
    let bench = Bench::open(Place::sqlite(), Options { head_time: SHORT, ..patient() }).await;
    let mut silent = Connection::open(&bench.address).await;
    assert!(silent.ends().await);
    has_room(&bench).await;
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_is_cut() {
    let bench = Bench::open(Place::sqlite(), Options { head_time: SHORT, ..patient() }).await;
    let mut slow = Connection::open(&bench.address).await;
    let (mut ticks, mut sent) = (interval(Time::from_millis(5)), 0);
    let head = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-more: ".iter().chain([&b'x'; 1_000]);
    for byte in head {
        tokio::select! {
            ended = slow.ends() => {
                assert!(ended);
                break;
            }
            _ = ticks.tick() => {}
        }
        slow.send(&[*byte]).await;
        sent += 1;
    }
    assert!(sent < 1_000, "it was cut");
    has_room(&bench).await;
}

#[tokio::test]
async fn a_second_head_has_no_more_time_than_the_first() {
    let bench = Bench::open(Place::sqlite(), Options { head_time: SHORT, ..patient() }).await;
    let mut slow = Connection::open(&bench.address).await;
    is_alive(&mut slow).await;
    slow.send(b"GET /hea").await;
    assert!(slow.rest().await.is_empty());
    has_room(&bench).await;
}

#[tokio::test]
async fn an_idle_connection_is_kept_for_its_time_and_no_longer() {
    let options = Options { head_time: SHORT, connections: 5, ..patient() };
    let bench = Bench::open(Place::sqlite(), options).await;
    let mut kept = Connection::open(&bench.address).await;
    is_alive(&mut kept).await;
    // When this one has lost its patience, the time of a head has passed.
    assert!(Connection::open(&bench.address).await.ends().await);
    is_alive(&mut kept).await;

    let bench = Bench::open(Place::sqlite(), Options { idle_time: SHORT, ..patient() }).await;
    let mut idle = Connection::open(&bench.address).await;
    is_alive(&mut idle).await;
    assert!(idle.rest().await.is_empty());
    has_room(&bench).await;
}

#[tokio::test]
async fn who_takes_nothing_of_an_answer_is_cut() {
    let bench = Bench::open(Place::sqlite(), Options { stall_time: SHORT, ..patient() }).await;
    let mut greedy = Connection::open(&bench.address).await;
    // Answers fill what the system holds for the connection, and the server reads no more of it.
    let ask = b"GET /api/openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(20);
    greedy.send_until_full(&ask, Time::from_secs(1)).await;
    has_room(&bench).await;
}

#[tokio::test]
async fn who_takes_nothing_of_a_stream_is_cut() {
    let options = Options { stall_time: SHORT, streams: 1, ..patient() };
    let bench = Bench::open(Place::sqlite(), options).await;
    let token = bench.token(Role::Member).await;
    let (id, _) = begin(&bench, &token, 1).await;
    let stalled = bench.events("/api/v1/events?previews=true", &token, None).await;
    let preview = Preview {
        project_id: bench.app.project(),
        run_id: id,
        root_id: id,
        key: gathering_engine::Key::new("turn:1/model"),
        attempt: 1,
        piece: 1,
        text: "x".repeat(64 * 1024),
        reasoning: false,
    };
    let mut ticks = interval(Time::from_millis(1));
    let room = has_room(&bench);
    tokio::pin!(room);
    loop {
        tokio::select! {
            () = &mut room => break,
            _ = ticks.tick() => bench.app.previews().show(preview.clone()),
        }
    }
    drop(stalled);
}
