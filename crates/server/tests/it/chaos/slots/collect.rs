//! Reads back what there is of schedules at the end: every fire, and every run.

use std::time::Duration;

use futures::{StreamExt as _, stream};
use gathering_domain::Timestamp;
use serde_json::Value;
use tokio::time::Instant;

use super::{
    clerks::Kept,
    history::{Fire, Run, Schedule},
};
use crate::chaos::{client::Client, collect::pages, history::now};

/// How many runs are read at the same time.
const AT_ONCE: usize = 4;
/// After which time fires are looked at again that have not ended.
const AGAIN: Duration = Duration::from_millis(300);

/// The schedules with their fires, once nothing of them is under way, or after a time.
pub(crate) async fn schedules(client: &Client, kept: Vec<Kept>, within: Duration) -> Vec<Schedule> {
    let until = Instant::now() + within;
    let mut all = Vec::new();
    for Kept { id, wanted, forms } in kept {
        let fires = loop {
            let path = format!("/api/v1/schedules/{id}/fires?limit=200");
            let fires: Vec<Fire> = pages(client, &path).await.iter().map(fire).collect();
            let open = |fire: &Fire| ["queued", "running", "retrying"].contains(&&*fire.status);
            if !fires.iter().any(open) || Instant::now() >= until {
                break fires;
            }
            tokio::time::sleep(AGAIN).await;
        };
        let seen = now();
        let schedule = client.get(&format!("/api/v1/schedules/{id}")).await;
        let counted = schedule["fires"].as_u64().unwrap();
        all.push(Schedule { name: wanted.name, path: wanted.path, forms, fires, counted, seen });
    }
    all
}

/// Every run, each with the slot that it was told.
pub(crate) async fn runs(client: &Client) -> Vec<Run> {
    runs_but(client, &[]).await
}

/// The same without those of these pipelines.
pub(crate) async fn runs_but(client: &Client, pipelines: &[&str]) -> Vec<Run> {
    let mut listed = pages(client, "/api/v1/runs?children=true&limit=200").await;
    let other = |run: &Value| run["pipeline_id"].as_str().is_some_and(|id| pipelines.contains(&id));
    listed.retain(|run| !other(run));
    let read = listed.into_iter().map(|listed| async move {
        let id = listed["id"].as_str().unwrap();
        let run = client.get(&format!("/api/v1/runs/{id}")).await;
        Run {
            id: id.to_owned(),
            slot: time(&run["input"]["slot"]),
            retry_of: run["retry_of"].as_str().map(str::to_owned),
            status: run["status"].as_str().unwrap().to_owned(),
            began: time(&run["created_at"]).unwrap(),
            ended: time(&run["ended_at"]),
        }
    });
    stream::iter(read).buffered(AT_ONCE).collect().await
}

fn fire(fire: &Value) -> Fire {
    let text = |name: &str| fire[name].as_str().unwrap().to_owned();
    Fire {
        id: text("id"),
        slot: time(&fire["slot"]).unwrap(),
        manual: fire["manual"].as_bool().unwrap(),
        status: text("status"),
        run: fire["run_id"].as_str().map(str::to_owned),
        attempts: fire["attempts"].as_u64().unwrap(),
        missed: fire["missed"].as_u64().unwrap(),
        missed_until: time(&fire["missed_until"]),
        at: time(&fire["created_at"]).unwrap(),
    }
}

fn time(value: &Value) -> Option<Timestamp> {
    Timestamp::parse_rfc3339(value.as_str()?)
}
