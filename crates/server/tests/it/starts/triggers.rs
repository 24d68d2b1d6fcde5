//! Events that start runs: once each, through kills and over instances; and an end to chains of them.

use std::{collections::BTreeSet, time::Duration};

use gathering_testkit::Place;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{THANKS, made, runs_by};
use crate::server::{Api, Home, PATIENCE};

/// Emits an event for each order.
const ORDERS: &str = "
name: orders
nodes:
  - { id: start, type: trigger }
  - { id: tell, type: action, config: { kind: emit_event, subject: orders.paid, data: { n: '{{ input.n }}' } } }
edges:
  - { from: start, to: tell }
";

/// Runs that may come one below the other: what the first one has below it, and itself.
const LONGEST_CHAIN: usize = 16;
/// Orders of the test of two instances.
const MANY: usize = 24;

/// A pipeline that emits an event of this subject, with its input.
fn emits(name: &str, subject: &str) -> String {
    let tell = format!("{{ kind: emit_event, subject: {subject}, data: '{{{{ input }}}}' }}");
    format!(
        "{{ name: {name}, nodes: [{{ id: start, type: trigger }}, \
         {{ id: tell, type: action, config: {tell} }}], edges: [{{ from: start, to: tell }}] }}"
    )
}

/// A trigger for events of this subject, which hands on what they carry.
fn on(name: &str, subject: &str, starts: &str) -> Value {
    json!({
        "name": name,
        "subjects": [subject],
        "starts": { "type": "pipeline", "pipeline_id": starts },
        "input": { "n": "{{ event.data.payload.n }}" },
    })
}

async fn trigger(owner: &Api, trigger: &Value) -> String {
    let made = made(owner, "/api/v1/triggers", trigger).await;
    made["id"].as_str().unwrap().to_owned()
}

