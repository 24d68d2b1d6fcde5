//! Transactions on their way to the disk and back.

use std::collections::HashMap;

use gathering_domain::{Duration, RunId};
use gathering_engine::{Execution, NewChild, OnCost, Reservation};
use serde_json::Value;

use super::{
    Applied, Event, Notice, Simulation,
    events::{Answer, Step},
};
use crate::{
    Acknowledged, Sabotage, Workload,
    store::{AppendTx, Applying, Change, GrantRequest, RetriedChild, RunRow},
};

/// A transaction that is not on disk yet.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) change: Change,
    pub(super) from: From,
}

/// Who waits for the answer.
#[derive(Debug)]
pub(super) struct From {
    pub(super) process: usize,
    pub(super) incarnation: u32,
    pub(super) purpose: Purpose,
}

/// What a transaction is for.
#[derive(Debug)]
pub(super) enum Purpose {
    Step { run_id: RunId, hosting: u64 },
    Reserve { hosting: u64, request: GrantRequest },
    GiveBack,
    Claim,
    Person(Step),
}

impl Simulation<'_> {
    /// Sends a transaction to the store.
    pub(super) fn submit(&mut self, process: usize, change: Change, purpose: Purpose) {
        let incarnation = self.processes[process].incarnation;
        let from = From { process, incarnation, purpose };
        if !self.store_up {
            return self.lose(from);
        }
        if self.sabotage == Sabotage::AcknowledgeBeforeCommit
            && let Purpose::Person(Step::Start { run_id, .. }) = from.purpose
        {
            self.history.acknowledged.push(Acknowledged::Start(run_id));
        }
        self.next_tx += 1;
        self.pending.insert(self.next_tx, Pending { change, from });
        let delay = if self.strikes(self.plan.hangs) {
            self.dice.millis(500, 8_000)
        } else {
            self.dice.millis(0, 3)
        };
        self.after(delay, Event::Commit(self.next_tx));
    }

    pub(super) fn send_claim(&mut self, process: usize, room: usize) {
        if let Some(instance) = self.processes[process].instance {
            self.submit(process, Change::Claim { instance, room }, Purpose::Claim);
        }
    }

    pub(super) fn commit(&mut self, tx: u64) {
        // What a crash of the store has swept away is not there any more.
        let Some(Pending { change, from }) = self.pending.remove(&tx) else { return };
        let appended = match &change {
            Change::Append(append) => Some(append.run_id),
            _ => None,
        };
        let applied = self.apply(change);
        if let Some(run_id) = appended
            && self.dice.chance(200)
            && let Some(run) = self.store.runs.get(&run_id)
            && let Some(entry) = run.journal.last()
        {
            self.history.shown.push((run_id, entry.clone()));
        }
        let dies = matches!(from.purpose, Purpose::Step { .. }) && self.dies_here(from.process);
        if !dies {
            let delay = self.dice.millis(0, 1);
            let answer = Answer { from, store_epoch: self.store_epoch, applied };
            self.after(delay, Event::Answered { tx: Box::new(answer) });
        }
    }

    /// Applies a transaction at once and tells who should know.
    pub(super) fn apply(&mut self, change: Change) -> Applied {
        let mut notices = Vec::new();
        let workload = self.workload;
        let applied = self.store.apply(
            change,
            &mut Applying {
                now: self.now,
                history: &mut self.history,
                notices: &mut notices,
                retry_child: &mut |earlier, child| retry_child(workload, earlier, child),
            },
        );
        self.tell(notices);
        applied
    }

    pub(super) fn answered(&mut self, answer: Answer) {
        let Answer { from, store_epoch, applied } = answer;
        if store_epoch != self.store_epoch {
            return self.lose(from);
        }
        let From { process, incarnation, purpose } = from;
        if !self.processes[process].is(incarnation) {
            return;
        }
        if matches!(applied, Applied::Fenced) && !matches!(purpose, Purpose::Person(_)) {
            return self.reconsider(process);
        }
        match (purpose, applied) {
            (Purpose::Step { run_id, hosting }, Applied::Appended { parked }) => {
                self.appended(process, run_id, hosting, parked);
            }
            (Purpose::Reserve { request, .. }, Applied::Reserved { granted }) => {
                let (run_id, key) = (request.run_id, request.key.clone());
                let refused = Reservation::Refused(OnCost::Fail);
                let answer = if granted { Reservation::Granted } else { refused };
                let input = gathering_engine::Input::Reserved { key, answer };
                self.take_in(process, run_id, input, granted.then_some(request));
            }
            (Purpose::Claim, Applied::Claimed(runs)) => {
                for run_id in runs {
                    if self.processes[process].is(incarnation) {
                        self.load(process, run_id);
                    }
                }
            }
            (Purpose::Person(step), applied) => self.answer_person(process, step, &applied),
            // Money that cannot be given back now goes back with the run's end; a step of a run that is not in the
            // store (which only a store that lies can lose) is dropped with its run.
            (Purpose::Step { run_id, hosting }, _) => self.forget(process, run_id, hosting),
            (Purpose::GiveBack | Purpose::Claim | Purpose::Reserve { .. }, _) => {}
        }
    }

    /// What a process does when it cannot know whether its transaction is on disk: it forgets the
    /// run, and reads it anew when the store is there again.
    pub(super) fn lose(&mut self, from: From) {
        let From { process, incarnation, purpose } = from;
        if !self.processes[process].is(incarnation) {
            return;
        }
        let of = match &purpose {
            Purpose::Step { run_id, hosting } => Some((*run_id, *hosting)),
            Purpose::Reserve { hosting, request } => Some((request.run_id, *hosting)),
            Purpose::GiveBack | Purpose::Claim | Purpose::Person(_) => None,
        };
        if let Some((run_id, hosting)) = of {
            let held = self.processes[process].hosted.get_mut(&run_id);
            let held = held.filter(|held| held.hosting == hosting && held.flushing.is_some());
            match (purpose, held) {
                (Purpose::Reserve { .. }, Some(held)) => held.lost = true,
                _ => self.forget_and_look(process, run_id, hosting),
            }
        }
    }

    /// Drops a run from memory, to read it anew a little later.
    pub(super) fn forget_and_look(&mut self, process: usize, run_id: RunId, hosting: u64) {
        self.forget(process, run_id, hosting);
        let incarnation = self.processes[process].incarnation;
        let later = self.dice.millis(10, 200);
        self.after(later, Event::Poll { process, incarnation, again: false });
    }

    /// Tells who should know, unless the message is lost on its way.
    pub(super) fn tell(&mut self, notices: Vec<Notice>) {
        for notice in notices {
            let drops = match self.sabotage {
                Sabotage::DropNotification => self.dice.chance(self.plan.drops),
                _ => self.strikes(self.plan.drops),
            };
            let delay = self.dice.millis(0, 2);
            match notice {
                Notice::Poke { instance, run_id } if !drops => {
                    self.after(delay, Event::Poke { instance, run_id });
                }
                Notice::Claimable { at } if !drops => {
                    let process = self.dice.index(self.processes.len());
                    let incarnation = self.processes[process].incarnation;
                    let at = at.max(self.now) + delay;
                    self.queue.push(at, Event::Poll { process, incarnation, again: false });
                }
                Notice::Poke { .. } | Notice::Claimable { .. } => {}
                Notice::Opened { run_id, key } => {
                    let delay = self.dice.millis(1, 15_000);
                    self.after(delay, Event::Person(Step::Answer { run_id, key }));
                }
                Notice::Unknown { effect_id } => {
                    let delay = self.dice.millis(1, 20_000);
                    self.after(delay, Event::Person(Step::Resolve { effect_id }));
                }
                Notice::Ended { run_id } => self.ended(run_id),
            }
        }
    }

    pub(super) fn append(&mut self, process: usize, append: AppendTx, hosting: u64) {
        let purpose = Purpose::Step { run_id: append.run_id, hosting };
        self.submit(process, Change::Append(Box::new(append)), purpose);
    }

    /// Drops a run from memory, unless it was loaded anew since.
    fn forget(&mut self, process: usize, run_id: RunId, hosting: u64) {
        let hosted = &mut self.processes[process].hosted;
        if hosted.get(&run_id).is_some_and(|hosted| hosted.hosting == hosting) {
            hosted.remove(&run_id);
        }
    }
}

/// A retried child begins with what its earlier run has settled.
fn retry_child(
    workload: &dyn Workload,
    earlier: &RunRow,
    child: &NewChild,
) -> Option<RetriedChild> {
    let taken = taken_over(workload, earlier, &child.spec.input)?;
    debug_assert_eq!(child.origin.retry_of, Some(earlier.id));
    Some(RetriedChild { taken, retries: earlier.retries + 1 })
}

/// What a retry of an ended run with this input takes over.
pub(super) fn taken_over(
    workload: &dyn Workload,
    earlier: &RunRow,
    input: &Value,
) -> Option<gathering_engine::TakenOver> {
    let machine = workload.machine(earlier.started());
    let execution = Execution::replay(earlier.id, machine, earlier.journal.iter().cloned()).ok()?;
    let said: HashMap<_, _> = earlier.settled_since.clone();
    Some(execution.taken_over(&earlier.journal, &said, input))
}

/// How long a client waits before it tries again.
pub(super) const CLIENT_PATIENCE: Duration = Duration::from_secs(2);
