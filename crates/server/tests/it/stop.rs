//! A server that is told to stop while 200 requests a second come and 200 runs are under way.
//!
//! What is counted: a request was **accepted** if the server has taken its connection and read of it.
//! Each of those must be answered, whole, and well. A client cannot see that, so it goes by what
//! HTTP lets it conclude (RFC 9110, 9.2.2; RFC 9112, 9.3.1), and is told nothing else:
//!
//! - *answered*: a whole answer came. Any status but a success is a failure, but for that of `/readyz`,
//!   whose 503 is the truth about a server that stops, or whose database is slow under this load.
//! - *refused*: no connection could be made. It must be after the signal.
//! - *retried*: a connection that had been used before ended without one byte of an answer, as idle
//!   connections may at any time. It is asked once more, on a new connection, and what comes of that
//!   is counted again.
//! - *not taken*: a new connection ended without one byte of an answer: it was in the system's queue
//!   when the listener closed, or its request was not there within a moment. There is no way to close a
//!   listener without such a moment, so those of one such moment are let pass after the signal, and
//!   none before.
//! - *failed*: everything else, such as half an answer, or none within the client's patience.
//!
//! Where there are several instances, what is refused or not taken at one of them is asked of the next, as load
//! balancers do, and counts as what comes of that.

mod load;
mod rolling;
mod wire;

use std::{fmt::Write as _, time::Duration};

use gathering_testkit::Place;
use rustix::process::Signal;
use serde_json::json;
use tokio::time::Instant;

use self::load::{Load, OUTSTANDING, Tally};
use crate::{server::Home, target::Target};

/// Runs under way when the server is told to stop.
const RUNS: u32 = 200;
/// Calls that each of them makes, one after the other. The first ones are answered after the signal only, so
/// long after it; a slow machine starts the runs over minutes.
const CALLS: usize = 5;
const CALL_TAKES: Duration = Duration::from_secs(1);
const CALL_MAY_TAKE: &str = "10m";
/// Answers that came before the server is told to stop.
const ANSWERED_BEFORE: u64 = 300;
/// The grace time of the server.
const GRACE: Duration = Duration::from_secs(10);

/// A pipeline that calls one path after the other.
fn calls() -> String {
    let mut text = String::from(
        "name: calls\ninputs: { type: object, required: [url], properties: { url: { type: string } } }\nnodes:\n  - { id: start, type: trigger }\n",
    );
    let mut edges = String::from("edges:\n");
    let mut from = "start".to_owned();
    for call in 0..CALLS {
        let config = format!("{{ kind: http, method: PUT, url: '{{{{ input.url }}}}/{call}' }}");
        let _ = writeln!(
            text,
            "  - {{ id: call_{call}, type: action, timeout: {CALL_MAY_TAKE}, config: {config} }}"
        );
        let _ = writeln!(edges, "  - {{ from: {from}, to: call_{call} }}");
        from = format!("call_{call}");
    }
    text + &edges
}

/// Stops a server under load, starts it again, and checks that nothing was lost.
#[expect(clippy::print_stdout, reason = "the counts are what the test is for")]
async fn stop_under_load(place: Place, drain_delay: Duration) {
    let target = Target::start(CALL_TAKES).await;
    target.hold(true);
    let address = target.address.to_string();
    let home = Home::new(place)
        .unhurried()
        .env("GATHERING_EGRESS_ALLOW_PRIVATE", address.as_str())
        .env("GATHERING_WORKER_GRACE_TIME", format!("{}s", GRACE.as_secs()))
        .env("GATHERING_SERVER_DRAIN_DELAY", format!("{}ms", drain_delay.as_millis()));
    let server = home.serve().await;
    let owner = server.set_up().await;
    let pipeline = owner.create_pipeline(&calls()).await;
    let mut runs = Vec::new();
    for run in 0..RUNS {
        let input = json!({ "url": format!("http://{address}/{run}") });
        let run = owner.start_run(&pipeline, &format!("run-{run}"), &input).await;
        runs.push(run["id"].as_str().unwrap().to_owned());
    }
    target.reached(RUNS).await;

    let path = format!("/api/v1/runs?status=running&pipeline_id={pipeline}&limit={RUNS}");
    let (_, running) = owner.get(&path).await;
    let running = running["items"].as_array().unwrap().len();
    assert_eq!(running, RUNS as usize, "runs are under way");
    let load = Load::begin(&[&server], &owner, &runs).await;
    load.answered(ANSWERED_BEFORE).await;
    load.told_to_stop();
    let told = Instant::now();
    server.signal(Signal::TERM);
    target.hold(false);
    let status = server.ended().await;
    let took = told.elapsed();
    let tally = load.end().await;
    println!(
        "{running} runs under way, stopped with drain delay {drain_delay:?} in {took:?}: {tally}"
    );
    check(&tally, drain_delay);
    assert_eq!(status.code(), Some(0));
    assert!(took <= drain_delay + GRACE, "{took:?}");

    let server = home.serve().await;
    let owner = server.known(&owner);
    let started = tally.started.len();
    for run in runs.iter().chain(&tally.started) {
        owner.wait_for(run, "succeeded").await;
    }
    let calls = target.counts();
    assert_eq!(calls.len(), RUNS as usize * CALLS, "every call of every run was made");
    let repeated: Vec<_> = calls.iter().filter(|(_, count)| **count > 1).collect();
    assert!(
        repeated.is_empty(),
        "calls end within the grace time, and are not repeated: {repeated:?}"
    );
    println!(
        "after the next start {RUNS} runs and the {started} of the load succeeded, each call made once"
    );
}

fn check(tally: &Tally, drain_delay: Duration) {
    assert!(tally.failures.is_empty(), "{tally}: {:?}", tally.failures);
    assert_eq!(tally.early, 0, "nothing is refused before the signal: {tally}");
    assert!(tally.not_taken <= OUTSTANDING as u64, "{tally}");
    assert!(tally.answered_after > 0 && tally.refused > 0, "the load went on: {tally}");
    let answered: u64 = tally.answered_before + tally.answered_after;
    assert!(!tally.started.is_empty() && answered > ANSWERED_BEFORE, "{tally}");
    if !drain_delay.is_zero() {
        // Whoever asked was told before anything was refused.
        let (not_ready, refused) = (tally.not_ready.unwrap(), tally.first_refused.unwrap());
        assert!(not_ready < refused, "{tally}");
        assert!(tally.told_to_leave > 0, "{tally}");
    }
}

gathering_testkit::each_database! {
    async fn a_stop_under_load_fails_no_request_and_loses_no_run(place: Place) {
        stop_under_load(place, Duration::from_secs(1)).await;
    }

    async fn a_stop_under_load_without_a_delay_fails_no_request_either(place: Place) {
        stop_under_load(place, Duration::ZERO).await;
    }
}
