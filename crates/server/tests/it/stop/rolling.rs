//! Three instances on one PostgreSQL, each restarted in its turn while 200 requests a second come.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use gathering_testkit::postgres::PrivateServer;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{
    GRACE, calls,
    load::{Load, Tally},
    wire::{Begun, Lost, Wire},
};
use crate::{
    chaos::{
        client::Client,
        collect::pages,
        dice::Dice,
        effects::Effects,
        fleet::Fleet,
        slots::{self, checker, clerks::Clerk, documents, history::History},
    },
    server::{Api, Home, Server},
    target::Target,
};

const INSTANCES: usize = 3;
/// Runs that are started before each restart, and the time that each of their calls takes.
const RUNS: usize = 24;
const CALL_TAKES: Duration = Duration::from_millis(700);
/// Schedules that fire meanwhile, of each timing and with each overlap: every third one, from this one on. These
/// make up for all that they miss, so that each slot is handled, however slow the machine is.
const SCHEDULES: usize = 10;
const FIRST_SCHEDULE: usize = 2;
/// Answers between two restarts.
const ANSWERED_BETWEEN: u64 = 200;
/// How long an instance is served after it was told to stop.
const DRAIN_DELAY: &str = "1s";
/// How often whoever asks must have been told that an instance is not ready, before no connection is taken. Those
/// that are in the system's queue when the listener closes are told as well.
const TOLD: u32 = 4;
/// So long that nobody is taken over for being slow.
const SILENCE: &str = "1m";
/// What an instance logs that has to take over from one that did not give its runs back.
const TAKEN_OVER: &str = "took over from an instance";
/// How long everything may take to its end.
const CALM: Duration = Duration::from_mins(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_under_load_loses_no_request_no_run_and_no_slot() {
    let postgres = PrivateServer::start().await.unwrap();
    let (effects, target) = (Effects::start().await, Target::start(CALL_TAKES).await);
    let logs = gathering_testkit::temp_dir();
    let log = logs.path().join("servers.log");
    let home = Home::on(Some(postgres.url()))
        .unhurried()
        .env(
            "GATHERING_EGRESS_ALLOW_PRIVATE",
            format!("{},{}", effects.addresses(), target.address),
        )
        .env("GATHERING_WORKER_GRACE_TIME", format!("{}s", GRACE.as_secs()))
        .env("GATHERING_SERVER_DRAIN_DELAY", DRAIN_DELAY)
        .env("GATHERING_WORKER_TAKEOVER_SILENCE", SILENCE)
        .logging_to(log.clone());
    let mut fleet = Fleet::launch(home, INSTANCES).await;
    let owner = fleet.first().set_up().await;
    fleet.begin_all().await;
    let pipeline = owner.create_pipeline(&calls()).await;
    let client = Arc::new(Client::new(fleet.addresses(), owner.token.clone().unwrap()).waiting());
    let wanted = documents::wanted(&owner, &format!("http://{}", effects.address)).await;
    let mut clerk =
        Clerk { client: Arc::clone(&client), schedules: Vec::new(), dice: Dice::new(1) };
    clerk.make(wanted.into_iter().skip(FIRST_SCHEDULE).step_by(3).take(SCHEDULES)).await;

    let mut runs = wave(&fleet, &owner, &pipeline, &target, 0).await;
    let servers: Vec<_> = (0..INSTANCES).map(|nth| fleet.nth(nth)).collect();
    let load = Load::begin(&servers, &owner, &runs).await;
    load.answered_more(ANSWERED_BETWEEN).await;
    load.told_to_stop();
    let mut runs_of_late = Vec::new();
    for nth in 0..INSTANCES {
        if nth > 0 {
            runs.extend(wave(&fleet, &owner, &pipeline, &target, nth).await);
        }
        let late = Late::begin(fleet.nth(nth), load.pipeline(), &owner).await;
        let ((), run) = tokio::join!(fleet.stop(nth), late.end());
        runs_of_late.push(run);
        fleet.begin(nth).await;
        load.replaced(nth, fleet.nth(nth));
        load.answered_more(ANSWERED_BETWEEN).await;
    }
    let (pipeline_of_load, tally) = (load.pipeline().to_owned(), load.end().await);
    check_requests(&tally);
    let known = fleet.first().known(&owner);
    let started = succeeded(&client, &known, &pipeline_of_load).await;
    let accepted: BTreeSet<_> = tally.started.iter().cloned().chain(runs_of_late).collect();
    assert_eq!(started, accepted, "each start is one run, and what was accepted is there");
    assert_eq!(succeeded(&client, &known, &pipeline).await, runs.iter().cloned().collect());
    let counts = target.counts();
    assert_eq!(counts.len(), runs.len() * super::CALLS, "every call of every run was made");
    let repeated: Vec<_> = counts.iter().filter(|(_, count)| **count > 1).collect();
    assert!(repeated.is_empty(), "no call is made twice: {repeated:?}");
    check_slots(clerk, &client, &effects, &pipeline, &pipeline_of_load).await;
    let said = std::fs::read_to_string(&log).unwrap();
    let taken_over: Vec<_> = said.lines().filter(|line| line.contains(TAKEN_OVER)).collect();
    assert!(taken_over.is_empty(), "what stops gives its runs back: {taken_over:?}");
}

/// The runs of a pipeline, each of which must succeed.
async fn succeeded(client: &Client, known: &Api, pipeline: &str) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for run in pages(client, &format!("/api/v1/runs?pipeline_id={pipeline}&limit=200")).await {
        let id = run["id"].as_str().unwrap();
        if run["ended_at"].is_null() {
            known.wait_for(id, "succeeded").await;
        } else {
            assert_eq!(run["status"], "succeeded", "{run}");
        }
        ids.insert(id.to_owned());
    }
    ids
}

