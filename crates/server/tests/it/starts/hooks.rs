//! Requests from outside: a delivery has one run, however often it is sent and whoever hears it.

use std::time::Duration;

use futures::future::join_all;
use gathering_app::signatures::{self, SigningKey};
use gathering_domain::Timestamp;
use gathering_testkit::Place;
use reqwest::{Method, RequestBuilder, StatusCode};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::{THANKS, made, runs_by};
use crate::{
    server::{Api, Home, Server},
    target::Target,
};

/// Asks the target, and answers when it has.
const ASKS: &str = "
name: asks
nodes:
  - { id: start, type: trigger }
  - { id: ask, type: action, config: { kind: http, method: PUT, url: 'http://ADDRESS/asked' } }
edges: [{ from: start, to: ask }]
outputs: { status: '{{ nodes.ask.output.status }}' }
";

/// The example of GitHub's documentation: a secret, a body, and the signature of that.
const GITHUB_SECRET: &str = "It's a Secret to Everybody";
const GITHUB_BODY: &str = "Hello, World!";
const GITHUB_SIGNATURE: &str =
    "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

/// How many send the same delivery at once.
const AT_ONCE: usize = 8;
/// How old a signature may be, and a little more.
const TOO_OLD: Duration = Duration::from_secs(5 * 60 + 5);

type Answered = (StatusCode, Value);

/// The present time, or one that is so far back.
fn ago(back: Duration) -> Timestamp {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap().checked_sub(back).unwrap();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap())
}

