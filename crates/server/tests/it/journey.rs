//! The whole way of a first user over HTTP, on both databases.

use gathering_testkit::Place;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::{
    program::example,
    server::{Home, PASSWORD},
};

const ASKS: &str = "
name: asks
inputs: { type: object, required: [topic], properties: { topic: { type: string } } }
agents:
  - { name: writer, model: scripted/demo, instructions: Write one sentence. }
nodes:
  - { id: start, type: trigger }
  - { id: write, type: agent, config: { agent: writer, task: \"A sentence on {{ input.topic }}.\" } }
  - { id: ask, type: approval, config: { title: \"Keep it?\" } }
  - id: keep
    type: tool
    config: { tool: artifact_save }
    input: { name: note.txt, media_type: text/plain, content: \"{{ nodes.write.output }}\" }
edges:
  - { from: start, to: write }
  - { from: write, to: ask }
  - { from: ask, to: keep, when: approved }
outputs: { text: \"{{ nodes.write.output }}\" }
";

gathering_testkit::each_database! {
    async fn from_the_setup_link_to_a_finished_run(place: Place) {
        let home = Home::new(place);
        let server = home.serve().await;
        let owner = server.set_up().await;
        // The link works once.
        let again = json!({ "token": server.setup_token, "email": "eve@example.com", "name": "Eve", "password": PASSWORD });
        let (status, _) = server.stranger().post("/api/v1/auth/setup", &again).await;
        assert!(status.is_client_error(), "{status}");
        let (status, _) = server.stranger().get("/api/v1/runs").await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        let answer = owner.request(Method::GET, "/api/v1/runs").send().await.unwrap();
        assert_eq!(answer.headers()["ratelimit-policy"], "500;w=5;comment=\"read\"");

        let owner = owner.sign_in("Ada@example.com", PASSWORD).await;
        let pipeline = owner.create_pipeline(ASKS).await;
        let run = owner.start_run(&pipeline, "first", &json!({ "topic": "tides" })).await;
        let id = run["id"].as_str().unwrap().to_owned();
        let same = owner.start_run(&pipeline, "first", &json!({ "topic": "tides" })).await;
        assert_eq!(same["id"], run["id"]);

        let mut events = owner.events(&id).await;
        let asked = events.find(|event| event["type"] == "approval.requested").await;
        assert_eq!(asked["data"]["title"], "Keep it?");
        let (_, approvals) = owner.get(&format!("/api/v1/runs/{id}/approvals")).await;
        let items = approvals.get("items").unwrap_or(&approvals);
        let approval = items[0]["id"].as_str().unwrap();
        let decide = format!("/api/v1/approvals/{approval}/decide");
        let (status, decided) = owner.post(&decide, &json!({ "answer": "approved" })).await;
        assert_eq!(status, StatusCode::OK, "{decided}");
        events.find(|event| event["type"] == "run.succeeded" && event["data"]["run_id"] == id.as_str()).await;

        let (_, run) = owner.get(&format!("/api/v1/runs/{id}")).await;
        assert_eq!(run["status"], "succeeded");
        let text = run["output"]["text"].as_str().unwrap();
        assert!(text.contains("tides"), "{text}");
        let (_, artifacts) = owner.get(&format!("/api/v1/artifacts?run_id={id}")).await;
        let artifact = artifacts["items"][0]["id"].as_str().unwrap();
        assert_eq!(owner.text(&format!("/api/v1/artifacts/{artifact}/content")).await, text);
    }

    async fn scripts_of_the_data_directory_answer_for_their_models(place: Place) {
        let home = Home::new(place);
        let scripts = home.data_dir().join("scripts");
        std::fs::create_dir(&scripts).unwrap();
        let script = "research-brief.script.yaml";
        std::fs::copy(example(script), scripts.join(script)).unwrap();
        let server = home.serve().await;
        let owner = server.set_up().await;
        let yaml = std::fs::read_to_string(example("research-brief.yaml")).unwrap();
        let pipeline = owner.create_pipeline(&yaml).await;
        let input = json!({ "topic": "tides", "sources": [{ "title": "Atlas", "text": "The sea rises twice a day." }] });
        let run = owner.start_run(&pipeline, "brief", &input).await;
        let run = owner.wait_for(run["id"].as_str().unwrap(), "succeeded").await;
        let brief = run["output"]["brief"].as_str().unwrap();
        assert!(brief.contains("The sea rises twice a day. [Atlas]"), "{brief}");
    }

    async fn the_owner_of_the_configuration_needs_no_link(place: Place) {
        let home = Home::new(place)
            .env("GATHERING_BOOTSTRAP_OWNER", "ops@example.com")
            .env("GATHERING_BOOTSTRAP_PASSWORD", PASSWORD);
        for _ in 0..2 {
            let server = home.serve().await;
            assert_eq!(server.setup_token, None);
            let owner = server.stranger().sign_in("ops@example.com", PASSWORD).await;
            let (_, me) = owner.get("/api/v1/auth/me").await;
            assert_eq!(me["role"], "owner");
            server.kill().await;
        }
    }
}
