//! W6: many subscribers of the events of all runs: how late each hears, what that costs, and whether all hear all.

mod crowd;
mod subscriber;

use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::Serialize;
use serde_json::{Value, json};

use self::crowd::{Crowd, Told};
use crate::{Options, Sizes, Store, figures, http::Client, process::Server};

/// How long runs are started at an even pace.
const PACED: Duration = Duration::from_secs(10);
/// How long all may take to hear what has happened.
const GIVE_UP: Duration = Duration::from_mins(1);
/// Events that each run emits, beside those of its own life.
const STEPS: usize = 4;

#[derive(Debug, Serialize)]
struct Row {
    store: Store,
    subscribers: usize,
    memory_per_subscriber_bytes: u64,
    paced_events_per_second: f64,
    late_p50: Duration,
    late_p99: Duration,
    late_max: Duration,
    processor_share: f64,
    processor_us_per_delivery: f64,
    burst_events: usize,
    burst_deliveries_per_second: f64,
    burst_late_p99: Duration,
    reconnects: usize,
    lost: usize,
    twice: usize,
}

impl figures::Row for Row {
    fn cells(&self) -> Vec<(&'static str, String)> {
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let kib = self.memory_per_subscriber_bytes as f64 / 1024.0;
        vec![
            ("store", self.store.name().to_owned()),
            ("subscribers", self.subscribers.to_string()),
            ("KiB each", format!("{kib:.1}")),
            ("events/s", format!("{:.0}", self.paced_events_per_second)),
            ("late p50 ms", figures::millis(self.late_p50)),
            ("late p99 ms", figures::millis(self.late_p99)),
            ("late max ms", figures::millis(self.late_max)),
            ("% of a core", format!("{:.0}", self.processor_share * 100.0)),
            ("processor µs/delivery", format!("{:.1}", self.processor_us_per_delivery)),
            ("burst of events", self.burst_events.to_string()),
            ("burst deliveries/s", format!("{:.0}", self.burst_deliveries_per_second)),
            ("burst late p99 ms", figures::millis(self.burst_late_p99)),
            ("reconnects", self.reconnects.to_string()),
            ("lost", self.lost.to_string()),
            ("twice", self.twice.to_string()),
        ]
    }
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for store in options.stores() {
        rows.push(measure(store, &options.sizes).await?);
    }
    let title = "subscribers of all events while runs are at work, at a pace and in a burst";
    figures::report("w6", title, &rows)
}

async fn measure(store: Store, sizes: &Sizes) -> anyhow::Result<Row> {
    let place = store.place().await;
    let folder = gathering_testkit::temp_dir();
    let data_dir = place.directory().unwrap_or_else(|| folder.path().to_owned());
    let server = Server::start(&data_dir, place.url()).await?;
    let mut client = server.sign_in().await?;
    let path = pipeline(&mut client).await?;
    // What a first run makes is there before the memory is read, and is told to nobody.
    client.post(&format!("{path}?wait=20s"), &json!({})).await?.success()?;
    let tokens = crowd::tokens(&server, &mut client, sizes.subscribers).await?;
    let resident = server.resident()?;
    let crowd = Crowd::gather(server.address, &tokens, sizes.subscribers).await?;
    let memory = server.resident()?.saturating_sub(resident);

    let (begun, used) = (Instant::now(), server.processor_time()?);
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / sizes.pace.max(1));
    let mut runs = 0;
    while begun.elapsed() < PACED {
        ticks.tick().await;
        client.post(&path, &json!({})).await?.success()?;
        runs += 1;
    }
    let paced = crowd.hears(runs, GIVE_UP).await?;
    let took = begun.elapsed();
    let used = server.processor_time()?.saturating_sub(used);
    let paced_late = crowd.late(0);

    let begun = Instant::now();
    for _ in 0..sizes.burst {
        client.post(&path, &json!({})).await?.success()?;
    }
    runs += sizes.burst;
    let all = crowd.hears(runs, GIVE_UP).await?;
    let burst_took = begun.elapsed();
    let burst_late = crowd.late(paced);
    let Told { reconnects, lost, twice } = crowd.compare(runs, GIVE_UP).await?;
    server.kill()?;
    #[expect(clippy::cast_precision_loss, reason = "counts of events")]
    let (paced_events, burst_events, subscribers) =
        (paced as f64, (all - paced) as f64, sizes.subscribers as f64);
    Ok(Row {
        store,
        subscribers: sizes.subscribers,
        memory_per_subscriber_bytes: memory / u64::try_from(sizes.subscribers)?.max(1),
        paced_events_per_second: paced_events / took.as_secs_f64(),
        late_p50: figures::quantile(&paced_late, 0.5),
        late_p99: figures::quantile(&paced_late, 0.99),
        late_max: figures::quantile(&paced_late, 1.0),
        processor_share: used.as_secs_f64() / took.as_secs_f64(),
        processor_us_per_delivery: used.as_secs_f64() * 1e6 / (paced_events * subscribers),
        burst_events: all - paced,
        burst_deliveries_per_second: burst_events * subscribers / burst_took.as_secs_f64(),
        burst_late_p99: figures::quantile(&burst_late, 0.99),
        reconnects,
        lost,
        twice,
    })
}

/// Where runs of a few steps are started.
async fn pipeline(client: &mut Client) -> anyhow::Result<String> {
    let ids: Vec<String> = (0..STEPS).map(|step| format!("step_{step}")).collect();
    let mut nodes = vec![json!({ "id": "start", "type": "trigger" })];
    nodes.extend(ids.iter().map(|id| {
        json!({ "id": id, "type": "action",
            "config": { "kind": "emit_event", "subject": format!("bench.{id}"), "data": { "step": id } } })
    }));
    let sources = std::iter::once("start").chain(ids.iter().map(String::as_str));
    let edges: Vec<Value> =
        sources.zip(&ids).map(|(from, to)| json!({ "from": from, "to": to })).collect();
    let definition = json!({ "name": "tells", "nodes": nodes, "edges": edges });
    let pipeline = client.post("/api/v1/pipelines", &definition).await?.success()?;
    let id = pipeline["id"].as_str().context("the pipeline has no id")?;
    Ok(format!("/api/v1/pipelines/{id}/runs"))
}
