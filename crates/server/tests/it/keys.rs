//! API keys on a real server: what they start is bounded by them, and they go when they are over.

use std::{collections::BTreeMap, time::Duration};

use gathering_domain::{ApiKeyId, Permission, ProjectId, Timestamp, UserId};
use gathering_storage::{
    Database, DatabaseOptions, Unit,
    api_keys::{self, NewApiKey},
};
use gathering_testkit::Place;
use reqwest::{Method, StatusCode};
use rustix::process::Signal;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    server::{Api, Home, PASSWORD, PATIENCE, Server},
    target::Target,
};

/// How often a condition is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Asks a person, and then the target.
const WAITS: &str = "
name: waits
inputs: { type: object, required: [url], properties: { url: { type: string } } }
nodes:
  - { id: start, type: trigger }
  - { id: ask, type: approval, config: { title: \"Go on?\" } }
  - { id: call, type: action, config: { kind: http, method: PUT, url: \"{{ input.url }}\" } }
edges:
  - { from: start, to: ask }
  - { from: ask, to: call, when: approved }
";

/// The same in a child run.
const HOLDS: &str = "
name: holds
nodes:
  - { id: start, type: trigger }
  - { id: below, type: pipeline, config: { pipeline: waits } }
edges:
  - { from: start, to: below }
";

/// Keeps a note, by a tool.
const KEEPS: &str = "
name: keeps
nodes:
  - { id: start, type: trigger }
  - id: keep
    type: tool
    config: { tool: artifact_save }
    input: { name: note.txt, media_type: text/plain, content: Kept. }
edges:
  - { from: start, to: keep }
";

/// Has that done by a run that it does not wait for.
const STARTS: &str = "
name: starts
nodes:
  - { id: start, type: trigger }
  - { id: other, type: action, config: { kind: start_pipeline, pipeline: keeps } }
edges:
  - { from: start, to: other }
";

/// A key of the owner, and its id.
async fn key(owner: &Api, name: &str, scopes: &[&str]) -> (Api, String) {
    let body = json!({ "name": name, "scopes": scopes });
    let (status, made) = owner.post("/api/v1/api-keys", &body).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let key = owner.by(made["token"].as_str().unwrap());
    (key, made["id"].as_str().unwrap().to_owned())
}

fn id(run: &Value) -> String {
    run["id"].as_str().unwrap().to_owned()
}

/// A run once it has ended, by its status and the code of its error.
async fn ended(api: &Api, run: &str) -> (String, Option<String>) {
    let over = |event: &Value| {
        let kind = event["type"].as_str().unwrap_or_default();
        event["data"]["run_id"] == run
            && ["run.succeeded", "run.failed", "run.cancelled", "run.timed_out"].contains(&kind)
    };
    api.events(run).await.find(over).await;
    let (_, run) = api.get(&format!("/api/v1/runs/{run}")).await;
    let code = run["error"]["code"].as_str().map(str::to_owned);
    (run["status"].as_str().unwrap().to_owned(), code)
}

/// Approves what the runs below these ask.
async fn approve_all(owner: &Api, runs: usize) {
    let (_, open) = owner.get("/api/v1/approvals?status=open").await;
    let open = open["items"].as_array().unwrap().clone();
    assert_eq!(open.len(), runs, "{open:#?}");
    for approval in open {
        let path = format!("/api/v1/approvals/{}/decide", approval["id"].as_str().unwrap());
        let (status, said) = owner.post(&path, &json!({ "answer": "approved" })).await;
        assert_eq!(status, StatusCode::OK, "{said}");
    }
}

/// A key of this user that ended years ago.
fn long_over(user_id: UserId, project_id: ProjectId) -> NewApiKey {
    let at = Timestamp::from_micros;
    NewApiKey {
        id: ApiKeyId::from_uuid(Uuid::from_u128(7)),
        user_id,
        project_id,
        name: "forgotten".to_owned(),
        token_hash: [7; 32],
        hint: "gtk_AAAAAAAA".to_owned(),
        scopes: vec![Permission::Read],
        created_at: at(1_500_000_000_000_000),
        expires_at: at(1_500_000_001_000_000),
    }
}

gathering_testkit::each_database! {
    async fn a_server_removes_what_has_expired_without_being_asked(place: Place) {
        let options = match (&place, place.url()) {
            (_, Some(url)) => Some(DatabaseOptions::postgres(url)),
            (_, None) => None,
        };
        let home = Home::new(place);
        let server = home.serve().await;
        let owner = server.set_up().await;
        let (_, me) = owner.get("/api/v1/auth/me").await;
        let user_id = me["user"]["id"].as_str().unwrap().parse().unwrap();
        let project_id = me["project"]["id"].as_str().unwrap().parse().unwrap();
        let (_, kept) = key(&owner, "kept", &["read"]).await;
        server.signal(Signal::TERM);
        server.ended().await;

        let options = options.unwrap_or_else(|| DatabaseOptions::sqlite(home.data_dir()));
        let database = Database::open(options).await.unwrap();
        let plant = api_keys::insert(&long_over(user_id, project_id));
        database.apply(Unit::new().with(plant.into())).await.unwrap();
        let keys = api_keys::of_user(user_id, None, 10).all(&database).await.unwrap();
        assert_eq!(keys.len(), 2);
        database.close().await;
        drop(database);

        let server = home.serve().await;
        let owner = server.known(&owner);
        let mut looks = tokio::time::interval(LOOK);
        let only_one_left = async {
            loop {
                looks.tick().await;
                let (_, keys) = owner.get("/api/v1/api-keys").await;
                if keys["items"].as_array().unwrap().len() == 1 {
                    return keys;
                }
            }
        };
        let keys = tokio::time::timeout(PATIENCE, only_one_left).await.expect("in time");
        assert_eq!(keys["items"][0]["id"], kept.as_str());
    }

    async fn what_a_key_started_stops_when_the_key_has_ended(place: Place) {
        let target = Target::start(Duration::ZERO).await;
        let address = target.address.to_string();
        let shared = place.url().is_some();
        let home = Home::new(place).env("GATHERING_EGRESS_ALLOW_PRIVATE", address.as_str());
        let first = home.serve().await;
        let owner = first.set_up().await;
        owner.create_pipeline(WAITS).await;
        let pipeline = owner.create_pipeline(HOLDS).await;
        let (kept, _) = key(&owner, "kept", &["read", "run_start"]).await;
        let (revoked, its_id) = key(&owner, "revoked", &["read", "run_start"]).await;
        let mut runs = BTreeMap::new();
        for (name, api) in [("kept", &kept), ("revoked", &revoked), ("session", &owner)] {
            let input = json!({ "url": format!("http://{address}/{name}") });
            let run = id(&api.start_run(&pipeline, name, &input).await);
            owner.events(&run).await.find(|event| event["type"] == "approval.requested").await;
            runs.insert(name, run);
        }
        // Another instance goes on with them: beside the first one where that is possible.
        let second: Server;
        if shared {
            second = home.serve().await;
            first.kill().await;
        } else {
            first.kill().await;
            second = home.serve().await;
        }
        let owner = second.known(&owner);
        let path = format!("/api/v1/api-keys/{its_id}");
        let answer = owner.request(Method::DELETE, &path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        // A run does not depend on the session in which it was started.
        let (status, _) = owner.post("/api/v1/auth/logout", &json!(null)).await;
        assert!(status.is_success(), "{status}");
        let owner = owner.sign_in("ada@example.com", PASSWORD).await;
        approve_all(&owner, 3).await;
        let succeeded = ("succeeded".to_owned(), None);
        assert_eq!(ended(&owner, &runs["kept"]).await, succeeded);
        assert_eq!(ended(&owner, &runs["session"]).await, succeeded);
        let (status, code) = ended(&owner, &runs["revoked"]).await;
        assert_eq!((status.as_str(), code.as_deref()), ("failed", Some("unauthenticated")));
        let asked = target.counts();
        assert_eq!(asked.keys().collect::<Vec<_>>(), ["/kept", "/session"]);
        // Whoever retries it has the retry act by their own rights.
        let (status, retry) = owner.post(&format!("/api/v1/runs/{}/retry", runs["revoked"]), &json!(null)).await;
        assert!(status.is_success(), "{retry}");
        assert_eq!(ended(&owner, &id(&retry)).await, succeeded);
        assert_eq!(target.counts().get("/revoked"), Some(&1));
    }

    async fn what_a_key_started_does_what_the_key_may_and_no_more(place: Place) {
        let home = Home::new(place);
        let server = home.serve().await;
        let owner = server.set_up().await;
        let keeps = owner.create_pipeline(KEEPS).await;
        let starts = owner.create_pipeline(STARTS).await;
        let (narrow, _) = key(&owner, "narrow", &["read", "run_start"]).await;
        let (wide, _) = key(&owner, "wide", &["read", "run_start", "tool_invoke"]).await;
        let forbidden = || ("failed".to_owned(), Some("forbidden".to_owned()));
        let succeeded = || ("succeeded".to_owned(), None);
        for (api, name, expected) in
            [(&narrow, "narrow", forbidden()), (&wide, "wide", succeeded()), (&owner, "session", succeeded())]
        {
            let run = api.start_run(&keeps, name, &json!(null)).await;
            assert_eq!(ended(&owner, &id(&run)).await, expected, "{name}");
            // A run that is started by an action acts for the same key.
            let above = api.start_run(&starts, &format!("{name}-above"), &json!(null)).await;
            assert_eq!(ended(&owner, &id(&above)).await, succeeded());
            let (_, all) = owner.get("/api/v1/runs?limit=1").await;
            assert_eq!(all["items"][0]["trigger"], "run", "{all}");
            assert_eq!(ended(&owner, &id(&all["items"][0])).await, expected, "{name}");
        }
        // A retry by a key is bounded by that key, and by another one by that.
        let (_, all) = owner.get("/api/v1/runs?status=failed").await;
        let failed = id(&all["items"][1]);
        let (_, retry) = narrow.post(&format!("/api/v1/runs/{failed}/retry"), &json!(null)).await;
        assert_eq!(ended(&owner, &id(&retry)).await, forbidden());
        let retry = format!("/api/v1/runs/{}/retry", id(&retry));
        let (_, retry) = wide.post(&retry, &json!(null)).await;
        assert_eq!(ended(&owner, &id(&retry)).await, succeeded());
        // To bring a definition is to write one.
        let definition = json!({
            "name": "brought", "nodes": [{ "id": "start", "type": "trigger" }], "edges": [],
        });
        let brings = json!({ "what": { "type": "definition", "definition": definition } });
        let (status, refused) = wide.post("/api/v1/runs", &brings).await;
        assert_eq!((status, &refused["code"]), (StatusCode::FORBIDDEN, &json!("forbidden")));
        assert!(refused["detail"].as_str().unwrap().contains("`definition_write`"), "{refused}");
        let (status, run) = owner.post("/api/v1/runs", &brings).await;
        assert!(status.is_success(), "{run}");
    }
}