/// A request that comes before a stop, and is whole only when nothing else is taken any more.
struct Late {
    address: String,
    begun: Begun,
}

const BODY_OF_LATE: &str = "{}";

impl Late {
    /// Begins to start a run.
    async fn begin(server: &Server, pipeline: &str, owner: &Api) -> Self {
        let address = server.url.strip_prefix("http://").unwrap().to_owned();
        let (length, token) = (BODY_OF_LATE.len(), owner.token.as_ref().unwrap());
        let head = format!(
            "POST /api/v1/pipelines/{pipeline}/runs HTTP/1.1\r\nhost: localhost\r\n\
             authorization: Bearer {token}\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\nexpect: 100-continue\r\n\r\n"
        );
        let begun = Begun::at(&address, &head).await;
        Self { address, begun }
    }

    /// Ends once no connection is taken any more, before which whoever asked was told. Answers the run.
    async fn end(self) -> String {
        let mut told = 0;
        let asking = Wire::new(&self.address);
        let ready = "GET /readyz HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n";
        loop {
            match asking.ask(ready, true).await {
                Ok(answer) => told += u32::from(answer.status == 503),
                Err(Lost::Refused) => break,
                // Its connection was in the queue of the system.
                Err(Lost::Closed { .. }) => {}
                Err(Lost::Failed(why)) => panic!("{why}"),
            }
        }
        assert!(told >= TOLD, "whoever balances the load was told only {told} times");
        let answer = self.begun.finish(BODY_OF_LATE).await.expect("what was begun is answered");
        assert_eq!(answer.status, 202, "{}", answer.body);
        let run: Value = serde_json::from_str(&answer.body).unwrap();
        run["id"].as_str().unwrap().to_owned()
    }
}

/// Starts runs at all instances, each of which begins its first call.
async fn wave(
    fleet: &Fleet,
    owner: &Api,
    pipeline: &str,
    target: &Target,
    nth: usize,
) -> Vec<String> {
    let mut runs = Vec::new();
    let mut first_calls = Vec::new();
    let known: Vec<_> = (0..INSTANCES).map(|nth| fleet.nth(nth).known(owner)).collect();
    for run in 0..RUNS {
        let at = &known[run % INSTANCES];
        let key = format!("{nth}-{run}");
        let input = json!({ "url": format!("http://{}/{key}", target.address) });
        let run: Value = at.start_run(pipeline, &key, &input).await;
        runs.push(run["id"].as_str().unwrap().to_owned());
        first_calls.push(format!("/{key}/0"));
    }
    target.reached_each(&first_calls).await;
    runs
}

#[expect(clippy::print_stdout, reason = "the counts are what the test is for")]
fn check_requests(tally: &Tally) {
    println!("a rolling restart of {INSTANCES} instances: {tally}");
    assert!(tally.failures.is_empty(), "{tally}: {:?}", tally.failures);
    assert_eq!((tally.refused, tally.not_taken), (0, 0), "somebody answers each: {tally}");
    assert!(tally.elsewhere > 0, "instances were away: {tally}");
    assert_eq!(tally.started.len() as u64, tally.asked_to_start, "{tally}");
}

/// No slot of a schedule is lost or handled twice.
#[expect(clippy::print_stdout, reason = "the counts are what the test is for")]
async fn check_slots(clerk: Clerk, client: &Client, effects: &Effects, others: &str, load: &str) {
    let stop = CancellationToken::new();
    stop.cancel();
    let kept = clerk.work(stop).await;
    let schedules = slots::collect::schedules(client, kept, CALM).await;
    let runs = slots::collect::runs_but(client, &[others, load]).await;
    let history = History { schedules, runs, arrivals: effects.arrivals() };
    let (found, counts) = checker::check(&history);
    let late = history.schedules.iter().flat_map(|schedule| &schedule.fires);
    let latest = late.map(|fire| fire.at.since(fire.slot)).max();
    println!("schedules meanwhile: {counts:?}, the latest {latest:?} after its slot");
    assert!(found.is_empty(), "{}", slots::listed(&found));
    assert!(counts.slots > 20, "{counts:?}");
}
