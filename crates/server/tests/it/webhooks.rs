//! Events sent to receivers that verify with public packages, through kills; and messages to people.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use gathering_app::signatures::{Signed, SigningKey, verify};
use gathering_domain::Timestamp;
use gathering_testkit::{MailFate, MailServer, Place};
use reqwest::Method;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use crate::{
    server::{Api, Home, PATIENCE},
    target::Target,
};

const SELLS: &str = "
name: sells
nodes:
  - { id: start, type: trigger }
  - { id: tell, type: action, config: { kind: emit_event, subject: orders.paid, data: '{{ input }}' } }
edges: [{ from: start, to: tell }]
";

const NOTIFIES: &str = "
name: notifies
nodes:
  - { id: start, type: trigger }
  - { id: tell, type: action, config: { kind: notify, channel: post, title: 'Hello {{ input.who }}', text: Bye } }
edges: [{ from: start, to: tell }]
";

/// A receiver in a process of its own.
struct Receiver {
    _child: Child,
    says: Lines<BufReader<ChildStdout>>,
    hears: ChildStdin,
    address: String,
}

/// Where `cargo xtask setup` puts the packages.
fn target(folder: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let folder = target.join(folder);
    assert!(folder.is_dir(), "there is no {}: run `cargo xtask setup`", folder.display());
    folder
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/webhooks").join(name)
}

impl Receiver {
    /// The one with the package of PyPI.
    async fn python() -> Self {
        let python = target("standardwebhooks").join("bin/python3");
        #[expect(clippy::disallowed_methods, reason = "the receiver is a process")]
        let mut command = Command::new(python);
        command.arg(script("receiver.py"));
        Self::start(command).await
    }

    /// The one with the package of npm.
    async fn node() -> Self {
        let packages = target("standardwebhooks-npm");
        #[expect(clippy::disallowed_methods, reason = "the receiver is a process")]
        let mut command = Command::new("node");
        command.arg(script("receiver.cjs")).arg(packages);
        Self::start(command).await
    }

    async fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let says = BufReader::new(child.stdout.take().unwrap()).lines();
        let hears = child.stdin.take().unwrap();
        let mut receiver = Self { _child: child, says, hears, address: String::new() };
        receiver.address = format!("127.0.0.1:{}", receiver.next().await["port"]);
        receiver
    }

    async fn next(&mut self) -> Value {
        let line = timeout(PATIENCE, self.says.next_line()).await.expect("it tells in time");
        serde_json::from_str(&line.unwrap().expect("the receiver lives")).unwrap()
    }

    async fn tell(&mut self, what: &Value) -> Value {
        self.hears.write_all(format!("{what}\n").as_bytes()).await.unwrap();
        self.next().await
    }

    async fn knows(&mut self, secret: &str) {
        assert_eq!(self.tell(&json!({ "secret": secret })).await["ready"], true);
    }

    /// What it was sent, which it believes.
    async fn believed(&mut self) -> Value {
        let told = self.next().await;
        assert_eq!(told["verified"], true, "{told:#}");
        told
    }
}

async fn post(api: &Api, path: &str, body: &Value) -> Value {
    let answer = api.request(Method::POST, path).json(body).send().await.unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert!(status.is_success(), "{path}: {status} {text}");
    serde_json::from_str(&text).unwrap()
}

async fn get(api: &Api, path: &str) -> Value {
    api.request(Method::GET, path).send().await.unwrap().json().await.unwrap()
}

/// What there is, once it is as it is wanted.
async fn until(api: &Api, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let look = async {
        loop {
            let found = get(api, path).await;
            if wanted(&found) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, look).await.unwrap_or_else(|_| panic!("{path} is not so in time"))
}

/// The latest delivery of a webhook, once it is so.
async fn delivery(api: &Api, webhook: &str, status: &str) -> Value {
    let path = format!("/api/v1/webhooks/{webhook}/deliveries");
    let found = until(api, &path, |found| found["items"][0]["status"] == status).await;
    found["items"][0].clone()
}

async fn webhook(api: &Api, address: &str) -> (String, String) {
    let body = json!({ "url": format!("http://{address}/events"), "events": ["orders.*"] });
    let made = post(api, "/api/v1/webhooks", &body).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&made["webhook"]["id"]), text(&made["secret"]))
}

