//! Schedules of every kind on three instances that are killed, paused and revived: each slot is handled once.
//!
//! Clerks change the schedules meanwhile. At the end every fire and run is read back, and [`checker`] holds
//! them against slots that it finds itself.

pub(crate) mod checker;
pub(crate) mod clerks;
pub(crate) mod collect;
pub(crate) mod documents;
pub(crate) mod history;

use std::{sync::Arc, time::Duration};

use gathering_testkit::postgres::PrivateServer;
use tokio::{task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;

use self::{
    checker::{Counts, Violation},
    clerks::Clerk,
    documents::SLOTS_IN_100_SECONDS,
    history::History,
};
use super::{
    SILENCE, client::Client, dice::Dice, effects::Effects, fleet::Fleet, plan::Plan, report,
};
use crate::server::Home;

const INSTANCES: usize = 3;
const CLERKS: usize = 3;
/// How long they work at most between two faults.
const WORKS_MS: u64 = 2_500;
/// How long nobody is there: longer than slots are waited for while others come.
const OUTAGE: Duration = Duration::from_millis(6_500);
/// How long everything may take to its end once there are no more faults.
const CALM: Duration = Duration::from_mins(2);
/// How many slots are to come for each fault: 10,000 in the long form.
const SLOTS_PER_FAULT: u64 = 50;
/// The most violations that are shown.
const SHOWN: usize = 30;

/// What can happen to three instances.
#[derive(Debug, Clone, Copy)]
enum Fault {
    /// One is killed, and is back after a while.
    Kill,
    /// Two are.
    KillTwo,
    /// All are, and nobody is there for a while.
    Outage,
    /// One is paused for longer than others wait for it, and then goes on.
    Pause,
    /// One is paused, another one killed meanwhile.
    PauseAndKill,
    /// One is told to stop, and does.
    Stop,
}

/// Faults as often as they shall come. The first ones come in the short form, too.
const FAULTS: [Fault; 8] = [
    Fault::Kill,
    Fault::Pause,
    Fault::Outage,
    Fault::PauseAndKill,
    Fault::Kill,
    Fault::KillTwo,
    Fault::Stop,
    Fault::Pause,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chaos_of_three_instances_handles_each_slot_of_schedules_once() {
    let (plan, mut dice) = Plan::new("faults of three instances with schedules", 4);
    let (postgres, effects) = (PrivateServer::start().await.unwrap(), Effects::start().await);
    let logs = gathering_testkit::temp_dir();
    let home = Home::on(Some(postgres.url()))
        .unhurried()
        .env("GATHERING_WORKER_TAKEOVER_SILENCE", format!("{}s", SILENCE.as_secs()))
        .env("GATHERING_EGRESS_ALLOW_PRIVATE", effects.addresses())
        .logging_to(logs.path().join("servers.log"));
    let mut fleet = Fleet::launch(home, INSTANCES).await;
    let owner = fleet.first().set_up().await;
    fleet.begin_all().await;
    let wanted = documents::wanted(&owner, &format!("http://{}", effects.address)).await;
    let token = owner.token.expect("the owner has signed in");
    let client = Arc::new(Client::new(fleet.addresses(), token).waiting());

    let (began, stop, mut working) = (Instant::now(), CancellationToken::new(), JoinSet::new());
    let mut shares: Vec<Vec<_>> = (0..CLERKS).map(|_| Vec::new()).collect();
    for (nth, wanted) in wanted.into_iter().enumerate() {
        shares[nth % CLERKS].push(wanted);
    }
    for share in shares {
        let (client, dice) = (Arc::clone(&client), dice.fork());
        let mut clerk = Clerk { client, schedules: Vec::new(), dice };
        clerk.make(share).await;
        working.spawn(clerk.work(stop.clone()));
    }
    let enough =
        Duration::from_secs(u64::from(plan.faults) * SLOTS_PER_FAULT * 100 / SLOTS_IN_100_SECONDS);
    let mut nth = 0;
    while nth < plan.faults || began.elapsed() < enough {
        dice.pass(WORKS_MS).await;
        let fault = FAULTS[usize::try_from(nth).unwrap() % FAULTS.len()];
        report::say(&format!("fault {nth} of {}: {fault:?}", plan.faults));
        happen(fault, &mut fleet, &mut dice).await;
        nth += 1;
    }
    fleet.begin_all().await;
    stop.cancel();
    let mut kept = Vec::new();
    while let Some(share) = working.join_next().await {
        kept.extend(share.unwrap());
    }
    let schedules = collect::schedules(&client, kept, CALM).await;
    let runs = collect::runs(&client).await;
    let history = History { schedules, runs, arrivals: effects.arrivals() };
    let (found, counts) = checker::check(&history);
    report::say(&figures(&plan, &fleet, &history, counts, began.elapsed()));
    let kept = if found.is_empty() { None } else { Some(logs.keep()) };
    assert!(found.is_empty(), "{}\nwhat the servers logged: {kept:?}", listed(&found));
    assert!(counts.slots >= u64::from(plan.faults) * SLOTS_PER_FAULT, "{counts:?}");
}

async fn happen(fault: Fault, fleet: &mut Fleet, dice: &mut Dice) {
    let one = dice.index(INSTANCES);
    let other = (one + 1) % INSTANCES;
    match fault {
        Fault::Kill => {
            fleet.kill(one).await;
            dice.pass(WORKS_MS).await;
            fleet.begin(one).await;
        }
        Fault::KillTwo => {
            fleet.kill(one).await;
            fleet.kill(other).await;
            fleet.begin(other).await;
            fleet.begin(one).await;
        }
        Fault::Outage => {
            for nth in 0..INSTANCES {
                fleet.kill(nth).await;
            }
            tokio::time::sleep(OUTAGE).await;
            fleet.begin_all().await;
        }
        Fault::Pause => {
            fleet.pause(one);
            tokio::time::sleep(SILENCE).await;
            dice.pass(2 * WORKS_MS).await;
            fleet.revive(one);
        }
        Fault::PauseAndKill => {
            fleet.pause(one);
            dice.pass(WORKS_MS).await;
            fleet.kill(other).await;
            tokio::time::sleep(SILENCE).await;
            fleet.begin(other).await;
            fleet.revive(one);
        }
        Fault::Stop => {
            fleet.stop(one).await;
            fleet.begin(one).await;
        }
    }
}

fn figures(
    plan: &Plan,
    fleet: &Fleet,
    history: &History,
    counts: Counts,
    took: Duration,
) -> String {
    let Counts { slots, fired, skipped, missed, by_hand } = counts;
    let forms: usize = history.schedules.iter().map(|schedule| schedule.forms.len()).sum();
    format!(
        "{} with seed {} in {:.0} s: {} starts, {} kills, {} pauses\n\
         {} schedules in {forms} forms: {slots} slots had to be handled; {fired} fired, {skipped} were \
         skipped for overlap, {missed} were missed\n\
         {by_hand} starts by hand, {} runs, {} requests at the target",
        plan.name,
        plan.seed,
        took.as_secs_f64(),
        fleet.starts,
        fleet.kills,
        fleet.pauses,
        history.schedules.len(),
        history.runs.len(),
        history.arrivals.len(),
    )
}

pub(crate) fn listed(found: &[Violation]) -> String {
    let shown = found.iter().take(SHOWN);
    let lines: Vec<String> =
        shown.map(|one| format!("{:?} {}: {}", one.rule, one.of, one.what)).collect();
    format!("{} violations\n{}", found.len(), lines.join("\n"))
}
