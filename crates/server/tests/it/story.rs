//! A store in which everything is under way at once, and what must be true of it wherever it goes on.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    program::{Program, Said},
    schedules::{self, every_second, seconds},
    server::{Api, Home, Server},
    target::Target,
};

/// Steps of the run that is under way.
const STEPS: u32 = 24;

const ECHO: &str = "
name: echoes
nodes:
  - { id: start, type: trigger }
  - { id: say, type: transform, config: { value: '{{ input }}' } }
edges: [{ from: start, to: say }]
outputs: { said: '{{ nodes.say.output }}' }
";
const ASKS: &str = "
name: asks
nodes:
  - { id: start, type: trigger }
  - { id: ask, type: approval, config: { title: Go on? } }
edges: [{ from: start, to: ask }]
";
const PARENT: &str = "
name: parent
nodes:
  - { id: start, type: trigger }
  - { id: child, type: pipeline, config: { pipeline: asks } }
edges: [{ from: start, to: child }]
";
const SLEEPS: &str = "
name: sleeps
nodes:
  - { id: start, type: trigger }
  - { id: rest, type: delay, config: { for: 5s } }
edges: [{ from: start, to: rest }]
";

/// What there is, by the ids of the runs.
pub(crate) struct Story {
    target: Target,
    key: Api,
    pub(crate) ended: String,
    pub(crate) waiting: Vec<String>,
    asking: String,
    parent: String,
    sleeping: String,
    stepping: String,
    answering: String,
    thread: String,
    sends: String,
    /// The schedule that fires each second, and its first slot.
    schedule: (String, String),
    journals: BTreeMap<String, String>,
}

/// The home of a store that can reach the target.
pub(crate) fn home(home: Home, target: &Target) -> Home {
    home.env("GATHERING_EGRESS_ALLOW_PRIVATE", target.address.to_string())
}

/// A target that leaves time to stop a server amid the steps of a run.
pub(crate) async fn target() -> Target {
    Target::start(Duration::from_millis(40)).await
}

/// Steps one after the other, each a request.
fn steps(address: &str) -> String {
    let mut text = String::from("name: steps\nnodes:\n  - { id: start, type: trigger }\n");
    let mut edges = String::from("edges:\n");
    let mut from = "start".to_owned();
    for step in 0..STEPS {
        let _ = writeln!(
            text,
            "  - {{ id: step_{step}, type: action, config: {{ kind: http, method: PUT, url: 'http://{address}/{step}' }} }}"
        );
        let _ = writeln!(edges, "  - {{ from: {from}, to: step_{step} }}");
        from = format!("step_{step}");
    }
    text + &edges
}

/// Sends a stored secret.
fn sends(address: &str) -> String {
    format!(
        "name: sends\nnodes:\n  - {{ id: start, type: trigger }}\n  - id: call\n    type: action\n    \
         config: {{ kind: http, method: PUT, url: 'http://{address}/secret', \
         headers: {{ authorization: \"Bearer {{{{ secret('TOKEN') }}}}\" }} }}\nedges: [{{ from: start, to: call }}]\n"
    )
}

impl Story {
    /// Has it all begun by the owner, and leaves a run amid its steps.
    pub(crate) async fn begin(owner: &Api, target: Target) -> Self {
        let address = target.address.to_string();
        let secret = json!({ "value": "sealed-value", "hosts": ["127.0.0.1"] }).to_string();
        let (status, said) =
            owner.send_at(Method::PUT, "/api/v1/secrets/TOKEN", None, secret).await;
        assert_eq!(status, StatusCode::OK, "{said}");
        let key = json!({ "name": "ci", "scopes": ["read", "run_start"] });
        let (status, made) = owner.post("/api/v1/api-keys", &key).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        let key = owner.by(made["token"].as_str().unwrap());

        let start = async |yaml: &str, input: &Value| {
            let pipeline = owner.create_pipeline(yaml).await;
            let run = owner.start_run(&pipeline, &pipeline, input).await;
            (pipeline, run["id"].as_str().unwrap().to_owned())
        };
        // Larger than what entries keep, and not to be compressed to that.
        let noise: Vec<u64> =
            (1..8_000_u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11).collect();
        let (_, ended) = start(ECHO, &json!({ "noise": noise, "text": "ünï ☂" })).await;
        owner.wait_for(&ended, "succeeded").await;
        let (sends, sent) = start(&sends(&address), &json!({})).await;
        owner.wait_for(&sent, "succeeded").await;
        let (_, asking) = start(ASKS, &json!({})).await;
        let (_, parent) = start(PARENT, &json!({})).await;
        for asked in [&asking, &parent] {
            let mut events = owner.events(asked).await;
            events.find(|event| event["type"] == "approval.requested").await;
        }
        let (agent, thread) = talk(owner).await;
        assert!(!agent.is_empty());
        let said = say(owner, &thread, "Before.").await;
        owner.wait_for(&said, "succeeded").await;
        let schedule = schedules::create(owner, &every_second(&address, "often")).await;
        let text = |name: &str| schedule[name].as_str().unwrap().to_owned();
        let schedule = (text("id"), text("next_slot"));
        let (_, sleeping) = start(SLEEPS, &json!({})).await;
        let (_, stepping) = start(&steps(&address), &json!({})).await;
        let so_far: u32 = target.counts().values().sum();
        target.reached(so_far + 4).await;
        Self {
            waiting: vec![asking.clone(), parent.clone()],
            target,
            key,
            ended,
            asking,
            parent,
            sleeping,
            stepping,
            answering: said,
            thread,
            sends,
            schedule,
            journals: BTreeMap::new(),
        }
    }

