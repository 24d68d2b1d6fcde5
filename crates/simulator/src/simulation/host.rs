//! Hosting a run: load, drain, step, append, and act once the append is on disk.

use std::collections::BTreeMap;

use gathering_domain::RunId;
use gathering_engine::{Action, Execution, Input, Key, Limit, Resolution, Step};

use super::{
    Event, Simulation, ambient,
    commit::Purpose,
    process::{Flush, Hosted},
};
use crate::{
    Sabotage,
    store::{AppendTx, Change, GrantRequest, Instance, Message},
};

impl Simulation<'_> {
    /// Folds a run that this process owns, and goes on with it.
    pub(super) fn load(&mut self, process: usize, run_id: RunId) {
        let held = &self.processes[process];
        let Some(run) = self.store.runs.get(&run_id) else { return };
        if held.hosted.contains_key(&run_id) || run.owner != held.instance {
            return;
        }
        let machine = self.workload.machine(run.started());
        let journal = run.journal.iter().cloned();
        let Ok(execution) = Execution::replay(run_id, machine, journal) else {
            // Only a store without its fence can hold such a journal; the checkers tell.
            return;
        };
        let mut inputs = Vec::new();
        if run.recoveries > self.plan.recoveries {
            inputs.push((Input::Limit { limit: Limit::Recoveries, key: None }, None));
        }
        self.next_hosting += 1;
        let hosted = Hosted {
            hosting: self.next_hosting,
            execution,
            inputs,
            asked: BTreeMap::new(),
            poked: true,
            seen: run.pokes,
            flushing: None,
            lost: false,
            again: false,
            wake_at: None,
        };
        self.processes[process].hosted.insert(run_id, hosted);
        self.advance(process, run_id);
    }

    pub(super) fn poke(&mut self, instance: Instance, run_id: RunId) {
        let Some(process) =
            self.processes.iter().position(|process| process.instance == Some(instance))
        else {
            return;
        };
        if self.processes[process].paused_since.is_some() {
            return self.processes[process].stash.push(Event::Poke { instance, run_id });
        }
        if let Some(hosted) = self.processes[process].hosted.get_mut(&run_id) {
            hosted.poked = true;
            self.advance(process, run_id);
        }
    }

    pub(super) fn take_in(
        &mut self,
        process: usize,
        run_id: RunId,
        input: Input,
        granted: Option<GrantRequest>,
    ) {
        if let Some(hosted) = self.processes[process].hosted.get_mut(&run_id) {
            hosted.inputs.push((input, granted));
            self.advance(process, run_id);
        } else {
            self.give_back(process, granted);
        }
    }

    /// Takes in what has come, works out the next step and sends it to the disk.
    pub(super) fn advance(&mut self, process: usize, run_id: RunId) {
        let Some(instance) = self.processes[process].instance else { return };
        let Some(hosted) = self.processes[process].hosted.get_mut(&run_id) else { return };
        if hosted.flushing.is_some() {
            hosted.again = true;
            return;
        }
        let env = ambient(self.now, &self.ids, &mut self.dice);
        let mut unused = Vec::new();
        for (input, granted) in std::mem::take(&mut hosted.inputs) {
            if !hosted.execution.input(input, env) {
                unused.extend(granted);
            }
        }
        let mut consumed = Vec::new();
        if hosted.poked
            && self.store_up
            && let Some(run) = self.store.runs.get(&run_id)
        {
            hosted.poked = false;
            hosted.seen = run.pokes;
            for row in &run.inbox {
                hosted.execution.input(to_input(&row.message), env);
                consumed.push(row.id);
            }
        }
        let step = hosted.execution.step(env);
        let seen = hosted.seen;
        if let Some(wake_at) = step.wake_at
            && hosted.wake_at != Some(wake_at)
            && step.parked.is_none()
        {
            hosted.wake_at = Some(wake_at);
            let incarnation = self.processes[process].incarnation;
            let at = wake_at.max(self.now);
            self.queue.push(at, Event::Wake { process, incarnation, run_id });
        }
        if self.trace.is_on() {
            self.trace.step(self.now, process, run_id, &step);
        }
        for request in unused {
            self.give_back(process, Some(request));
        }
        self.send(process, instance, run_id, step, (seen, consumed));
    }

    fn send(
        &mut self,
        process: usize,
        instance: Instance,
        run_id: RunId,
        step: Step,
        (seen, consumed): (u32, Vec<u64>),
    ) {
        if !step.is_durable() && consumed.is_empty() {
            self.act(process, run_id, step.actions);
            return;
        }
        let Step {
            entries,
            children,
            cancelled_children,
            ledger,
            opened,
            closed,
            spend,
            grants,
            wake_at: _,
            parked,
            finished,
            actions,
        } = step;
        if self.dies_here(process) {
            return;
        }
        let flush = Flush {
            actions: Vec::new(),
            children: children.iter().map(|child| child.run_id).collect(),
            parks: parked.is_some(),
            finishes: finished.is_some(),
        };
        let parked = parked.map(|parked| (parked, seen));
        let Some(hosted) = self.processes[process].hosted.get_mut(&run_id) else { return };
        let mut numbered = |keys: Vec<Key>| -> Vec<(Key, u64)> {
            let named = keys.into_iter().map(|key| (hosted.asked.remove(&key).unwrap_or(0), key));
            named.map(|(number, key)| (key, number)).collect()
        };
        let (used, returned) = (numbered(grants.used), numbered(grants.returned));
        let append = AppendTx {
            instance,
            run_id,
            entries,
            children,
            cancelled_children,
            ledger,
            opened,
            closed,
            spend,
            used,
            returned,
            parked,
            finished,
            consumed,
        };
        let Some(hosted) = self.processes[process].hosted.get_mut(&run_id) else { return };
        hosted.flushing = Some(flush);
        let hosting = hosted.hosting;
        if self.sabotage == Sabotage::ActBeforeLog {
            if !self.act(process, run_id, actions) {
                return;
            }
        } else if let Some(flush) = &mut hosted.flushing {
            flush.actions = actions;
        }
        self.append(process, append, hosting);
    }

    /// The step is on disk: acts, and goes on with what came meanwhile.
    pub(super) fn appended(&mut self, process: usize, run_id: RunId, hosting: u64, parked: bool) {
        if self.dies_here(process) {
            return;
        }
        let Some(hosted) = self.processes[process].hosted.get_mut(&run_id) else { return };
        if hosted.hosting != hosting {
            return;
        }
        let Some(flush) = hosted.flushing.take() else { return };
        if hosted.lost {
            return self.forget_and_look(process, run_id, hosting);
        }
        if self.dice.chance(60) {
            let state = hosted.execution.state();
            let length = usize::try_from(state.next_seq()).unwrap_or(usize::MAX);
            self.history.remembered.push((run_id, length, Box::new(state.clone())));
        }
        if !flush.actions.is_empty() && !self.may_act(process) {
            self.processes[process].hosted.remove(&run_id);
            return;
        }
        if !self.act(process, run_id, flush.actions) {
            return;
        }
        if flush.finishes || (flush.parks && parked) {
            let gone = self.processes[process].hosted.remove(&run_id);
            for (_, granted) in gone.into_iter().flat_map(|hosted| hosted.inputs) {
                self.give_back(process, granted);
            }
        } else if let Some(hosted) = self.processes[process].hosted.get_mut(&run_id) {
            hosted.poked |= flush.parks;
            if std::mem::take(&mut hosted.again) || hosted.poked {
                self.advance(process, run_id);
            }
        }
        let incarnation = self.processes[process].incarnation;
        for child in flush.children {
            if self.processes[process].is(incarnation) {
                self.load(process, child);
            }
        }
    }

    /// Performs actions; answers whether the process is still there.
    fn act(&mut self, process: usize, run_id: RunId, actions: Vec<Action>) -> bool {
        if actions.is_empty() {
            return true;
        }
        if !self.may_act(process) {
            self.processes[process].hosted.remove(&run_id);
            return false;
        }
        let Some(hosting) = self.processes[process].hosted.get(&run_id).map(|held| held.hosting)
        else {
            return true;
        };
        for action in actions {
            match action {
                Action::Reserve { key, spend } => {
                    let Some(instance) = self.processes[process].instance else { return false };
                    self.next_question += 1;
                    let number = self.next_question;
                    if let Some(hosted) = self.processes[process].hosted.get_mut(&run_id) {
                        hosted.asked.insert(key.clone(), number);
                    }
                    let request = GrantRequest { instance, run_id, key, number, spend };
                    let purpose = Purpose::Reserve { hosting, request: request.clone() };
                    self.submit(process, Change::Reserve(request), purpose);
                }
                Action::Perform(order) => self.perform(process, run_id, &order),
                Action::Reconcile(order) => self.reconcile(process, run_id, &order),
                // What is dropped may answer all the same; it means nothing any more.
                Action::Drop(_) => {}
            }
            if self.dies_here(process) {
                return false;
            }
        }
        true
    }

    /// Gives back money that was granted for something that nobody wants any more.
    fn give_back(&mut self, process: usize, granted: Option<GrantRequest>) {
        if let Some(request) = granted {
            self.submit(process, Change::GiveBack(request), Purpose::GiveBack);
        }
    }
}

/// An inbox row, as its run's owner takes it in.
fn to_input(message: &Message) -> Input {
    match message {
        Message::Signal(signal) => Input::Signal(signal.clone()),
        Message::Child(child) => Input::Child(child.clone()),
        Message::Cancel { actor } => Input::Cancel { actor: *actor, reason: String::new() },
        Message::Resolved { key, attempt, resolution, .. } => Input::Resolved {
            key: key.clone(),
            attempt: *attempt,
            resolution: Resolution::clone(resolution),
            actor: gathering_domain::Actor::LocalOwner,
        },
    }
}