async fn answered(request: RequestBuilder) -> Answered {
    let answer = request.send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

/// A delivery of Standard Webhooks, signed at a time.
async fn signed(
    server: &Server,
    path: &str,
    key: &SigningKey,
    (id, at): (&str, Timestamp),
) -> Answered {
    let body = json!({ "n": 7 }).to_string();
    let signature = signatures::sign(std::slice::from_ref(key), id, at, body.as_bytes());
    let request = server.stranger().request(Method::POST, path);
    let request = request
        .header("content-type", "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", signatures::timestamp(at))
        .header("webhook-signature", signature);
    answered(request.body(body)).await
}

/// A delivery of GitHub's.
async fn pushed(server: &Server, path: &str, delivery: &str, body: &'static str) -> Answered {
    let request = server.stranger().request(Method::POST, path);
    let request = request
        .header("content-type", "text/plain")
        .header("x-github-event", "push")
        .header("x-github-delivery", delivery)
        .header("x-hub-signature-256", GITHUB_SIGNATURE);
    answered(request.body(body)).await
}

/// What became of the requests to a hook, the latest first.
async fn outcomes(owner: &Api, hook: &Value) -> Vec<String> {
    let path = format!("/api/v1/hooks/{}/deliveries?limit=100", hook["id"].as_str().unwrap());
    let (_, came) = owner.get(&path).await;
    let came = came["items"].as_array().unwrap().iter();
    came.map(|one| one["outcome"].as_str().unwrap().to_owned()).collect()
}

/// Another instance where there may be one, else the same.
async fn elsewhere<'a>(home: &Home, here: &'a Server, other: &'a mut Option<Server>) -> &'a Server {
    if home.is_shared() {
        return other.insert(home.serve().await);
    }
    here
}

gathering_testkit::each_database! {
    async fn a_signed_delivery_has_one_run_though_the_server_is_killed(place: Place) {
        let home = Home::new(place);
        let server = home.serve().await;
        let owner = server.set_up().await;
        let thanks = owner.create_pipeline(THANKS).await;
        let key = SigningKey::from_bytes([5; 32]);
        let hook = json!({
            "name": "thanks",
            "starts": { "type": "pipeline", "pipeline_id": thanks },
            "input": "{{ request.body }}",
            "verification": { "type": "standard_webhooks", "secret": key.to_text().expose_secret() },
        });
        let hook = made(&owner, "/api/v1/hooks", &hook).await;
        let path = hook["path"].as_str().unwrap();
        let now = ago(Duration::ZERO);
        let (status, first) = signed(&server, path, &key, ("msg_1", now)).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{first}");
        server.kill().await;
        let server = home.serve().await;
        let owner = server.known(&owner);
        let mut other = None;
        let there = elsewhere(&home, &server, &mut other).await;
        // Its sender did not see the answer, and sends it again.
        for one in [&server, there] {
            let (status, again) = signed(one, path, &key, ("msg_1", now)).await;
            assert_eq!((status, &again), (StatusCode::ACCEPTED, &first));
        }
        // Somebody who does not know the secret; and somebody who has heard a delivery once.
        let stranger = SigningKey::from_bytes([6; 32]);
        for (key, at) in [(&stranger, now), (&key, ago(TOO_OLD))] {
            let (status, refused) = signed(there, path, key, ("msg_2", at)).await;
            let told = (status, &refused["code"]);
            assert_eq!(told, (StatusCode::UNAUTHORIZED, &json!("wrong_signature")));
        }
        let run = owner.wait_for(first["run_id"].as_str().unwrap(), "succeeded").await;
        assert_eq!((&run["trigger"], &run["input"]), (&json!("hook"), &json!({ "n": 7 })));
        assert_eq!(runs_by(&owner, "hook").await.len(), 1);
        let outcomes = outcomes(&owner, &hook).await;
        assert_eq!(outcomes, ["refused", "refused", "repeated", "repeated", "started"]);
    }

    async fn a_delivery_of_github_has_one_run_though_many_send_it_at_once(place: Place) {
        let home = Home::new(place);
        let server = home.serve().await;
        let owner = server.set_up().await;
        let thanks = owner.create_pipeline(THANKS).await;
        let hook = json!({
            "name": "pushes",
            "starts": { "type": "pipeline", "pipeline_id": thanks },
            "filter": "request.headers['x-github-event'] == 'push'",
            "input": { "n": "{{ request.body }}" },
            "verification": { "type": "github", "secret": GITHUB_SECRET },
        });
        let hook = made(&owner, "/api/v1/hooks", &hook).await;
        let path = hook["path"].as_str().unwrap();
        let mut other = None;
        let there = elsewhere(&home, &server, &mut other).await;
        let senders = (0..AT_ONCE).map(|nth| {
            let server = if nth % 2 == 0 { &server } else { there };
            pushed(server, path, "72d3162e-cc78-11e3-81ab-4c9367dc0958", GITHUB_BODY)
        });
        let all = join_all(senders).await;
        let (status, first) = &all[0];
        assert_eq!(status, &StatusCode::ACCEPTED, "{first}");
        assert!(all.iter().all(|one| one == &all[0]), "{all:#?}");
        drop(other);
        server.kill().await;
        let server = home.serve().await;
        let owner = server.known(&owner);
        let again = pushed(&server, path, "72d3162e-cc78-11e3-81ab-4c9367dc0958", GITHUB_BODY).await;
        assert_eq!(again, all[0]);
        let (status, _) = pushed(&server, path, "another", "Hello, World?").await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        let run = owner.wait_for(first["run_id"].as_str().unwrap(), "succeeded").await;
        assert_eq!(run["input"], json!({ "n": GITHUB_BODY }));
        assert_eq!(runs_by(&owner, "hook").await.len(), 1);
        let outcomes = outcomes(&owner, &hook).await;
        let of = |wanted: &str| outcomes.iter().filter(|one| *one == wanted).count();
        assert_eq!((of("started"), of("repeated"), of("refused")), (1, AT_ONCE, 1), "{outcomes:?}");
    }

    async fn a_hook_that_waits_answers_the_output_or_that_there_is_none_yet(place: Place) {
        let target = Target::start(Duration::ZERO).await;
        let address = target.address.to_string();
        let home = Home::new(place).env("GATHERING_EGRESS_ALLOW_PRIVATE", address.as_str());
        let server = home.serve().await;
        let owner = server.set_up().await;
        let asks = owner.create_pipeline(&ASKS.replace("ADDRESS", &address)).await;
        let hook = |name: &str, at_most: &str| json!({
            "name": name,
            "starts": { "type": "pipeline", "pipeline_id": asks },
            "delivery_id": "request.query.id",
            "answer": { "type": "wait", "at_most": at_most },
        });
        let (hasty, patient) = (hook("hasty", "50ms"), hook("patient", "20s"));
        let hasty = made(&owner, "/api/v1/hooks", &hasty).await;
        let patient = made(&owner, "/api/v1/hooks", &patient).await;
        let call = |hook: &Value| {
            let path = format!("{}?id=one", hook["path"].as_str().unwrap());
            server.stranger().request(Method::POST, &path)
        };
        target.hold(true);
        let (status, first) = answered(call(&hasty)).await;
        assert_eq!((status, &first["status"]), (StatusCode::ACCEPTED, &json!("accepted")), "{first}");
        target.reached(1).await;
        target.hold(false);
        let (run, output) = (first["run_id"].as_str().unwrap(), json!({ "status": 200 }));
        owner.wait_for(run, "succeeded").await;
        // Sent again, the delivery is answered with the output by now.
        let again = call(&hasty).send().await.unwrap();
        assert_eq!(again.status(), StatusCode::OK);
        assert_eq!(again.headers()["gathering-run"], run);
        assert_eq!(again.json::<Value>().await.unwrap(), output);
        let (status, answer) = answered(call(&patient)).await;
        assert_eq!((status, answer), (StatusCode::OK, output));
        assert_eq!(target.counts()["/asked"], 2);
    }
}
