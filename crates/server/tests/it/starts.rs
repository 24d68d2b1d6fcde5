//! What starts runs from outside and by events, in the real server: once, through kills.

mod hooks;
mod triggers;

use reqwest::StatusCode;
use serde_json::Value;

use crate::server::Api;

/// What an event, or a request, starts.
const THANKS: &str = "
name: thanks
nodes:
  - { id: start, type: trigger }
  - { id: answer, type: transform, config: { value: '{{ input.n }}' } }
edges:
  - { from: start, to: answer }
outputs: { thanks_for: '{{ nodes.answer.output }}' }
";

async fn made(owner: &Api, path: &str, body: &Value) -> Value {
    let (status, made) = owner.post(path, body).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    made
}

/// The runs that were started in this way, the latest first.
async fn runs_by(owner: &Api, trigger: &str) -> Vec<Value> {
    let (status, runs) = owner.get("/api/v1/runs?limit=200").await;
    assert_eq!((status, &runs["next_cursor"]), (StatusCode::OK, &Value::Null), "{runs}");
    let runs = runs["items"].as_array().unwrap().iter();
    runs.filter(|run| run["trigger"] == trigger).cloned().collect()
}
