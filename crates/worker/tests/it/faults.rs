//! PostgreSQL that is cut off, restarted or stalled: runs go on, and nothing that settled repeats.

use std::sync::Arc;

use gathering_domain::RunStatus;
use gathering_storage::DatabaseOptions;
use gathering_testkit::{FaultProxy, Place, postgres::PrivateServer};
use serde_json::json;

use crate::{
    node::{Node, usual},
    world::World,
};

/// A proxy in front of a place, and the address of its database through it.
pub(crate) async fn behind(place: &Place) -> (FaultProxy, String) {
    FaultProxy::before(place).await
}

async fn node_behind(url: &str, world: &Arc<World>) -> Node {
    Node::open_with(DatabaseOptions::postgres(url).pool(4), usual(), world).await
}

/// Each run makes many small steps of both kinds.
fn steps() -> serde_json::Value {
    let steps = (0..15).flat_map(|number| {
        [
            json!({ "do": format!("safe:{number}") }),
            json!({ "do": format!("mail:{number}"), "kind": "unsafe" }),
        ]
    });
    json!(steps.collect::<Vec<_>>())
}

fn check_unsafe_ones(world: &World, runs: usize) {
    for number in 0..15 {
        let seen = world.attempts(&format!("mail:{number}"));
        assert_eq!(seen.len(), runs, "an unsafe effect is attempted once in each run");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_connections_lose_no_run_and_no_outcome_in_hand() {
    let place = Place::postgres().await;
    let world = World::new();
    let (proxy, url) = behind(&place).await;
    let node = node_behind(&url, &world).await;
    let mut runs = Vec::new();
    for _ in 0..10 {
        runs.push(node.start(steps()).await);
    }
    for round in 1..=12 {
        // Cut in the middle of the work, and each time with an append under way.
        world.attempted(&format!("safe:{round}"), 1).await;
        proxy.cut();
    }
    for run in runs {
        node.ended(run, RunStatus::Succeeded).await;
    }
    check_unsafe_ones(&world, 10);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_never_arrive_lose_no_run() {
    let place = Place::postgres().await;
    let world = World::new();
    let (proxy, url) = behind(&place).await;
    let node = node_behind(&url, &world).await;
    let mut runs = Vec::new();
    for _ in 0..10 {
        runs.push(node.start(steps()).await);
    }
    for round in 1..=6 {
        world.attempted(&format!("safe:{}", round * 2), 1).await;
        // What is sent now is committed, and nobody hears of it.
        proxy.hold_responses();
        let requests = tokio::time::Instant::now();
        crate::node::until("requests are on their way", || async {
            requests.elapsed().as_millis() > 20
        })
        .await;
        proxy.cut();
        proxy.resume();
    }
    for run in runs {
        node.ended(run, RunStatus::Succeeded).await;
    }
    check_unsafe_ones(&world, 10);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_in_flight_outlast_a_restart_of_the_database() {
    let server = PrivateServer::start().await.unwrap();
    let world = World::new();
    let node = node_behind(&server.url(), &world).await;
    let mut runs = Vec::new();
    for _ in 0..5 {
        let call = json!({ "do": "mail", "kind": "unsafe", "input": { "gate": "mail" } });
        let other = json!({ "do": "other", "input": { "gate": "other" } });
        runs.push(node.start(json!([{ "all": [call, other] }, { "do": "after" }])).await);
    }
    world.attempted("mail", 5).await;
    server.stop_immediately().await.unwrap();
    // Their ends come while there is no database to write them to.
    world.open("mail");
    server.start_again().await.unwrap();
    world.open("other");
    for run in runs {
        node.ended(run, RunStatus::Succeeded).await;
    }
    assert_eq!(world.attempts("mail").len(), 5);
    assert_eq!(world.attempts("after").len(), 5);
    node.stop().await;
}
