//! Measures W1 against the store alone: runs of ten durable steps, many at a time.
//!
//! `cargo run --release -p gathering-storage --example append_speed -- [postgres URL [lanes]]`

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a measurement for the terminal"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gathering_database::{Database, DatabaseOptions};
use gathering_domain::{Actor, InstanceId, ProjectId, RunId, Timestamp, Usage};
use gathering_engine::{
    EffectSettled, Entry, EntryBody, Key, Limits, Origin, Outcome, Payload, RunStarted, Settlement,
};
use gathering_storage::{
    Append, LogTail, LogWriter, LogWriterOptions, NewRun, Projector, RunChange, Storage, register,
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const STEPS: u32 = 10;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let directory = gathering_testkit::temp_dir();
    let options = match arguments.next() {
        Some(url) => DatabaseOptions::postgres(url),
        None => DatabaseOptions::sqlite(directory.path()),
    };
    let lanes = arguments.next().and_then(|lanes| lanes.parse().ok());
    let database = Database::open(options).await.unwrap();
    let storage = Storage::open(database).await.unwrap();
    let instance = InstanceId::from_uuid(Uuid::from_u128(u128::from(std::process::id())));
    register(storage.database(), instance, &"bench".into(), Timestamp::from_micros(1))
        .await
        .unwrap();
    let shutdown = CancellationToken::new();
    let (tail, tail_service) = LogTail::open(storage.database()).await.unwrap();
    let (writer, service) =
        LogWriter::open(storage.database(), &tail, instance, LogWriterOptions { lanes })
            .await
            .unwrap();
    let mut services = JoinSet::new();
    services.spawn(service.run(shutdown.clone()));
    services.spawn(tail_service.run(shutdown.clone()));
    services.spawn(Projector::new(storage.database(), &tail).run(shutdown.clone()));
    for concurrency in [1, 64, 64] {
        measure(&storage, &tail, &writer, concurrency, Duration::from_secs(5)).await;
    }
    shutdown.cancel();
    while services.join_next().await.is_some() {}
}

async fn measure(
    storage: &Storage,
    tail: &LogTail,
    writer: &LogWriter,
    concurrency: usize,
    time: Duration,
) {
    static IDS: AtomicU64 = AtomicU64::new(0);
    let begin = Instant::now();
    let first_row = tail.last_row();
    let mut tasks = JoinSet::new();
    for _ in 0..concurrency {
        let writer = writer.clone();
        tasks.spawn(async move {
            let mut times = Vec::new();
            while begin.elapsed() < time {
                let start = Instant::now();
                let number = IDS.fetch_add(1, Ordering::Relaxed);
                // Rising with time in the high half, spread in the low one, as real ids are.
                let low = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
                run(&writer, RunId::from_uuid(Uuid::from_u64_pair(number << 20, low))).await;
                times.push(start.elapsed());
            }
            times
        });
    }
    let mut times: Vec<Duration> = tasks.join_all().await.into_iter().flatten().collect();
    let written = begin.elapsed();
    while tail.indexed_row() < tail.last_written_row() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let elapsed = begin.elapsed();
    times.sort_unstable();
    let at = |share: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index into a list"
        )]
        let index = ((times.len() - 1) as f64 * share) as usize;
        times[index]
    };
    let steps = times.len() as f64 * f64::from(STEPS);
    println!(
        "{concurrency:>4} at a time: {:>9.0} steps/s, runs p50 {:?} p99 {:?}, index caught up after {:?}, {:.1} MB, {} rows",
        steps / elapsed.as_secs_f64(),
        at(0.5),
        at(0.99),
        elapsed.saturating_sub(written),
        storage.database().size_bytes().await.unwrap() as f64 / 1e6,
        tail.last_row() - first_row,
    );
}

async fn run(writer: &LogWriter, id: RunId) {
    let project_id = ProjectId::from_uuid(Uuid::from_u128(1));
    let instance = writer.instance();
    let now = Timestamp::from_micros(1_767_225_600_000_000);
    let null: Payload = Arc::new(serde_json::Value::Null);
    let actor = Actor::System;
    let entry = |seq, body| Entry { seq, at: now, body };
    let started = RunStarted {
        machine: "noop".into(),
        behaviour: 1,
        definition: Arc::new(serde_json::json!({"steps": STEPS})),
        input: Arc::clone(&null),
        actor,
        trigger: "manual".into(),
        limits: Limits::default(),
        origin: Origin::root(id),
    };
    let run = NewRun {
        id,
        project_id,
        actor,
        machine: "noop".into(),
        title: "noop".into(),
        trigger: "manual".into(),
        definition_id: None,
        definition_version_id: None,
        still_at: None,
        owner: Some(instance),
        priority: 0,
        limits: Vec::new(),
        deadline: None,
        origin: Origin::root(id),
        first_run_id: id,
        budget: None,
        on_cost: gathering_engine::OnCost::Fail,
        idempotency: None,
        fire: None,
        starter: None,
        delivery: None,
        counted: None,
    };
    let first = vec![entry(0, EntryBody::RunStarted(Box::new(started)))];
    writer.append(Append::create(instance, now, run, first)).await.unwrap();
    for step in 1..=STEPS {
        let mut append = Append::new(instance, id, project_id, now);
        append.entries.push(entry(
            step,
            EntryBody::EffectSettled(EffectSettled {
                key: Key::new(format!("step:{step}")),
                attempt: 1,
                result: Settlement::Output(Arc::clone(&null)),
                usage: Usage::default(),
                settled_by: None,
                earlier_attempt: None,
            }),
        ));
        if step == STEPS {
            let outcome = Outcome::succeeded(Arc::clone(&null));
            append.entries.push(entry(step + 1, EntryBody::RunFinished(outcome.clone())));
            append.change = RunChange::Finished { outcome };
            append.usage = Some(Usage::default());
        }
        writer.append(append).await.unwrap();
    }
}
