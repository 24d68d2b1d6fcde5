//! What one client may hold of what there is for all.

use gathering_api::{Options, Site};
use gathering_domain::Role;
use gathering_testkit::Place;

use crate::support::{Answer, Asked, Bench, Connection};

const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";

fn is_overloaded(answer: &Answer) {
    assert_eq!(answer.problem(), (503, "overloaded".to_owned()));
    assert_eq!(answer.header("retry-after"), "1");
}

#[tokio::test]
async fn one_person_opens_a_quarter_of_the_streams_and_others_the_rest() {
    let bench = Bench::open(Place::sqlite(), Options { streams: 8, ..Options::default() }).await;
    let (one, other) = (bench.token(Role::Viewer).await, bench.token(Role::Member).await);
    let _first = bench.events("/api/v1/events", &one, None).await;
    let _second = bench.events("/api/v1/events", &one, None).await;
    let again = bench.token(Role::Viewer).await;
    for token in [&one, &again] {
        is_overloaded(&bench.ask(Asked::new("GET", "/api/v1/events").token(token)).await);
    }
    let _third = bench.events("/api/v1/events", &other, None).await;
}

#[tokio::test]
async fn one_person_with_slow_bodies_leaves_half_of_the_places_to_others() {
    let bench = Bench::open(Place::sqlite(), Options { requests: 4, ..Options::default() }).await;
    let (one, other) = (bench.token(Role::Member).await, bench.token(Role::Operator).await);
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut slow = Connection::open(&bench.address).await;
        let head = format!(
            "POST /api/v1/pipelines/validate HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {one}\r\n\
             content-type: application/json\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n"
        );
        slow.send(head.as_bytes()).await;
        assert_eq!(slow.head().await.0, 100, "it is worked on");
        held.push(slow);
    }
    let get = |token: &str| Asked::new("GET", "/api/v1/runs").token(token);
    is_overloaded(&bench.ask(get(&one)).await);
    assert_eq!(bench.ask(get(&other)).await.status, 200);
    for mut slow in held {
        slow.send(b"{\"no\": 1}").await;
        assert_eq!(slow.head().await.0, 200, "it is told that this is no pipeline");
    }
    assert_eq!(bench.ask(get(&one)).await.status, 200);
}

async fn is_served(connection: &mut Connection) {
    connection.send(HEALTH).await;
    let (status, headers) = connection.head().await;
    assert_eq!(status, 200);
    connection.body(&headers).await;
}

#[tokio::test]
async fn one_address_has_a_quarter_of_the_connections_unless_it_is_a_trusted_proxy() {
    let site = Site { trusted_proxies: vec!["127.0.0.9".parse().unwrap()], ..Site::default() };
    let options = Options { connections: 8, ..Options::default() };
    let bench = Bench::at(Place::sqlite(), options, site).await;
    let mut open = Vec::new();
    for _ in 0..2 {
        open.push(Connection::from("127.0.0.2", &bench.address).await);
        is_served(open.last_mut().unwrap()).await;
    }
    let mut third = Connection::from("127.0.0.2", &bench.address).await;
    third.send(HEALTH).await;
    assert!(third.rest().await.is_empty(), "closed without an answer");
    for _ in 0..3 {
        open.push(Connection::from("127.0.0.9", &bench.address).await);
        is_served(open.last_mut().unwrap()).await;
    }
    let mut other = Connection::from("127.0.0.3", &bench.address).await;
    is_served(&mut other).await;
}
