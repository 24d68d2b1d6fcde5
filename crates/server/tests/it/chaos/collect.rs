//! Reads back what there is at the end: every run, and every journal.

use gathering_domain::Timestamp;
use serde_json::Value;

use super::{
    client::Client,
    history::{Entry, Run},
    pipelines::token,
};

/// Every run, with its journal.
pub(crate) async fn runs(client: &Client) -> Vec<Run> {
    let mut runs = Vec::new();
    for run in pages(client, "/api/v1/runs?children=true&limit=200").await {
        runs.push(read(client, &run).await);
    }
    runs
}

/// Whether every run has ended.
pub(crate) async fn all_have_ended(client: &Client) -> bool {
    for status in ["queued", "running", "waiting"] {
        let page = client.get(&format!("/api/v1/runs?children=true&status={status}")).await;
        if !page["items"].as_array().unwrap().is_empty() {
            return false;
        }
    }
    // One may have gone from one status to another between these looks.
    let runs = pages(client, "/api/v1/runs?children=true&limit=200").await;
    runs.iter().all(|run| !run["ended_at"].is_null())
}

async fn read(client: &Client, run: &Value) -> Run {
    let text = |name: &str| run[name].as_str().unwrap().to_owned();
    let (id, trigger, title, status) = (text("id"), text("trigger"), text("title"), text("status"));
    let path = format!("/api/v1/runs/{id}");
    let input = if run["parent_id"].is_null() {
        client.get(&path).await["input"].take()
    } else {
        Value::Null
    };
    let journal = pages(client, &format!("{path}/journal?limit=200")).await;
    let journal = journal.iter().map(entry).collect();
    Run { id, trigger, title, status, token: token(&input), journal }
}

fn entry(entry: &Value) -> Entry {
    let kind = entry["kind"].as_str().unwrap();
    let body = entry["body"].get(kind).unwrap_or(&entry["body"]);
    let error = body.get("error").or_else(|| body["result"].get("error"));
    let next = match &body["next"] {
        Value::Object(next) => next.keys().next().cloned(),
        next => next.as_str().map(str::to_owned),
    };
    let text = |value: &Value| value.as_str().map(str::to_owned);
    Entry {
        seq: u32::try_from(entry["seq"].as_u64().unwrap()).unwrap(),
        at: Timestamp::parse_rfc3339(entry["at"].as_str().unwrap()).unwrap(),
        kind: kind.to_owned(),
        key: text(&entry["key"]),
        attempt: body["attempt"].as_u64().map(|attempt| u32::try_from(attempt).unwrap()),
        effect: text(&body["kind"]),
        next,
        code: error.and_then(|error| text(&error["code"])),
    }
}

/// All rows of a list.
pub(crate) async fn pages(client: &Client, path: &str) -> Vec<Value> {
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let mut page = client.get(&format!("{path}{cursor}")).await;
        rows.append(page["items"].as_array_mut().unwrap());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return rows,
        }
    }
}
