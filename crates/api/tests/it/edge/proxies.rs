//! Proxies: whose word on a client is believed.

use gathering_api::{Options, Site};
use gathering_testkit::Place;

use crate::support::{Asked, Bench, Connection};

/// A sign-in whose body does not come: it holds a place of its address.
async fn slow(bench: &Bench, client: &str) -> Connection {
    let mut slow = Connection::open(&bench.address).await;
    let head = format!(
        "POST /api/v1/auth/login HTTP/1.1\r\nhost: a\r\nx-forwarded-for: {client}\r\n\
         content-type: application/json\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n"
    );
    slow.send(head.as_bytes()).await;
    assert_eq!(slow.head().await.0, 100);
    slow
}

/// The status of a sign-in of a client, as a proxy tells it.
async fn sign_in(bench: &Bench, client: &str) -> u16 {
    let asked = Asked::new("POST", "/api/v1/auth/login").header("x-forwarded-for", client);
    bench.ask(asked.json(&serde_json::json!({}))).await.status.as_u16()
}

#[tokio::test]
async fn places_are_counted_by_the_client_that_a_trusted_proxy_names() {
    let trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let site = Site { trusted_proxies, ..Site::default() };
    let options = Options { anonymous: 2, ..Options::default() };
    let bench = Bench::at(Place::sqlite(), options, site).await;
    let held = slow(&bench, "203.0.113.1").await;
    assert_eq!(sign_in(&bench, "203.0.113.1").await, 503);
    assert_eq!(sign_in(&bench, "203.0.113.2, 203.0.113.1").await, 503);
    assert_eq!(sign_in(&bench, "203.0.113.2").await, 422);
    drop(held);
}

#[tokio::test]
async fn nobody_else_is_believed() {
    let site = Site { trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()], ..Site::default() };
    let options = Options { anonymous: 2, ..Options::default() };
    let bench = Bench::at(Place::sqlite(), options, site).await;
    let held = slow(&bench, "203.0.113.1").await;
    for client in ["203.0.113.1", "203.0.113.2", "10.0.0.1"] {
        assert_eq!(sign_in(&bench, client).await, 503, "{client}");
    }
    drop(held);
}
