//! `/api/v1/runs` and `/api/v1/unknown-outcomes`.

mod act;
mod budget;
mod events;
mod look;
mod settle;
mod start;

use gathering_domain::RunId;
use serde_json::{Value, json};

use crate::support::{Bench, echo};

/// Starts a run of a definition that comes along.
pub(crate) async fn begin(bench: &Bench, token: &str, n: u32) -> (RunId, Value) {
    let what = json!({ "type": "definition", "definition": echo("echo") });
    let body = json!({ "what": what, "input": { "n": n } });
    let run = bench.post("/api/v1/runs", token, &body).await;
    (run["id"].as_str().unwrap().parse().unwrap(), run)
}
