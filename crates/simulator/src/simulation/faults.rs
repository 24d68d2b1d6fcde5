//! The plan of faults that a seed gives, and the faults themselves.

use gathering_domain::{Duration, Timestamp};

use super::{Event, Simulation};
use crate::{
    Dice, Sabotage,
    store::{Instance, Store},
};

/// How long an instance must be silent to be taken over.
pub(super) const SILENCE: Duration = Duration::from_secs(4);

/// How long after its last beat an instance may still act on the world.
pub(super) const LEASE: Duration = Duration::from_secs(3);

/// The most processes that die at a boundary in one simulation.
const MAX_BOUNDARY_KILLS: u32 = 12;

/// What goes wrong, and how often.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) processes: usize,
    /// When faults stop. The world and people stay as they are.
    pub(super) calm_at: Timestamp,
    /// Per mille of append boundaries at which a process dies.
    pub(super) boundary_kills: u64,
    pub(super) kills: u64,
    pub(super) pauses: u64,
    pub(super) store_crashes: u64,
    /// Per mille of notices that never arrive.
    pub(super) drops: u64,
    /// Per mille of commits that hang.
    pub(super) hangs: u64,
    /// Per mille of attempts that do not simply go well.
    pub(super) trouble: u64,
    /// Per mille of answers that come twice.
    pub(super) duplicates: u64,
    /// The longest that an attempt usually takes, in milliseconds.
    pub(super) slowness: u64,
    /// How often a run may be recovered without progress.
    pub(super) recoveries: u32,
    pub(super) roots: u64,
    /// What the runs that clients start are drawn from.
    pub(super) programs: u64,
    pub(super) room: usize,
}

impl Plan {
    pub(super) fn new(dice: &mut Dice, sabotage: Sabotage) -> Self {
        let faulty = dice.chance(900);
        let often = |dice: &mut Dice, rates: &[u64]| if faulty { dice.pick(rates) } else { 0 };
        let calm_at = Timestamp::from_micros(1_000_000_000) + dice.millis(500, 20_000);
        Self {
            processes: dice.pick(&[1, 2, 2, 3]),
            calm_at,
            boundary_kills: often(dice, &[0, 5, 30, 30, 150]),
            kills: often(dice, &[0, 0, 1, 2]),
            pauses: match sabotage {
                Sabotage::SkipFence => 3,
                _ => often(dice, &[0, 0, 1, 2]),
            },
            store_crashes: match sabotage {
                Sabotage::SkipSync | Sabotage::AcknowledgeBeforeCommit => 3,
                _ => often(dice, &[0, 0, 0, 1, 2]),
            },
            drops: match sabotage {
                Sabotage::DropNotification => 300,
                _ => often(dice, &[0, 0, 200, 1_000]),
            },
            hangs: match sabotage {
                Sabotage::SkipFence | Sabotage::AcknowledgeBeforeCommit => 100,
                _ => often(dice, &[0, 0, 10, 50]),
            },
            trouble: dice.pick(&[0, 100, 250, 600]),
            duplicates: dice.pick(&[0, 0, 100, 400]),
            slowness: dice.pick(&[5, 50, 2_000]),
            recoveries: dice.pick(&[1, 10, 10, 10]),
            roots: 1 + dice.below(2),
            programs: dice.number(),
            room: dice.pick(&[1, 3, 100]),
        }
    }
}

