//! The events of one run.

use gathering_domain::Role;
use serde_json::json;

use super::begin;
use crate::support::{Asked, Bench};

#[tokio::test]
async fn the_stream_of_a_run_has_no_other_runs() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Viewer).await;
    let member = bench.token(Role::Member).await;
    let (one, _) = begin(&bench, &member, 1).await;
    let (other, _) = begin(&bench, &member, 2).await;
    bench.claim().await;
    bench.drive(other).await;
    bench.drive(one).await;
    let mut events =
        bench.events(&format!("/api/v1/runs/{one}/events?after=0"), &token, None).await;
    for event in events.until("run.succeeded").await {
        assert_eq!(event.data["data"]["run_id"], json!(one), "{event:?}");
    }
    let path = "/api/v1/runs/run_000000000000000000000000000000ff/events";
    let none = bench.ask(Asked::new("GET", path).token(&token)).await;
    assert_eq!(none.problem(), (404, "not_found".to_owned()));
}
