//! A process of the server: what it holds in memory, and its registration.

use std::collections::BTreeMap;

use gathering_domain::{RunId, Timestamp};
use gathering_engine::{Action, Execution, Input, Key};

use super::{Event, Simulation};
use crate::store::{GrantRequest, Instance};

/// One process, up or down.
#[derive(Default)]
pub(super) struct Process {
    pub(super) up: bool,
    /// How often it has started; what was meant for an earlier life does not reach it.
    pub(super) incarnation: u32,
    pub(super) instance: Option<Instance>,
    pub(super) paused_since: Option<Timestamp>,
    /// What arrived while it was paused.
    pub(super) stash: Vec<Event>,
    /// Whether it was silent for so long that others may have taken over.
    pub(super) suspect: bool,
    pub(super) hosted: BTreeMap<RunId, Hosted>,
}

/// A run in the memory of a process.
pub(super) struct Hosted {
    /// Tells apart the times at which a run was loaded.
    pub(super) hosting: u64,
    pub(super) execution: Execution,
    /// What has come and is not taken in yet; with the question that was granted, if it was.
    pub(super) inputs: Vec<(Input, Option<GrantRequest>)>,
    /// The last question for each effect that is to cost something and is not in the journal yet.
    pub(super) asked: BTreeMap<Key, u64>,
    /// Whether the inbox must be read.
    pub(super) poked: bool,
    /// How often the inbox had been written to when it was read last.
    pub(super) seen: u32,
    pub(super) flushing: Option<Flush>,
    /// Whether a reservation was lost while a step was on its way: the run is forgotten once that step
    /// is answered, since nobody reads a run anew that has an append on its way.
    pub(super) lost: bool,
    /// Whether something came up while a step was on its way to the disk.
    pub(super) again: bool,
    pub(super) wake_at: Option<Timestamp>,
}

/// A step on its way to the disk.
pub(super) struct Flush {
    pub(super) actions: Vec<Action>,
    pub(super) children: Vec<RunId>,
    pub(super) parks: bool,
    pub(super) finishes: bool,
}

impl Process {
    /// Whether it runs, in that life.
    pub(super) const fn is(&self, incarnation: u32) -> bool {
        self.up && self.incarnation == incarnation
    }

    pub(super) fn begin(&mut self, instance: Instance) {
        self.up = true;
        self.suspect = false;
        self.instance = Some(instance);
    }

    pub(super) fn die(&mut self) -> Option<Instance> {
        self.up = false;
        self.incarnation += 1;
        self.paused_since = None;
        self.stash.clear();
        self.hosted.clear();
        self.instance.take()
    }
}

impl Simulation<'_> {
    /// Finds out whether this process still counts as alive, after a silence or a refusal.
    pub(super) fn reconsider(&mut self, process: usize) {
        if !self.store_up {
            let incarnation = self.processes[process].incarnation;
            let later = self.dice.millis(50, 500);
            return self.after(later, Event::Beat { process, incarnation });
        }
        let held = &mut self.processes[process];
        held.suspect = false;
        if held.instance.is_none_or(|instance| !self.store.is_alive(instance)) {
            held.hosted.clear();
            held.instance = Some(self.store.register());
            self.poll(process, false);
        }
    }

    /// Whether this process may act on the world. After a silence it must find out first: another
    /// instance may have taken its runs over, and asked the targets or people meanwhile.
    pub(super) fn may_act(&mut self, process: usize) -> bool {
        if !self.processes[process].suspect {
            return true;
        }
        let before = self.processes[process].instance;
        self.reconsider(process);
        !self.processes[process].suspect && self.processes[process].instance == before
    }

    /// Looks for work: runs that it owns and does not know, unread inboxes, runs to claim.
    pub(super) fn poll(&mut self, process: usize, again: bool) {
        let incarnation = self.processes[process].incarnation;
        if again && self.polls() && (self.store.has_unfinished() || self.starts_open > 0) {
            let later = self.dice.millis(1_000, 5_000);
            self.after(later, Event::Poll { process, incarnation, again });
        }
        if !self.store_up {
            return;
        }
        if self.processes[process].suspect {
            return self.reconsider(process);
        }
        let Some(instance) = self.processes[process].instance else { return };
        let hosted = &self.processes[process].hosted;
        let mut look = Vec::new();
        let mut room = self.plan.room.saturating_sub(hosted.len());
        let mut claimable = false;
        for (id, run) in &self.store.runs {
            if run.owner == Some(instance) {
                match hosted.get(id) {
                    Some(known) if known.seen == run.pokes => {}
                    _ => look.push(*id),
                }
            }
            claimable |= run.is_claimable(self.now);
        }
        for run_id in look {
            if !self.processes[process].is(incarnation) {
                return;
            }
            if let Some(known) = self.processes[process].hosted.get_mut(&run_id) {
                known.poked = true;
                self.advance(process, run_id);
            } else {
                self.load(process, run_id);
            }
        }
        if !self.processes[process].is(incarnation) {
            return;
        }
        room = room.min(self.plan.room.saturating_sub(self.processes[process].hosted.len()));
        if claimable && room > 0 {
            self.send_claim(process, room);
        }
    }

    /// Whether processes look for work from time to time without being told.
    fn polls(&self) -> bool {
        self.sabotage != crate::Sabotage::DropNotification
    }
}
