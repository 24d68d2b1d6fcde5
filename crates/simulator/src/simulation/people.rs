//! People and clients: they start runs, answer, cancel, settle unknown outcomes and retry.

use gathering_domain::{Actor, EffectId, MicroUsd, RunId, RunStatus};
use gathering_engine::{
    AwaitRequest, Key, KeyState, LedgerState, Origin, Resolution, RunStarted, SignalReceived,
    TakenOver,
};

use super::{
    Applied, Event, Simulation,
    commit::{CLIENT_PATIENCE, Purpose, taken_over},
    events::Step,
};
use crate::{
    Acknowledged,
    store::{Change, Message, RunRow},
};

/// How often a run that did not succeed is retried.
const MAX_RETRIES: u32 = 2;

/// How many of a thousand retries have another input than their run had.
const OTHER_INPUT: u64 = 200;

impl Simulation<'_> {
    pub(super) fn begin_people(&mut self) {
        for number in 0..self.plan.roots {
            let run_id = RunId::next(&self.ids);
            let delay = self.dice.millis(0, 2_000);
            let number = usize::try_from(number).unwrap_or(0);
            self.starts_open += 1;
            self.after(delay, Event::Person(Step::Start { run_id, number }));
            if self.dice.chance(150) {
                let delay = self.dice.millis(0, 20_000);
                self.after(delay, Event::Person(Step::Cancel { run_id }));
            }
        }
    }

    pub(super) fn person(&mut self, step: Step) {
        let up = (0..self.processes.len()).filter(|place| {
            let process = &self.processes[*place];
            process.up && process.paused_since.is_none()
        });
        let up: Vec<usize> = up.collect();
        if !self.store_up || up.is_empty() {
            let later = self.dice.millis(50, 1_000);
            return self.after(later, Event::Person(step));
        }
        let process = self.dice.pick(&up);
        match step {
            Step::Start { run_id, number } => self.start(process, run_id, number),
            Step::Answer { run_id, key } => self.answer_wait(process, run_id, &key),
            Step::Resolve { effect_id } => self.resolve(process, effect_id),
            Step::Cancel { run_id } => {
                let message = Message::Cancel { actor: Actor::LocalOwner };
                let change = Change::Message { run_id, message };
                self.submit(process, change, Purpose::Person(Step::Cancel { run_id }));
            }
            Step::Retry { run_id } => self.retry(run_id),
        }
    }

    /// What a client learns of what it asked for.
    pub(super) fn answer_person(&mut self, process: usize, step: Step, applied: &Applied) {
        match (step, applied) {
            (Step::Start { run_id, .. }, Applied::Started | Applied::Declined) => {
                self.history.acknowledged.push(Acknowledged::Start(run_id));
                if matches!(applied, Applied::Started) {
                    self.load(process, run_id);
                }
            }
            (_, Applied::Accepted { message }) => {
                self.history.acknowledged.push(Acknowledged::Message(*message));
            }
            (_, _) => {}
        }
    }

    fn start(&mut self, process: usize, run_id: RunId, number: usize) {
        // Whoever was told yes does not ask again.
        let told = self.history.acknowledged.contains(&Acknowledged::Start(run_id));
        if told || self.store.runs.contains_key(&run_id) {
            self.starts_open -= 1;
            return;
        }
        // The same request each time: a client that tries again must not start another run.
        let mut dice = crate::Dice::new(self.plan.programs.wrapping_add(number as u64));
        let spec = self.workload.new_run(&mut dice);
        let mut origin = Origin::root(run_id);
        origin.budgeted = spec.limits.cost.is_some();
        let started = RunStarted {
            machine: spec.machine.to_owned(),
            behaviour: spec.behaviour,
            definition: spec.definition,
            input: spec.input,
            actor: Actor::LocalOwner,
            trigger: "manual".to_owned(),
            limits: spec.limits,
            origin,
        };
        let owner = self.processes[process].instance.filter(|_| self.dice.chance(500));
        let row = Box::new(RunRow::new(run_id, started, Vec::new(), self.now, owner));
        let step = Step::Start { run_id, number };
        let change = Change::Start { row, ledger: Vec::new() };
        self.submit(process, change, Purpose::Person(step.clone()));
        self.after(CLIENT_PATIENCE, Event::Person(step));
    }

    fn answer_wait(&mut self, process: usize, run_id: RunId, key: &Key) {
        let Some(run) = self.store.runs.get(&run_id).filter(|run| run.waits.contains(key)) else {
            return;
        };
        let Some(KeyState::Awaited { request }) = run.state.key(key) else { return };
        let request: AwaitRequest = request.clone();
        let payload = self.workload.answer(&request, &mut self.dice);
        let signal = SignalReceived { key: key.clone(), payload, actor: Actor::LocalOwner };
        let step = Step::Answer { run_id, key: key.clone() };
        let change = Change::Message { run_id, message: Message::Signal(signal) };
        self.submit(process, change, Purpose::Person(step.clone()));
        self.after(CLIENT_PATIENCE, Event::Person(step));
    }

    /// A person looks at the truth, and says it.
    fn resolve(&mut self, process: usize, effect_id: EffectId) {
        let Some(row) = self.store.unknown(effect_id).cloned() else { return };
        let Some(run) = self.store.runs.get(&row.run_id) else { return };
        let (run_id, ended) = (row.run_id, run.status.is_final());
        let asked = matches!(run.state.key(&row.key), Some(KeyState::Unknown { .. }));
        if !ended && !asked {
            return self.after(CLIENT_PATIENCE, Event::Person(Step::Resolve { effect_id }));
        }
        if ended && self.dice.chance(500) {
            // Some ended runs stay as they are until somebody retries them.
            return;
        }
        let resolution = self.truth(effect_id);
        if resolution == Resolution::NotDone {
            self.history.said_not_done.push((self.now, effect_id));
        }
        if ended {
            return self.settle_ended(run_id, effect_id, &row.key, resolution);
        }
        let (key, attempt) = (row.key, row.attempt);
        let message = Message::Resolved { effect_id, key, attempt, resolution };
        let step = Step::Resolve { effect_id };
        self.submit(process, Change::Message { run_id, message }, Purpose::Person(step.clone()));
        self.after(CLIENT_PATIENCE, Event::Person(step));
    }

    fn truth(&mut self, effect_id: EffectId) -> Resolution {
        let never_mind = self.dice.chance(200);
        match self.world.result(effect_id) {
            Some(output) => Resolution::Done(gathering_engine::Payload::clone(output)),
            None if never_mind => Resolution::Failed("nobody needs it any more".to_owned()),
            None => Resolution::NotDone,
        }
    }

    /// The ledger of an ended run takes what a person says; only a retry reads it.
    fn settle_ended(
        &mut self,
        run_id: RunId,
        effect_id: EffectId,
        key: &Key,
        resolution: Resolution,
    ) {
        let state = match resolution {
            Resolution::Done(_) => LedgerState::Done,
            Resolution::NotDone => LedgerState::NotDone,
            Resolution::Failed(_) => LedgerState::Failed,
        };
        if let Some(row) = self.store.ledger.get_mut(&effect_id) {
            row.state = state;
        }
        if let Some(run) = self.store.runs.get_mut(&run_id) {
            run.settled_since.insert(key.clone(), resolution);
        }
    }

    /// A run has ended: a client looks at it, and may want it to be tried again.
    pub(super) fn ended(&mut self, run_id: RunId) {
        let Some(run) = self.store.runs.get(&run_id) else { return };
        if let Some(last) = run.journal.last() {
            self.history.shown.push((run_id, last.clone()));
        }
        let is_root = run.started().origin.parent.is_none();
        let again = run.status != RunStatus::Succeeded && run.retries < MAX_RETRIES;
        if is_root && again && self.dice.chance(400) {
            let delay = self.dice.millis(1, 10_000);
            self.starts_open += 1;
            self.after(delay, Event::Person(Step::Retry { run_id }));
        }
    }

    /// Reads the ended run and starts its retry, in one transaction. A descendant that has not ended
    /// yet may still act under the keys that its own retry would take over, so the retry waits.
    fn retry(&mut self, earlier: RunId) {
        let family = |run: &&RunRow| run.started().origin.root == earlier;
        if self.store.runs.values().filter(family).any(|run| !run.status.is_final()) {
            return self.after(CLIENT_PATIENCE, Event::Person(Step::Retry { run_id: earlier }));
        }
        self.starts_open -= 1;
        let run_id = RunId::next(&self.ids);
        let Some(run) = self.store.runs.get(&earlier) else { return };
        let mut started = run.started().clone();
        if self.dice.chance(OTHER_INPUT) {
            started.input = self.workload.new_run(&mut self.dice).input;
        }
        let Some(taken) = taken_over(self.workload, run, &started.input) else { return };
        let TakenOver { entries, children, left_behind, ledger } = taken;
        if let Some(cost) = &mut started.limits.cost {
            // Whoever retries a run that has spent its budget gives it more.
            *cost += MicroUsd(100);
        }
        "retry".clone_into(&mut started.trigger);
        started.origin.root = run_id;
        started.origin.retry_of = Some(earlier);
        started.origin.retry_children = children;
        started.origin.left_behind = left_behind;
        let mut row = RunRow::new(run_id, started, entries, self.now, None);
        row.retries = run.retries + 1;
        self.apply(Change::Start { row: Box::new(row), ledger });
    }
}
