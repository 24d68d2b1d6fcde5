//! Answers on their way, read at whichever server: one of two runs them, and both show them.

use std::fs;

use gathering_testkit::Place;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::server::{Api, Events, Home};

/// What the model says, word by word.
const WORDS: usize = 40;

fn answer() -> String {
    let words: Vec<String> = (0..WORDS).map(|n| format!("word{n}")).collect();
    words.join(" ")
}

/// Gives word of who looks time to come, and the answer time to be told piece by piece.
fn script() -> String {
    let reply =
        json!({ "reply": { "text": answer() }, "delay": { "first": "3s", "token": "50ms" } });
    json!({ "script": 1, "rules": [reply] }).to_string()
}

async fn made(owner: &Api, path: &str, body: &Value) -> String {
    let (status, made) = owner.post(path, body).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    made["id"].as_str().unwrap_or_default().to_owned()
}

/// Numbers and texts of the pieces of a run's answer, up to its end.
async fn pieces(events: &mut Events, run: &str) -> Vec<(u64, String)> {
    let mut pieces = Vec::new();
    loop {
        let event = events.find(|event| event["data"]["run_id"] == run).await;
        match event["type"].as_str() {
            Some("run.delta") => {
                let number = event["data"]["piece"].as_u64().unwrap();
                pieces.push((number, event["data"]["text"].as_str().unwrap().to_owned()));
            }
            Some("run.succeeded") => return pieces,
            kind => assert_ne!(kind, Some("run.failed"), "{event}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_on_its_way_is_seen_at_the_server_that_does_not_run_it() {
    let home = Home::new(Place::postgres().await);
    let folder = home.data_dir().join("scripts");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("tale.script.yaml"), script()).unwrap();
    let (one, other) = (home.serve().await, home.serve().await);
    let owner = one.set_up().await;
    let away = other.known(&owner);
    let agent = json!({ "name": "teller", "model": "scripted/tale", "instructions": "Tell." });
    let agent = made(&owner, "/api/v1/agents", &agent).await;
    let path = format!("/api/v1/agents/{agent}/threads");
    let thread = made(&owner, &path, &json!({ "title": "Tale" })).await;

    let look = "/api/v1/events?previews=true&types=run.delta,run.succeeded,run.failed";
    let (mut here, mut there) = (owner.stream(look).await, away.stream(look).await);
    let path = format!("/api/v1/threads/{thread}/messages");
    let (status, said) = owner.post(&path, &json!({ "text": "go on" })).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{said}");
    let run = said["run_id"].as_str().or_else(|| said["run"]["id"].as_str()).unwrap();
    let (here, there) = tokio::join!(pieces(&mut here, run), pieces(&mut there, run));
    for pieces in [here, there] {
        // Between the commit of the end and the last notice is no order: the last piece may be missing.
        assert!((3..=WORDS).contains(&pieces.len()), "{pieces:?}");
        let numbers: Vec<u64> = pieces.iter().map(|(number, _)| *number).collect();
        let text: String = pieces.into_iter().map(|(_, text)| text).collect();
        assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
        if numbers.last() == Some(&(numbers.len() as u64)) {
            assert!(answer().starts_with(text.trim_end()), "{text}");
        } else {
            let mut rest = answer();
            for word in text.split_whitespace() {
                let at = rest.find(word).unwrap_or_else(|| panic!("{word} of {text}"));
                rest = rest.split_off(at + word.len());
            }
        }
    }
}