async fn verifies(place: Place, mut receiver: Receiver) {
    let home = Home::new(place).env("GATHERING_EGRESS_ALLOW_PRIVATE", receiver.address.as_str());
    let server = home.serve().await;
    let owner = server.set_up().await;
    let (id, secret) = webhook(&owner, &receiver.address).await;
    receiver.knows(&secret).await;
    let pipeline = owner.create_pipeline(SELLS).await;
    owner.start_run(&pipeline, "one", &json!({ "total": 7 })).await;
    let told = receiver.believed().await;
    assert_eq!(told["body"]["subject"], "orders.paid");
    assert_eq!(told["body"]["data"]["payload"], json!({ "total": 7 }));
    let found = delivery(&owner, &id, "delivered").await;
    assert_eq!((&found["id"], &found["response_status"]), (&told["id"], &json!(204)));
    // While one secret takes the place of the other, a receiver may know either.
    let rotate = json!({ "overlap": "1h" });
    let rotated = post(&owner, &format!("/api/v1/webhooks/{id}/rotate"), &rotate).await;
    let test = format!("/api/v1/webhooks/{id}/test");
    for secret in [secret.as_str(), rotated["secret"].as_str().unwrap()] {
        receiver.knows(secret).await;
        post(&owner, &test, &json!({})).await;
        assert_eq!(receiver.believed().await["body"]["type"], "webhook.test");
    }
    // After that the old one is worth nothing.
    post(&owner, &format!("/api/v1/webhooks/{id}/rotate"), &json!({ "overlap": "0s" })).await;
    post(&owner, &test, &json!({})).await;
    assert_ne!(receiver.next().await["verified"], true);
    // And the other way: what the package signs is believed here.
    let at = 1_793_523_600_i64;
    let (id, body) = ("msg_1", r#"{"type":"ping","data":{"ä":1}}"#);
    let sign = json!({ "secret": secret, "id": id, "timestamp": at, "body": body });
    let signature = receiver.tell(&json!({ "sign": sign })).await["signature"].clone();
    let seconds = at.to_string();
    let signed = |body: &'static str| Signed {
        id: Some(id),
        timestamp: Some(&seconds),
        signature: signature.as_str(),
        body: body.as_bytes(),
    };
    let key = SigningKey::parse(&SecretString::from(secret)).unwrap();
    let now = Timestamp::from_micros(at * 1_000_000);
    assert_eq!(verify(std::slice::from_ref(&key), &signed(body), now), Ok(()));
    assert!(verify(&[key], &signed("{}"), now).is_err());
}

gathering_testkit::each_database! {
    async fn signatures_verify_with_the_package_of_pypi_both_ways(place: Place) {
        verifies(place, Receiver::python().await).await;
    }

    async fn signatures_verify_with_the_package_of_npm_both_ways(place: Place) {
        verifies(place, Receiver::node().await).await;
    }

    async fn an_event_arrives_although_the_server_is_killed_while_it_is_sent(place: Place) {
        let target = Target::start(Duration::ZERO).await;
        let address = target.address.to_string();
        let home = Home::new(place).env("GATHERING_EGRESS_ALLOW_PRIVATE", address.as_str());
        let server = home.serve().await;
        let owner = server.set_up().await;
        let (id, _) = webhook(&owner, &address).await;
        let pipeline = owner.create_pipeline(SELLS).await;
        target.hold(true);
        owner.start_run(&pipeline, "one", &json!(1)).await;
        target.reached(1).await;
        server.kill().await;
        target.hold(false);
        let server = home.serve().await;
        let owner = server.known(&owner);
        let found = delivery(&owner, &id, "delivered").await;
        assert_eq!(found["attempts"], 1, "the one that was cut off left no word");
        assert_eq!(target.counts().values().sum::<u32>(), 2);
        let all = get(&owner, &format!("/api/v1/webhooks/{id}/deliveries")).await;
        assert_eq!(all["items"].as_array().unwrap().len(), 1);
    }

    async fn mail_goes_out_once_and_what_may_have_arrived_is_put_before_a_person(place: Place) {
        let mail = MailServer::start(&[MailFate::Busy, MailFate::CutAfter]).await;
        let home = Home::new(place)
            .env("GATHERING_SMTP_HOST", "127.0.0.1")
            .env("GATHERING_SMTP_PORT", mail.address.port().to_string())
            .env("GATHERING_SMTP_TLS", "none")
            .env("GATHERING_SMTP_FROM", "gathering@example.com");
        let server = home.serve().await;
        let owner = server.set_up().await;
        let channel = json!({ "name": "post", "config": { "type": "email", "to": ["ann@example.com"] } });
        let channel = post(&owner, "/api/v1/channels", &channel).await;
        let pipeline = owner.create_pipeline(NOTIFIES).await;
        let run = owner.start_run(&pipeline, "one", &json!({ "who": "Ann" })).await;
        let id = run["id"].as_str().unwrap().to_owned();
        // The first attempt is told to come back later; the second breaks after the message.
        let taken = mail.has_taken(1).await;
        assert!(taken[0].content.contains("Subject: Hello Ann"), "{}", taken[0].content);
        assert!(taken[0].content.contains("Message-ID: <eff_"), "{}", taken[0].content);
        let unknown = until(&owner, "/api/v1/unknown-outcomes", |found| !found["items"][0].is_null()).await;
        assert_eq!(unknown["items"][0]["run_id"], id.as_str(), "{unknown:#}");
        assert_eq!(mail.taken().len(), 1);
        let test = format!("/api/v1/channels/{}/test", channel["id"].as_str().unwrap());
        let report = post(&owner, &test, &json!({})).await;
        assert_eq!((&report["ok"], &report["answer"]), (&json!(true), &json!("queued as 1")));
        assert_eq!(mail.taken().len(), 2);
    }
}
