//! What starts runs from outside and by events, in the real server: once, through kills.

use std::{collections::BTreeSet, time::Duration};

use gathering_app::signatures::{self, SigningKey};
use gathering_domain::Timestamp;
use gathering_testkit::Place;
use reqwest::{Method, StatusCode};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::server::{Api, Home, PATIENCE, Server};

/// Emits an event for each order.
const ORDERS: &str = "
name: orders
nodes:
  - { id: start, type: trigger }
  - { id: tell, type: action, config: { kind: emit_event, subject: orders.paid, data: { n: '{{ input.n }}' } } }
edges:
  - { from: start, to: tell }
";
/// What an event, or a request, starts.
const THANKS: &str = "
name: thanks
nodes:
  - { id: start, type: trigger }
  - { id: answer, type: transform, config: { value: '{{ input.n }}' } }
edges:
  - { from: start, to: answer }
";

async fn made(owner: &Api, path: &str, body: &Value) -> Value {
    let (status, made) = owner.post(path, body).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    made
}

/// The runs that a trigger has started, once they are as many.
async fn started(owner: &Api, trigger: &str, count: usize) -> Vec<Value> {
    let began = Instant::now();
    loop {
        let path = format!("/api/v1/triggers/{trigger}/firings?limit=200");
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

/// A request to a hook, signed at the present time.
async fn call(server: &Server, path: &str, key: &SigningKey, id: &str) -> (StatusCode, Value) {
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_micros();
    let now = Timestamp::from_micros(i64::try_from(now).unwrap());
    let body = json!({ "n": 7 }).to_string();
    let signature = signatures::sign(std::slice::from_ref(key), id, now, body.as_bytes());
    let request = server.stranger().request(Method::POST, path);
    let request = request
        .header("content-type", "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", signatures::timestamp(now))
        .header("webhook-signature", signature);
    let answer = request.body(body).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

gathering_testkit::each_database! {
    async fn an_event_starts_a_run_once_though_the_server_is_killed(place: Place) {
        let home = Home::new(place);
        let mut server = home.serve().await;
        let mut owner = server.set_up().await;
        let (orders, thanks) =
            (owner.create_pipeline(ORDERS).await, owner.create_pipeline(THANKS).await);
        let trigger = json!({
            "name": "thanks",
            "subjects": ["orders.*"],
            "starts": { "type": "pipeline", "pipeline_id": thanks },
            "input": { "n": "{{ event.data.payload.n }}" },
        });
        let trigger = made(&owner, "/api/v1/triggers", &trigger).await;
        let id = trigger["id"].as_str().unwrap();
        for n in 0..3_usize {
            let run = owner.start_run(&orders, &format!("order-{n}"), &json!({ "n": n })).await;
            owner.wait_for(run["id"].as_str().unwrap(), "succeeded").await;
            // Whether the trigger has acted by now or not, it has once.
            server.kill().await;
            server = home.serve().await;
            owner = server.known(&owner);
        }
        let fired = started(&owner, id, 3).await;
        let positions: BTreeSet<i64> =
            fired.iter().map(|one| one["position"].as_i64().unwrap()).collect();
        assert_eq!((fired.len(), positions.len()), (3, 3), "{fired:#?}");
        let mut told = BTreeSet::new();
        for one in &fired {
            assert_eq!(one["outcome"], "started", "{one}");
            let run = owner.wait_for(one["run_id"].as_str().unwrap(), "succeeded").await;
            assert_eq!(run["trigger"], "event");
            told.insert(run["input"]["n"].as_u64().unwrap());
        }
        assert_eq!(told, BTreeSet::from([0, 1, 2]));
        let (_, runs) = owner.get("/api/v1/runs?limit=200").await;
        let by_event = runs["items"].as_array().unwrap().iter().filter(|run| run["trigger"] == "event");
        assert_eq!(by_event.count(), 3);
        drop(server);
    }

    async fn a_signed_request_starts_a_run_once_though_the_server_is_killed(place: Place) {
        let home = Home::new(place);
        let server = home.serve().await;
        let owner = server.set_up().await;
        let thanks = owner.create_pipeline(THANKS).await;
        let key = SigningKey::from_bytes([5; 32]);
        let secret = key.to_text().expose_secret().to_owned();
        let hook = json!({
            "name": "thanks",
            "starts": { "type": "pipeline", "pipeline_id": thanks },
            "input": "{{ request.body }}",
            "verification": { "type": "standard_webhooks", "secret": secret },
        });
        let hook = made(&owner, "/api/v1/hooks", &hook).await;
        let path = hook["path"].as_str().unwrap();
        let (status, first) = call(&server, path, &key, "msg_1").await;
        assert_eq!(status, StatusCode::ACCEPTED, "{first}");
        server.kill().await;
        let server = home.serve().await;
        let owner = server.known(&owner);
        // Its sender did not see the answer, and sends it again.
        let (status, again) = call(&server, path, &key, "msg_1").await;
        assert_eq!((status, &again), (StatusCode::ACCEPTED, &first));
        let (status, refused) =
            call(&server, path, &SigningKey::from_bytes([6; 32]), "msg_2").await;
        assert_eq!((status, &refused["code"]), (StatusCode::UNAUTHORIZED, &json!("wrong_signature")));
        let run = owner.wait_for(first["run_id"].as_str().unwrap(), "succeeded").await;
        assert_eq!((&run["trigger"], &run["input"]), (&json!("hook"), &json!({ "n": 7 })));
        let (_, runs) = owner.get("/api/v1/runs").await;
        assert_eq!(runs["items"].as_array().unwrap().len(), 1);
        drop(server);
    }
}
