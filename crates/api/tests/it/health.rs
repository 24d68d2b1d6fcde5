//! `/healthz` and `/readyz`.

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