    /// Remembers what has ended or waits, as the server tells it.
    pub(crate) async fn remember(&mut self, owner: &Api) {
        for run in [&self.ended, &self.asking, &self.parent, &self.answering] {
            self.journals.insert(run.clone(), journal(owner, run).await);
        }
        let sleeping = journal(owner, &self.sleeping).await;
        assert!(sleeping.contains("timer_set") && !sleeping.contains("timer_fired"), "{sleeping}");
        let stepping = journal(owner, &self.stepping).await;
        assert!(!stepping.contains("run_finished"), "{stepping}");
    }

    /// Everything is as it was, and goes on to its end.
    pub(crate) async fn goes_on(&self, server: &Server, owner: &Api) {
        for (run, before) in &self.journals {
            assert!(journal(owner, run).await == *before, "{run} has another journal");
        }
        let (_, ended) = owner.get(&format!("/api/v1/runs/{}", self.ended)).await;
        assert_eq!(ended["output"]["said"]["text"], "ünï ☂");
        assert_eq!(ended["output"]["said"]["noise"].as_array().unwrap().len(), 7_999);
        owner.wait_for(&self.sleeping, "succeeded").await;
        owner.wait_for(&self.stepping, "succeeded").await;
        let counts = self.target.counts();
        for step in 0..STEPS {
            assert!(counts.contains_key(&format!("/{step}")), "step {step}: {counts:?}");
        }
        let (_, open) = owner.get("/api/v1/approvals?status=open").await;
        let open = open["items"].as_array().unwrap().clone();
        assert_eq!(open.len(), 2, "{open:#?}");
        for approval in open {
            let path = format!("/api/v1/approvals/{}/decide", approval["id"].as_str().unwrap());
            let (status, said) = owner.post(&path, &json!({ "answer": "approved" })).await;
            assert_eq!(status, StatusCode::OK, "{said}");
        }
        for run in &self.waiting {
            owner.wait_for(run, "succeeded").await;
        }
        self.every_slot_has_fired(owner).await;
        // The thread goes on, and the secret opens.
        let said = say(owner, &self.thread, "After.").await;
        owner.wait_for(&said, "succeeded").await;
        let before = self.target.authorizations().len();
        let key = server.known(&self.key);
        let run = key.start_run(&self.sends, "afterwards", &json!({})).await;
        key.wait_for(run["id"].as_str().unwrap(), "succeeded").await;
        assert_eq!(self.target.authorizations()[before], "Bearer sealed-value");
        // A start that was told before is still the same one.
        let known = json!({ "input": {} });
        let path = format!("/api/v1/pipelines/{}/runs", self.sends);
        let again = owner.request(Method::POST, &path).header("idempotency-key", &self.sends);
        let again: Value = again.json(&known).send().await.unwrap().json().await.unwrap();
        assert_ne!(again["id"], run["id"]);
        assert_eq!(again["status"], "succeeded", "{again}");
    }
}

impl Story {
    /// Each second since the first has one fire: those of before, those of meanwhile, those of now.
    async fn every_slot_has_fired(&self, owner: &Api) {
        let (id, first) = &self.schedule;
        let path = format!("/api/v1/schedules/{id}/pause");
        assert_eq!(owner.post(&path, &Value::Null).await.0, StatusCode::OK);
        let fired = schedules::all_ended(owner, id).await;
        let mut slots: Vec<i64> =
            fired.iter().map(|fire| seconds(fire["slot"].as_str().unwrap())).collect();
        slots.sort_unstable();
        let first = seconds(first);
        let wanted: Vec<i64> = (first..).take(slots.len()).collect();
        assert_eq!(slots, wanted, "each slot fires once");
        assert!(slots.len() > 4, "{slots:?}");
    }
}

/// An agent, and a thread with it.
async fn talk(owner: &Api) -> (String, String) {
    let agent = json!({ "name": "helper", "model": "scripted/demo", "instructions": "Help." });
    let (status, agent) = owner.post("/api/v1/agents", &agent).await;
    assert_eq!(status, StatusCode::CREATED, "{agent}");
    let agent = agent["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/agents/{agent}/threads");
    let (status, thread) = owner.post(&path, &json!({ "title": "Chat" })).await;
    assert_eq!(status, StatusCode::CREATED, "{thread}");
    (agent, thread["id"].as_str().unwrap().to_owned())
}

/// The run that answers a message.
async fn say(owner: &Api, thread: &str, text: &str) -> String {
    let path = format!("/api/v1/threads/{thread}/messages");
    let (status, said) = owner.post(&path, &json!({ "text": text })).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{said}");
    let run = said["run_id"].as_str().or_else(|| said["run"]["id"].as_str());
    run.unwrap_or_else(|| panic!("{said:#}")).to_owned()
}

/// A journal, byte for byte.
async fn journal(owner: &Api, run: &str) -> String {
    let text = owner.text(&format!("/api/v1/runs/{run}/journal?limit=200")).await;
    assert!(text.contains("run_started"), "{text}");
    text
}

/// A command of the binary on a home.
pub(crate) async fn command(home: &Home, words: &[&str]) -> Said {
    let arguments = home.arguments().into_iter().chain(words.iter().map(ToString::to_string));
    Program::new(arguments.chain(["--json".to_owned()])).run().await
}