impl Simulation<'_> {
    /// Schedules everything that a seed begins with.
    pub(super) fn begin(&mut self) {
        for process in 0..self.processes.len() {
            self.queue.push(self.now, Event::Restart { process });
        }
        self.begin_people();
        let now = self.now;
        let span = self.plan.calm_at.since(now).millis();
        for _ in 0..self.plan.kills {
            let at = self.dice.millis(0, span);
            let process = self.dice.index(self.processes.len());
            self.queue.push(now + at, Event::Kill { process });
        }
        for _ in 0..self.plan.pauses {
            let at = self.dice.millis(0, span);
            let process = self.dice.index(self.processes.len());
            let length = self.dice.millis(100, 9_000);
            self.queue.push(now + at, Event::Pause { process, length });
        }
        for _ in 0..self.plan.store_crashes {
            let at = self.dice.millis(0, span);
            let outage = self.dice.millis(1, 2_000);
            self.queue.push(now + at, Event::StoreCrash { outage });
        }
        if self.synced.is_some() {
            self.queue.push(now, Event::LateSync);
        }
    }

    pub(super) fn handle(&mut self, event: Event) {
        if let Some(process) = event.process()
            && self.processes[process].paused_since.is_some()
        {
            return self.processes[process].stash.push(event);
        }
        if self.trace.is_on() {
            self.trace.event(self.now, &event);
        }
        match event {
            Event::Commit(tx) => self.commit(tx),
            Event::Answered { tx } => self.answered(*tx),
            Event::Input { process, incarnation, run_id, input } => {
                if self.processes[process].is(incarnation) {
                    self.take_in(process, run_id, *input, None);
                }
            }
            Event::Wake { process, incarnation, run_id } => {
                if self.processes[process].is(incarnation) {
                    self.advance(process, run_id);
                }
            }
            Event::Poke { instance, run_id } => self.poke(instance, run_id),
            Event::Poll { process, incarnation, again } => {
                if self.processes[process].is(incarnation) {
                    self.poll(process, again);
                }
            }
            Event::Beat { process, incarnation } => {
                if self.processes[process].is(incarnation) {
                    self.reconsider(process);
                }
            }
            Event::Kill { process } => self.kill(process),
            Event::Restart { process } => self.restart(process),
            Event::Pause { process, length } => self.pause(process, length),
            Event::Resume { process, incarnation } => {
                if self.processes[process].is(incarnation) {
                    self.resume(process);
                }
            }
            Event::TakeOver { instance } => self.take_over(instance),
            Event::StoreCrash { outage } => self.crash_store(outage),
            Event::StoreBack => self.store_back(),
            Event::LateSync => self.late_sync(),
            Event::Person(step) => self.person(step),
        }
    }

    /// Kills a process at a boundary, if the plan strikes; answers whether it did.
    pub(super) fn dies_here(&mut self, process: usize) -> bool {
        if self.kills >= MAX_BOUNDARY_KILLS || !self.strikes(self.plan.boundary_kills) {
            return false;
        }
        self.kill(process);
        true
    }

    pub(super) fn kill(&mut self, process: usize) {
        if !self.processes[process].up {
            return;
        }
        self.trace.say(self.now, || format!("process {process} dies"));
        self.kills += 1;
        let instance = self.processes[process].die();
        // Neighbours see a dead process at once, mostly; silence tells in the end.
        let noticed = if self.dice.chance(800) { self.dice.millis(1, 300) } else { SILENCE };
        if let Some(instance) = instance {
            self.after(noticed, Event::TakeOver { instance });
        }
        let down = self.dice.millis(10, 6_000);
        self.after(down, Event::Restart { process });
    }

    fn restart(&mut self, process: usize) {
        if self.processes[process].up {
            return;
        }
        if !self.store_up {
            let later = self.dice.millis(50, 500);
            return self.after(later, Event::Restart { process });
        }
        let instance = self.store.register();
        self.processes[process].begin(instance);
        let incarnation = self.processes[process].incarnation;
        let soon = self.dice.millis(0, 20);
        self.after(soon, Event::Poll { process, incarnation, again: true });
    }

    fn pause(&mut self, process: usize, length: Duration) {
        let now = self.now;
        let paused = &mut self.processes[process];
        if !paused.up || paused.paused_since.is_some() {
            return;
        }
        paused.paused_since = Some(now);
        let (incarnation, instance) = (paused.incarnation, paused.instance);
        self.after(length, Event::Resume { process, incarnation });
        if let Some(instance) = instance {
            let late = self.dice.millis(0, 500);
            self.queue.push(now + SILENCE + late, Event::TakeOver { instance });
        }
    }

    fn resume(&mut self, process: usize) {
        let now = self.now;
        let resumed = &mut self.processes[process];
        let Some(since) = resumed.paused_since.take() else { return };
        resumed.suspect |= now.since(since) >= LEASE;
        let incarnation = self.processes[process].incarnation;
        for event in std::mem::take(&mut self.processes[process].stash) {
            let soon = self.dice.millis(0, 2);
            self.after(soon, event);
        }
        let soon = self.dice.millis(0, 1_000);
        self.after(soon, Event::Beat { process, incarnation });
    }

    /// What others do when an instance seems gone: it is, or it has been silent for too long.
    fn take_over(&mut self, instance: Instance) {
        if !self.store_up || !self.processes.iter().any(|process| process.up) {
            let later = self.dice.millis(50, 500);
            return self.after(later, Event::TakeOver { instance });
        }
        let holder = self.processes.iter().find(|process| process.instance == Some(instance));
        let is_silent = holder.is_none_or(|holder| {
            holder.paused_since.is_some_and(|since| self.now.since(since) >= SILENCE)
        });
        if is_silent && self.store.is_alive(instance) {
            self.trace.say(self.now, || format!("instance {instance} is taken over"));
            let notices = self.store.take_over(instance, self.now);
            self.tell(notices);
        }
    }

    fn crash_store(&mut self, outage: Duration) {
        if !self.store_up {
            return;
        }
        self.store_up = false;
        self.store_epoch += 1;
        if let Some(synced) = &self.synced {
            // Numbers of messages are not given twice, so that a lost one can be told.
            let next_message = self.store.next_message;
            self.store = Store { next_message, ..synced.clone() };
        }
        let lost = std::mem::take(&mut self.pending);
        for pending in lost.into_values() {
            self.lose(pending.from);
        }
        self.after(outage, Event::StoreBack);
    }

    fn store_back(&mut self) {
        self.store_up = true;
        for process in 0..self.processes.len() {
            let incarnation = self.processes[process].incarnation;
            let soon = self.dice.millis(0, 100);
            self.after(soon, Event::Poll { process, incarnation, again: false });
        }
    }

    fn late_sync(&mut self) {
        if self.store_up {
            self.synced = Some(self.store.clone());
        }
        if self.is_faulty() {
            let later = self.dice.millis(20, 400);
            self.after(later, Event::LateSync);
        }
    }
}
