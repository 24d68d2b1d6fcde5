//! Two projects on one server: what runs of each send is their own.

use std::time::Duration;

use gathering_testkit::Place;
use reqwest::{Method, StatusCode};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::{
    program::Program,
    server::{Api, Home},
    target::Target,
};

/// Sends its project's secret, and fails where that has none.
fn calls() -> Value {
    let headers = json!({ "authorization": "{{ secret('TOKEN') }}" });
    let config = json!({
        "kind": "http", "method": "PUT", "url": "{{ input.url }}", "headers": headers,
    });
    json!({
        "name": "calls",
        "inputs": { "type": "object", "required": ["url"], "properties": { "url": { "type": "string" } } },
        "nodes": [
            { "id": "start", "type": "trigger" },
            { "id": "call", "type": "action", "config": config },
        ],
        "edges": [{ "from": "start", "to": "call" }],
    })
}

/// Asks in a project, and expects it to go well.
async fn inside(owner: &Api, project: &str, method: Method, path: &str, body: Value) -> Value {
    let request = owner.request(method, path).header("gathering-project", project).json(&body);
    let answer = request.send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success(), "{path}: {status} {text}");
    serde_json::from_str(&text).unwrap()
}

gathering_testkit::each_database! {
    async fn a_run_sends_the_secret_of_its_own_project(place: Place) {
        let target = Target::start(Duration::ZERO).await;
        let address = target.address.to_string();
        let home = Home::new(place).env("GATHERING_EGRESS_ALLOW_PRIVATE", address.as_str());
        let server = home.serve().await;
        let owner = server.set_up().await;
        let mut projects = Vec::new();
        for name in ["One", "Other", "Without"] {
            let (status, made) = owner.post("/api/v1/projects", &json!({ "name": name })).await;
            assert_eq!(status, StatusCode::CREATED, "{made}");
            projects.push(made["id"].as_str().unwrap().to_owned());
        }
        for (project, value) in projects.iter().zip(["secret-of-one", "secret-of-the-other"]) {
            let secret = json!({ "value": value, "hosts": [address] });
            inside(&owner, project, Method::PUT, "/api/v1/secrets/TOKEN", secret).await;
        }
        let mut ends = Vec::new();
        for project in &projects {
            let definition = json!({ "type": "definition", "definition": calls() });
            let url = format!("http://{address}/call");
            let start = json!({ "what": definition, "input": { "url": url } });
            let run = inside(&owner, project, Method::POST, "/api/v1/runs?wait=20s", start).await;
            ends.push((run["status"].clone(), run["error"]["code"].clone()));
        }
        assert_eq!(ends[0], (json!("succeeded"), Value::Null));
        assert_eq!(ends[1], (json!("succeeded"), Value::Null));
        assert_eq!(ends[2], (json!("failed"), json!("unknown_secret")));
        assert_eq!(target.authorizations(), ["secret-of-one", "secret-of-the-other"]);
    }
}

#[tokio::test]
async fn a_key_of_a_member_of_several_projects_is_made_for_one_of_them() {
    let home = Home::new(Place::sqlite());
    let command = |words: &[&str]| {
        let words = words.iter().map(ToString::to_string);
        Program::new(home.arguments().into_iter().chain(words)).typing("harbour nine lantern\n")
    };
    command(&["user", "add", "ada@example.com", "--role", "owner"]).run().await.ends_with(0);
    let bob =
        command(&["--json", "user", "add", "bob@example.com"]).run().await.ends_with(0).json();
    let server = home.serve().await;
    let owner = server.stranger().sign_in("ada@example.com", "harbour nine lantern").await;
    let (status, made) = owner.post("/api/v1/projects", &json!({ "name": "Other" })).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let other = made["id"].as_str().unwrap();
    let members = format!("/api/v1/projects/{other}/members/{}", bob["id"].as_str().unwrap());
    let member = json!({ "role": "member" }).to_string();
    let (status, said) = owner.send_at(Method::PUT, &members, None, member).await;
    assert!(status.is_success(), "{said}");
    server.signal(Signal::TERM);
    server.ended().await;

    let create = ["key", "create", "--user", "bob@example.com", "--name", "ci", "--scopes"];
    let create = [&create[..], &["read,run_start"]].concat();
    let refused = command(&create).run().await.ends_with(2);
    assert!(refused.err.contains("with `--project`"), "{}", refused.err);
    assert!(!refused.err.contains("Gathering-Project"), "{}", refused.err);
    let listed = command(&["project", "list"]).run().await.ends_with(0).out;
    assert!(listed.contains(&format!("{other}  Other\n")), "{listed}");
    assert_eq!(listed.lines().count(), 2, "{listed}");
    let listed = command(&["--json", "project", "list"]).run().await.ends_with(0).lines();
    assert!(listed.iter().any(|one| one["id"] == other && one["name"] == "Other"), "{listed:?}");
    command(&[&create[..], &["--project", other]].concat()).run().await.ends_with(0);
    let keys = command(&["key", "list", "--user", "bob@example.com"]).run().await.ends_with(0).out;
    assert!(keys.contains(&format!("in {other}  may read,run_start  until ")), "{keys}");
}
