//! What customers run: the examples, and a pipeline full of effects that starts another one.

use std::fs;

use serde_json::{Value, json};

use super::dice::Dice;
use crate::{
    program::example,
    server::{Api, Home},
};

/// Two effects that must not be repeated, two that may be, a model, a wait, an event, and a start.
const EFFECTS: &str = "
name: effects
inputs:
  type: object
  required: [target, token]
  properties: { target: { type: string }, token: { type: string } }
agents:
  - { name: thinker, model: counted/any, instructions: Think. }
nodes:
  - { id: start, type: trigger }
  - { id: fan, type: parallel, config: {} }
  - { id: think, type: agent, config: { agent: thinker, task: 'Think of {{ input.token }}.' } }
  - id: charge
    type: action
    config: { kind: http, method: POST, url: '{{ input.target }}/unsafe/{{ input.token }}/charge', body: { of: '{{ input.token }}' } }
  - id: put
    type: action
    retry: { attempts: 20, first_delay: 50ms }
    config: { kind: http, method: PUT, url: '{{ input.target }}/repeatable/{{ input.token }}/put', idempotency_header: Idempotency-Key }
  - id: keyed
    type: action
    retry: { attempts: 20, first_delay: 50ms }
    config: { kind: http, method: POST, url: '{{ input.target }}/repeatable/{{ input.token }}/keyed', idempotency_header: Idempotency-Key }
  - { id: rest, type: delay, config: { for: 300ms } }
  - { id: tell, type: action, config: { kind: emit_event, subject: chaos.effects, data: { token: '{{ input.token }}' } } }
  - { id: spawn, type: action, config: { kind: start_pipeline, pipeline: follow_up }, retry: { attempts: 20, first_delay: 50ms } }
  - id: ship
    type: action
    config: { kind: http, method: POST, url: '{{ input.target }}/unsafe/{{ input.token }}/ship', body: { of: '{{ input.token }}' } }
edges:
  - { from: start, to: fan }
  - { from: fan, to: charge }
  - { from: fan, to: put }
  - { from: fan, to: keyed }
  - { from: fan, to: think }
  - { from: fan, to: rest }
  - { from: rest, to: tell }
  - { from: tell, to: spawn }
  - { from: charge, to: ship }
  - { from: put, to: ship }
  - { from: keyed, to: ship }
  - { from: think, to: ship }
  - { from: spawn, to: ship }
";

/// What the pipeline above starts and does not wait for.
const FOLLOW_UP: &str = "
name: follow_up
inputs:
  type: object
  required: [target, token]
  properties: { target: { type: string }, token: { type: string } }
nodes:
  - { id: start, type: trigger }
  - { id: rest, type: delay, config: { for: 200ms } }
  - id: follow
    type: action
    config: { kind: http, method: POST, url: '{{ input.target }}/unsafe/{{ input.token }}/follow' }
edges:
  - { from: start, to: rest }
  - { from: rest, to: follow }
";

/// Tickets for a triage: some are urgent.
const TICKETS: [&str; 5] = [
    "We were charged twice for March.",
    "How do I change the colour of a label?",
    "I cannot sign in: session invalid.",
    "Please send last year's invoice.",
    "The export lost half of our rows.",
];

/// The stored pipelines.
#[derive(Debug)]
pub(crate) struct Pipelines {
    brief: String,
    triage: String,
    notes: String,
    effects: String,
    target: String,
}

/// What a customer wants to be run.
#[derive(Debug)]
pub(crate) struct Wish {
    pub(crate) pipeline: String,
    pub(crate) input: Value,
}

/// Lays the scripts of the examples' models where the server looks for them.
pub(crate) fn lay_scripts(home: &Home) {
    let folder = home.data_dir().join("scripts");
    fs::create_dir(&folder).unwrap();
    for name in ["research-brief", "support-triage", "release-notes"] {
        let script = format!("{name}.script.yaml");
        fs::copy(example(&script), folder.join(&script)).unwrap();
    }
}

impl Pipelines {
    /// Stores them all, with the provider of the model that counts.
    pub(crate) async fn store(owner: &Api, target: String, model: &str) -> Self {
        let provider = json!({ "name": "counted", "kind": "openai_compatible", "base_url": model });
        let (status, made) = owner.post("/api/v1/providers", &provider).await;
        assert!(status.is_success(), "{status}: {made}");
        let stored = async |name: &str| {
            let text = fs::read_to_string(example(&format!("{name}.yaml"))).unwrap();
            owner.create_pipeline(&text).await
        };
        let brief = stored("research-brief").await;
        let triage = stored("support-triage").await;
        let notes = stored("release-notes").await;
        owner.create_pipeline(FOLLOW_UP).await;
        let effects = owner.create_pipeline(EFFECTS).await;
        Self { brief, triage, notes, effects, target }
    }

    /// A wish; `token` is in the paths of its effects.
    pub(crate) fn wish(&self, dice: &mut Dice, token: &str) -> Wish {
        match dice.index(10) {
            0 => {
                let source = json!({ "title": "Atlas", "text": "The sea rises twice a day. The moon pulls it." });
                let input = json!({ "topic": format!("tides of {token}"), "sources": [source] });
                Wish { pipeline: self.brief.clone(), input }
            }
            1 => {
                let log = "a1b2c3 doors: Let guests ring\nd4e5f6 locks: Fix the back door\n";
                let input = json!({ "version": format!("1.{token}"), "log": log });
                Wish { pipeline: self.notes.clone(), input }
            }
            2..=4 => {
                let tickets: Vec<Value> = (0..=dice.index(3))
                    .map(|nth| json!({ "id": format!("T-{nth}"), "text": TICKETS[dice.index(TICKETS.len())] }))
                    .collect();
                let webhook = format!("{}/unsafe/{token}/page", self.target);
                let input = json!({ "tickets": tickets, "webhook": webhook });
                Wish { pipeline: self.triage.clone(), input }
            }
            _ => {
                let input = json!({ "target": self.target, "token": token });
                Wish { pipeline: self.effects.clone(), input }
            }
        }
    }
}

/// What a run's effects carry in their paths, by its input.
pub(crate) fn token(input: &Value) -> Option<String> {
    let of_webhook = || input["webhook"].as_str()?.split('/').rev().nth(1);
    input["token"].as_str().or_else(of_webhook).map(str::to_owned)
}

/// The path of an unsafe effect: that of the key `node:charge` is `/unsafe/TOKEN/charge`.
pub(crate) fn unsafe_path(token: &str, key: &str) -> String {
    format!("/unsafe/{token}/{}", key.trim_start_matches("node:"))
}
