//! Chaos: the real binary, broken over and over while it works, loses nothing and does nothing twice.
//!
//! Customers start runs of the examples and of a pipeline full of effects, people decide approvals and
//! settle unknown outcomes, a reader follows every event, and a target elsewhere counts what reaches
//! it. Meanwhile processes are killed, paused, started again, and the database with them. At the end
//! everything is read back, and [`checker`] holds it against what was promised.

pub(crate) mod checker;
pub(crate) mod client;
pub(crate) mod collect;
mod customers;
pub(crate) mod dice;
pub(crate) mod effects;
pub(crate) mod fleet;
pub(crate) mod history;
mod notes;
mod people;
mod pipelines;
mod plan;
pub(crate) mod reader;
mod report;
pub(crate) mod slots;
mod world;

use std::time::Duration;

use gathering_testkit::{Place, postgres::PrivateServer};

use self::{dice::Dice, fleet::Fleet, plan::Plan, world::World};
use crate::server::Home;

/// How long a server that is ready works at most before it is killed.
const WORKS_MS: u64 = 1_500;
/// How long the start of a server takes at most before it is killed in its midst.
const STARTS_MS: u64 = 500;
/// So many faults follow one another before everybody gets on again. A run that is interrupted more
/// often than ten times where it stands fails as poisoned, as it should.
const IN_A_ROW: u32 = 4;
/// After how much silence an instance is taken over: the least that may be configured.
const SILENCE: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chaos_of_kills_on_sqlite_loses_nothing_and_repeats_nothing() {
    kills(Home::new(Place::sqlite())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chaos_of_kills_on_postgresql_loses_nothing_and_repeats_nothing() {
    // Its own, because the one that tests share stops when no test has begun for a while.
    let postgres = PrivateServer::start().await.unwrap();
    kills(Home::on(Some(postgres.url()))).await;
}

async fn kills(home: Home) {
    let (plan, mut dice) = Plan::new("kills of one instance", 8);
    let (world, mut fleet) = World::begin(home.unhurried(), 1, &mut dice).await;
    for nth in 0..plan.faults {
        if nth % IN_A_ROW == 0 {
            world.calm().await;
        }
        dice.pass(WORKS_MS).await;
        fleet.kill(0).await;
        while dice.chance(250) {
            fleet.kill_in_its_start(0, dice.up_to(STARTS_MS)).await;
        }
        fleet.begin(0).await;
    }
    world.end(&plan, fleet).await;
}

/// What can happen to two instances on one PostgreSQL.
#[derive(Debug, Clone, Copy)]
enum Fault {
    /// One is killed.
    Kill,
    /// Both are.
    KillBoth,
    /// One is paused for longer than others wait for it, and then goes on.
    Pause,
    /// One is told to stop, and does.
    Stop,
    /// The database is restarted, in peace.
    Restart,
    /// The database crashes.
    Crash,
}

/// Faults as often as they shall come. The first ones come in the short form, too.
const FAULTS: [Fault; 10] = [
    Fault::Kill,
    Fault::Pause,
    Fault::Crash,
    Fault::Kill,
    Fault::Restart,
    Fault::KillBoth,
    Fault::Pause,
    Fault::Stop,
    Fault::Kill,
    Fault::Kill,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chaos_of_two_instances_loses_nothing_and_repeats_nothing() {
    let (plan, mut dice) = Plan::new("faults of two instances", 5);
    let postgres = PrivateServer::start().await.unwrap();
    let silence = format!("{}s", SILENCE.as_secs());
    let home = Home::on(Some(postgres.url())).env("GATHERING_WORKER_TAKEOVER_SILENCE", silence);
    let (world, mut fleet) = World::begin(home.unhurried(), 2, &mut dice).await;
    for nth in 0..plan.faults {
        if nth % IN_A_ROW == 0 {
            world.calm().await;
        }
        dice.pass(WORKS_MS).await;
        let one = dice.index(2);
        let fault = FAULTS[usize::try_from(nth).unwrap() % FAULTS.len()];
        report::say(&format!("fault {nth} of {}: {fault:?} of {one}", plan.faults));
        happen(fault, one, &mut fleet, &postgres, &mut dice).await;
    }
    world.end(&plan, fleet).await;
}

async fn happen(
    fault: Fault,
    one: usize,
    fleet: &mut Fleet,
    postgres: &PrivateServer,
    dice: &mut Dice,
) {
    match fault {
        Fault::Kill => {
            fleet.kill(one).await;
            dice.pass(WORKS_MS).await;
            fleet.begin(one).await;
        }
        Fault::KillBoth => {
            fleet.kill(one).await;
            fleet.kill(1 - one).await;
            fleet.begin(1 - one).await;
            fleet.begin(one).await;
        }
        Fault::Pause => {
            fleet.pause(one);
            tokio::time::sleep(SILENCE).await;
            dice.pass(2 * WORKS_MS).await;
            fleet.revive(one);
        }
        Fault::Stop => {
            fleet.stop(one).await;
            fleet.begin(one).await;
        }
        Fault::Restart => postgres.restart().await.unwrap(),
        Fault::Crash => {
            postgres.stop_immediately().await.unwrap();
            dice.pass(WORKS_MS).await;
            postgres.start_again().await.unwrap();
        }
    }
}
