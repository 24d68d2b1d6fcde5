//! How late the first step is of what becomes due.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use gathering_domain::{Clock as _, Timestamp};
use serde_json::json;
use tokio::{sync::mpsc::UnboundedReceiver, time::timeout};

use super::seed::Patterns;
use crate::{http::Client, node::Ambient};

/// How long it may take to make one schedule and one run: their times come after all have been made.
const TO_MAKE_ONE: Duration = Duration::from_millis(100);
/// Between one due time and the next, of runs and schedules in turns.
const GAP: Duration = Duration::from_millis(50);
/// What is later than this is lost.
const LOST: Duration = Duration::from_secs(30);

/// How late everything was, sorted.
pub(super) struct Due {
    pub(super) fires: Vec<Duration>,
    pub(super) timers: Vec<Duration>,
}

pub(super) async fn measure(
    client: &mut Client,
    patterns: &Patterns,
    mut hits: UnboundedReceiver<(String, Instant)>,
    count: usize,
) -> anyhow::Result<Due> {
    let (now, now_there) = (Instant::now(), Ambient.now());
    let all = u32::try_from(count)?;
    let first = whole(after(now_there, TO_MAKE_ONE * all));
    let mut wanted = HashMap::new();
    for nth in 0..all {
        let slot = after(first, GAP * (2 * nth));
        let body = json!({
            "name": format!("due {nth}"),
            "timing": { "type": "once", "at": slot.to_rfc3339() },
            "action": patterns.action,
        });
        client.post("/api/v1/schedules", &body).await?.success()?;
        wanted.insert(format!("/fired/{}", slot.to_rfc3339()), slot);
        let at = after(slot, GAP);
        let path = format!("/api/v1/pipelines/{}/runs", patterns.pipeline);
        client.post(&path, &json!({ "input": { "at": at.to_rfc3339() } })).await?.success()?;
        wanted.insert(format!("/woke/{}", at.to_rfc3339()), at);
    }
    ensure!(Ambient.now() < first, "the first was due before all were made");
    let mut due = Due { fires: Vec::new(), timers: Vec::new() };
    let end = now + TO_MAKE_ONE * all + GAP * (2 * all) + LOST;
    while !wanted.is_empty() {
        let left = end.saturating_duration_since(Instant::now());
        let Ok(hit) = timeout(left, hits.recv()).await else {
            bail!("{} of {} never came", wanted.len(), 2 * count);
        };
        let (path, at) = hit.context("the target has gone")?;
        let path = path.replace("%3A", ":");
        let slot =
            wanted.remove(&path).with_context(|| format!("`{path}` came twice, or unasked"))?;
        let late = after(now_there, at.saturating_duration_since(now)).since(slot).std();
        if path.starts_with("/fired/") { &mut due.fires } else { &mut due.timers }.push(late);
    }
    due.fires.sort_unstable();
    due.timers.sort_unstable();
    Ok(due)
}

fn after(at: Timestamp, span: Duration) -> Timestamp {
    let micros = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
    at + gathering_domain::Duration::from_micros(micros)
}

/// The next whole second: instants travel as texts.
fn whole(at: Timestamp) -> Timestamp {
    let second = 1_000_000;
    Timestamp::from_micros((at.micros().div_euclid(second) + 1) * second)
}
