//! Applying a transaction: its conditions, its rows, and who is told afterwards.

use gathering_domain::{Actor, RunId, RunStatus, Timestamp};
use gathering_engine::{
    ChildSettled, EntryBody, Finished, LedgerChange, LedgerState, NewChild, Next, RunStarted,
};

use super::{
    AppendTx, Applied, Change, InboxRow, Instance, LedgerRow, Message, Notice, RunRow, Store,
};
use crate::{Append, History};

/// What a transaction is applied to, and what it leads to.
pub(crate) struct Applying<'a> {
    pub(crate) now: Timestamp,
    pub(crate) history: &'a mut History,
    pub(crate) notices: &'a mut Vec<Notice>,
    /// Makes a retried child of its earlier run, which only the workload's machines can.
    pub(crate) retry_child: &'a mut dyn FnMut(&RunRow, &NewChild) -> Option<RetriedChild>,
}

/// What a retried child begins with.
pub(crate) struct RetriedChild {
    pub(crate) taken: gathering_engine::TakenOver,
    pub(crate) retries: u32,
}

impl Store {
    pub(crate) fn apply(&mut self, change: Change, to: &mut Applying<'_>) -> Applied {
        match change {
            Change::Start { row, ledger } => self.start(*row, ledger, to),
            Change::Append(append) => self.append(*append, to),
            Change::Reserve(request) => self.reserve(request),
            Change::GiveBack(request) => self.give_back(&request),
            Change::Claim { instance, room } => {
                if !self.is_alive(instance) {
                    return Applied::Fenced;
                }
                Applied::Claimed(self.claim(instance, room, to.now))
            }
            Change::Message { run_id, message } => match self.send(run_id, message, to) {
                Some(message) => Applied::Accepted { message },
                None => Applied::Declined,
            },
        }
    }

    fn start(&mut self, row: RunRow, ledger: Vec<LedgerChange>, to: &mut Applying<'_>) -> Applied {
        if row.owner.is_some_and(|owner| !self.may_write(owner)) {
            return Applied::Fenced;
        }
        if self.runs.contains_key(&row.id) {
            return Applied::Declined;
        }
        if row.owner.is_none() {
            to.notices.push(Notice::Claimable { at: to.now });
        }
        for change in ledger {
            self.note(row.id, change, to);
        }
        self.runs.insert(row.id, row);
        Applied::Started
    }

    fn append(&mut self, tx: AppendTx, to: &mut Applying<'_>) -> Applied {
        let alive = self.is_alive(tx.instance);
        if !self.may_write(tx.instance) {
            return Applied::Fenced;
        }
        let Some(run) = self.runs.get_mut(&tx.run_id) else { return Applied::Declined };
        if !run.has_grants(&tx.used) {
            return Applied::Declined;
        }
        let owner = run.owner == Some(tx.instance);
        let (at, run_id, instance) = (to.now, tx.run_id, tx.instance);
        to.history.appends.push(Append { at, run_id, instance, alive, owner });

        if tx.entries.iter().any(|entry| is_progress(&entry.body)) {
            run.recoveries = 0;
        }
        for entry in tx.entries {
            run.append(entry);
        }
        run.inbox.retain(|row| !tx.consumed.contains(&row.id));
        run.consumed.extend(&tx.consumed);
        for (key, _) in tx.closed {
            run.waits.remove(&key);
        }
        for (key, _) in tx.opened {
            to.notices.push(Notice::Opened { run_id, key: key.clone() });
            run.waits.insert(key);
        }
        close_answered(run);
        let parked = tx.parked.is_some_and(|(_, seen)| run.pokes == seen);
        if let Some((park, _)) = tx.parked
            && parked
        {
            run.status = RunStatus::Waiting;
            run.owner = None;
            run.wake_at = park.wake_at;
            if let Some(at) = park.wake_at {
                to.notices.push(Notice::Claimable { at });
            }
        }
        for change in tx.ledger {
            self.note(run_id, change, to);
        }
        if let Some(spend) = tx.spend {
            self.book(&spend);
        }
        self.settle_grants(run_id, &tx.used, &tx.returned);
        for child in tx.children {
            self.create_child(child, instance, to);
        }
        for child in tx.cancelled_children {
            self.send(child, Message::Cancel { actor: Actor::System }, to);
        }
        if let Some(finished) = tx.finished {
            self.finish(run_id, finished, to);
        }
        Applied::Appended { parked }
    }

