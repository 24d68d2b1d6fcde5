//! A simulation: virtual time, a store, processes, a world and people, moved by events from a seed.

mod commit;
mod events;
mod faults;
mod host;
mod people;
mod process;
mod trace;
mod world;

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
};

use gathering_domain::{Duration, IdSource, MicroUsd, Timestamp};
use gathering_engine::Ambient;
use uuid::Uuid;

use crate::{
    Dice, History, Projection, Sabotage, Violation, Workload, checkers,
    store::{Applied, Notice, Store},
};
use commit::Pending;
use events::{Event, Queue};
use faults::Plan;
use process::Process;
use trace::Trace;
use world::World;

/// How long after the last fault every run must have ended.
const CALM: Duration = Duration::from_secs(4 * 3600);

/// The most events of one simulation; a run that causes more never ends.
const MAX_EVENTS: u32 = 100_000;

/// What a simulation found.
#[derive(Debug)]
pub struct Report {
    /// The broken invariants.
    pub violations: Vec<Violation>,
    /// How many events it took.
    pub events: u32,
    /// What happened.
    pub history: History,
}

/// Runs the simulation of one seed to its end and checks its history; `listener` is told in words
/// what happens.
pub fn simulate(
    workload: &dyn Workload,
    seed: u64,
    sabotage: Sabotage,
    listener: Option<&dyn Fn(&str)>,
) -> Report {
    let mut simulation = Simulation::new(workload, seed, sabotage, Trace::new(listener));
    simulation.begin();
    let ended = simulation.run();
    simulation.close();
    let mut violations = checkers::check_all(&simulation.history);
    if !ended && violations.is_empty() {
        violations.push(Violation::new("comes_to_rest", None, "something happens without end"));
    }
    Report { violations, events: simulation.events, history: simulation.history }
}

/// Everything of one seed.
struct Simulation<'a> {
    workload: &'a dyn Workload,
    sabotage: Sabotage,
    now: Timestamp,
    queue: Queue,
    dice: Dice,
    plan: Plan,
    store: Store,
    /// What a crash of the store goes back to, where syncs are skipped.
    synced: Option<Store>,
    store_up: bool,
    /// How often the store has crashed: connections before that are cut.
    store_epoch: u32,
    pending: BTreeMap<u64, Pending>,
    next_tx: u64,
    processes: Vec<Process>,
    world: World,
    ids: Ids,
    history: History,
    kills: u32,
    starts_open: u32,
    events: u32,
    trace: Trace<'a>,
    next_hosting: u64,
    next_question: u64,
}

/// Ids that count.
struct Ids(AtomicU64);

impl IdSource for Ids {
    fn next_uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)))
    }
}

impl<'a> Simulation<'a> {
    fn new(workload: &'a dyn Workload, seed: u64, sabotage: Sabotage, trace: Trace<'a>) -> Self {
        let mut dice = Dice::new(seed);
        let plan = Plan::new(&mut dice.fork(), sabotage);
        let processes = (0..plan.processes).map(|_| Process::default()).collect();
        Self {
            workload,
            sabotage,
            now: Timestamp::from_micros(1_000_000_000),
            queue: Queue::default(),
            dice,
            plan,
            store: Store { unfenced: sabotage == Sabotage::SkipFence, ..Store::default() },
            synced: (sabotage == Sabotage::SkipSync).then(Store::default),
            store_up: true,
            store_epoch: 0,
            pending: BTreeMap::new(),
            next_tx: 0,
            processes,
            world: World::default(),
            ids: Ids(AtomicU64::new(1)),
            history: History::default(),
            kills: 0,
            starts_open: 0,
            events: 0,
            trace,
            next_hosting: 0,
            next_question: 0,
        }
    }

    /// Handles events until nothing is left to happen; answers whether that came in time.
    fn run(&mut self) -> bool {
        let end = self.plan.calm_at + CALM;
        while let Some((at, event)) = self.queue.pop() {
            self.events += 1;
            // Alarms that were set for days ahead may be left when everything has ended.
            if at > end || self.events > MAX_EVENTS {
                break;
            }
            self.now = at;
            self.handle(event);
        }
        !self.store.has_unfinished() && self.events <= MAX_EVENTS
    }

    fn is_faulty(&self) -> bool {
        self.now < self.plan.calm_at
    }

    /// Whether a fault strikes now that strikes `per_mille` times in a thousand chances.
    fn strikes(&mut self, per_mille: u64) -> bool {
        per_mille > 0 && self.is_faulty() && self.dice.chance(per_mille)
    }

    fn after(&mut self, delay: Duration, event: Event) {
        self.queue.push(self.now + delay, event);
    }

    /// Copies into the history what the store holds at the end.
    fn close(&mut self) {
        let store = std::mem::take(&mut self.store);
        self.history.messages = store.messages().collect();
        for (id, run) in store.runs {
            let ledger = store.ledger.iter().filter(|(_, row)| row.run_id == id);
            let granted = run.grants.values().fold(MicroUsd::ZERO, |sum, grant| sum + grant.amount);
            let projection = Projection {
                status: run.status,
                outcome: run.outcome,
                waits: run.waits,
                ledger: ledger.map(|(id, row)| (*id, row.state)).collect(),
                spent: run.budget.map(|budget| budget.spent),
                granted,
                settled_since: run.settled_since.into_keys().collect(),
            };
            self.history.projections.insert(id, projection);
            self.history.journals.insert(id, run.journal);
        }
    }
}

/// What an execution takes from outside.
fn ambient<'a>(now: Timestamp, ids: &'a Ids, dice: &mut Dice) -> Ambient<'a> {
    Ambient { now, ids, jitter: dice.share() }
}