/// The events for which a trigger has fired, once they are as many.
async fn fired(owner: &Api, trigger: &str, count: usize) -> Vec<Value> {
    let began = Instant::now();
    loop {
        let path = format!("/api/v1/triggers/{trigger}/firings?limit=100");
        let (status, page) = owner.get(&path).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let fired = page["items"].as_array().unwrap();
        if fired.len() >= count {
            return fired.clone();
        }
        assert!(began.elapsed() < PATIENCE, "{fired:#?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Checks that each of these events has started one run, and answers the numbers that those were given.
async fn numbers(owner: &Api, fired: &[Value]) -> BTreeSet<usize> {
    let positions: BTreeSet<i64> =
        fired.iter().map(|one| one["position"].as_i64().unwrap()).collect();
    assert_eq!(positions.len(), fired.len(), "{fired:#?}");
    let mut numbers = BTreeSet::new();
    for one in fired {
        assert_eq!(one["outcome"], "started", "{one}");
        let run = owner.wait_for(one["run_id"].as_str().unwrap(), "succeeded").await;
        assert_eq!(run["trigger"], "event");
        numbers.insert(usize::try_from(run["input"]["n"].as_u64().unwrap()).unwrap());
    }
    assert_eq!(runs_by(owner, "event").await.len(), fired.len());
    numbers
}

gathering_testkit::each_database! {
    async fn an_event_starts_a_run_once_though_the_server_is_killed(place: Place) {
        let home = Home::new(place);
        let mut server = home.serve().await;
        let mut owner = server.set_up().await;
        let (orders, thanks) =
            (owner.create_pipeline(ORDERS).await, owner.create_pipeline(THANKS).await);
        let id = trigger(&owner, &on("thanks", "orders.*", &thanks)).await;
        for n in 0..3_usize {
            let run = owner.start_run(&orders, &format!("order-{n}"), &json!({ "n": n })).await;
            owner.wait_for(run["id"].as_str().unwrap(), "succeeded").await;
            // Whether the trigger has acted by now or not, it has once.
            server.kill().await;
            server = home.serve().await;
            owner = server.known(&owner);
        }
        let fired = fired(&owner, &id, 3).await;
        assert_eq!(numbers(&owner, &fired).await, BTreeSet::from([0, 1, 2]));
        drop(server);
    }

    async fn a_chain_of_triggers_ends_and_says_so(place: Place) {
        let home = Home::new(place);
        let server = home.serve().await;
        let owner = server.set_up().await;
        let ping = owner.create_pipeline(&emits("ping", "chain.ping")).await;
        let pong = owner.create_pipeline(&emits("pong", "chain.pong")).await;
        let echo = owner.create_pipeline(&emits("echo", "chain.echo")).await;
        let last = owner.create_pipeline(&emits("last", "chain.last")).await;
        let thanks = owner.create_pipeline(THANKS).await;
        // Two that start each other, and one that starts itself and was told that it may.
        let pongs = trigger(&owner, &on("pongs", "chain.ping", &pong)).await;
        let pings = trigger(&owner, &on("pings", "chain.pong", &ping)).await;
        let mut endless = on("endless", "chain.echo", &echo);
        endless["own_events"] = json!(true);
        let echoes = trigger(&owner, &endless).await;
        let lasts = trigger(&owner, &on("lasts", "chain.last", &thanks)).await;
        owner.start_run(&ping, "ping", &json!({ "n": 1 })).await;
        owner.start_run(&echo, "echo", &json!({ "n": 1 })).await;
        let echoed = fired(&owner, &echoes, LONGEST_CHAIN + 1).await;
        fired(&owner, &pings, 1).await;
        let by_events = runs_by(&owner, "event").await;
        for run in &by_events {
            owner.wait_for(run["id"].as_str().unwrap(), "succeeded").await;
        }
        // Events are acted on in their order: with this one everything before it has been.
        owner.start_run(&last, "last", &json!({ "n": 1 })).await;
        fired(&owner, &lasts, 1).await;
        for (id, count) in [(&pongs, 1), (&pings, 1), (&echoes, LONGEST_CHAIN + 1)] {
            assert_eq!(fired(&owner, id, count).await.len(), count);
        }
        let (dropped, started) = echoed.split_first().unwrap();
        assert!(started.iter().all(|one| one["outcome"] == "started"), "{started:#?}");
        assert_eq!((&dropped["outcome"], &dropped["run_id"]), (&json!("dropped"), &Value::Null));
        let why = &dropped["why"];
        assert_eq!(why["code"], "limit_reached", "{dropped:#}");
        assert!(why["detail"].as_str().unwrap().contains(&LONGEST_CHAIN.to_string()), "{why}");
        let (_, shown) = owner.get(&format!("/api/v1/triggers/{echoes}")).await;
        let counted = json!({ "started": LONGEST_CHAIN, "dropped": 1, "failed": 0 });
        assert_eq!(shown["counts"], counted, "{shown:#}");
    }
}

#[tokio::test]
async fn events_that_a_filter_wants_start_a_run_each_over_two_instances_while_one_is_killed() {
    let home = Home::new(Place::postgres().await).unhurried();
    let first = home.serve().await;
    let owner = first.set_up().await;
    let second = home.serve().await;
    let there = second.known(&owner);
    let (orders, thanks) =
        (owner.create_pipeline(ORDERS).await, owner.create_pipeline(THANKS).await);
    let mut even = on("even", "orders.paid", &thanks);
    even["filter"] = json!("event.data.payload.n % 2 == 0");
    let id = trigger(&owner, &even).await;
    for n in 0..MANY / 2 {
        let api = if n % 4 < 2 { &owner } else { &there };
        api.start_run(&orders, &format!("order-{n}"), &json!({ "n": n })).await;
    }
    fired(&there, &id, 2).await;
    first.kill().await;
    for n in MANY / 2..MANY {
        there.start_run(&orders, &format!("order-{n}"), &json!({ "n": n })).await;
    }
    let fired = fired(&there, &id, MANY / 2).await;
    let even: BTreeSet<usize> = (0..MANY).step_by(2).collect();
    assert_eq!(numbers(&there, &fired).await, even);
    drop(second);
}