    fn note(&mut self, run_id: RunId, change: LedgerChange, to: &mut Applying<'_>) {
        let LedgerChange { effect_id, key, kind, attempt, state } = change;
        if state == LedgerState::Unknown {
            to.notices.push(Notice::Unknown { effect_id });
        }
        self.ledger.insert(effect_id, LedgerRow { run_id, key, kind, attempt, state });
    }

    fn create_child(&mut self, child: NewChild, owner: Instance, to: &mut Applying<'_>) {
        let earlier = child.origin.retry_of.and_then(|run_id| self.runs.get(&run_id));
        let retried = earlier.and_then(|earlier| (to.retry_child)(earlier, &child));
        let NewChild { run_id, spec, mut origin } = child;
        let (mut entries, mut retries) = (Vec::new(), 0);
        if let Some(retried) = retried {
            origin.retry_children = retried.taken.children;
            origin.left_behind = retried.taken.left_behind;
            entries = retried.taken.entries;
            retries = retried.retries;
            for change in retried.taken.ledger {
                self.note(run_id, change, to);
            }
        }
        let started = RunStarted {
            machine: spec.machine.to_owned(),
            behaviour: spec.behaviour,
            definition: spec.definition,
            input: spec.input,
            actor: Actor::System,
            trigger: "parent".to_owned(),
            limits: spec.limits,
            origin,
        };
        let mut row = RunRow::new(run_id, started, entries, to.now, Some(owner));
        row.retries = retries;
        self.runs.insert(run_id, row);
    }

    fn finish(&mut self, run_id: RunId, finished: Finished, to: &mut Applying<'_>) {
        let Finished { outcome, parent } = finished;
        if let Some(run) = self.runs.get_mut(&run_id) {
            run.status = outcome.status;
            run.outcome = Some(outcome.clone());
            run.owner = None;
            run.wake_at = None;
            run.waits.clear();
        }
        self.return_all_grants(run_id);
        to.notices.push(Notice::Ended { run_id });
        if let Some(parent) = parent {
            let settled = ChildSettled { key: parent.key, run_id, outcome };
            self.send(parent.run_id, Message::Child(settled), to);
        }
    }

    /// Puts a message into an inbox, once; an ended run takes none.
    fn send(&mut self, run_id: RunId, message: Message, to: &mut Applying<'_>) -> Option<u64> {
        let run = self.runs.get_mut(&run_id)?;
        if run.status.is_final() || run.inbox.iter().any(|row| is_same(&row.message, &message)) {
            return None;
        }
        self.next_message += 1;
        run.inbox.push(InboxRow { id: self.next_message, message });
        run.pokes += 1;
        to.notices.push(match run.owner {
            Some(instance) => Notice::Poke { instance, run_id },
            None => Notice::Claimable { at: to.now },
        });
        Some(self.next_message)
    }
}

/// Closes waits that the last entries have answered.
fn close_answered(run: &mut RunRow) {
    let state = &run.state;
    run.waits.retain(|key| {
        matches!(state.key(key), Some(gathering_engine::KeyState::Awaited { .. }) | None)
    });
}

/// Whether a run that writes this is not merely failing over and over.
fn is_progress(body: &EntryBody) -> bool {
    match body {
        EntryBody::EffectAttempted(_) => false,
        EntryBody::AttemptFailed(failed) => {
            !matches!(failed.next, Next::Ask | Next::Reconcile | Next::ReconcileLater { .. })
        }
        _ => true,
    }
}

/// Whether two messages say the same thing, so that the second is not taken.
fn is_same(one: &Message, other: &Message) -> bool {
    match (one, other) {
        (Message::Signal(one), Message::Signal(other)) => one.key == other.key,
        (Message::Child(one), Message::Child(other)) => one.key == other.key,
        (Message::Cancel { .. }, Message::Cancel { .. }) => true,
        (
            Message::Resolved { effect_id: one, attempt: first, .. },
            Message::Resolved { effect_id: other, attempt: second, .. },
        ) => (one, first) == (other, second),
        _ => false,
    }
}
