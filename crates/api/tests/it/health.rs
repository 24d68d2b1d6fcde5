//! `/healthz` and `/readyz`.

use gathering_domain::Duration;

use crate::support::{Asked, Bench};

#[tokio::test]
async fn a_server_that_drains_lives_and_is_not_ready() {
    let bench = Bench::new().await;
    assert_eq!(bench.ask(Asked::new("GET", "/healthz")).await.ok()["status"], "alive");
    assert_eq!(bench.ask(Asked::new("GET", "/readyz")).await.ok()["status"], "ready");
    bench.app.drain(true);
    assert_eq!(bench.ask(Asked::new("GET", "/healthz")).await.status, 200);
    let not_ready = bench.ask(Asked::new("GET", "/readyz")).await;
    assert_eq!(not_ready.problem(), (503, "not_ready".to_owned()));
}

#[tokio::test]
async fn a_head_request_is_answered_without_a_body() {
    let bench = Bench::new().await;
    let head = bench.ask(Asked::new("HEAD", "/healthz")).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
}

#[tokio::test]
async fn whoever_asks_for_readiness_gets_an_answer_that_is_half_a_second_old() {
    let bench = Bench::new().await;
    let ready = async || bench.ask(Asked::new("GET", "/readyz")).await.status.as_u16();
    assert_eq!(ready().await, 200);
    let database = bench.storage.database();
    database.script("ALTER TABLE users RENAME TO gone").await.unwrap();
    // Nobody but the first one asked the database.
    assert_eq!(ready().await, 200);
    bench.pass(Duration::from_millis(499));
    assert_eq!(ready().await, 200);
    bench.pass(Duration::from_millis(1));
    assert_eq!(ready().await, 503);
    database.script("ALTER TABLE gone RENAME TO users").await.unwrap();
    bench.pass(Duration::from_millis(500));
    assert_eq!(ready().await, 200);
    // That it stops is told at once.
    bench.app.drain(true);
    assert_eq!(ready().await, 503);
}
