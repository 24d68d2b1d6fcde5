//! Retrying an ended run: which of its entries a new run takes over.

use std::collections::{BTreeMap, HashMap};

use gathering_domain::{Failure, RunId, Timestamp, Usage};
use serde_json::Value;

use super::{
    Execution, LedgerChange, LedgerState, Resolution, answer::ask_whom, attempt::ATTEMPT_LOST,
};
use crate::{AttemptFailed, EffectAttempted, EffectSettled, Entry, EntryBody, Key, KeyState, Next};

/// What a retry of a run begins with.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TakenOver {
    /// Entries that follow the new run's `run_started`, with their first times.
    pub entries: Vec<(Timestamp, EntryBody)>,
    /// Child runs that ended badly or not at all; they are retried when their keys come up.
    pub children: BTreeMap<Key, RunId>,
    /// Attempts that have happened and whose results are not taken over.
    pub left_behind: BTreeMap<Key, EffectAttempted>,
    /// Attempts whose outcome nobody has told yet. They belong to the new run from now on: it asks
    /// for their outcome before it passes them.
    pub ledger: Vec<LedgerChange>,
}

impl Execution {
    /// Selects what a retry with this `input` takes over from this ended run, given its whole journal
    /// and what people said since of attempts whose outcome was unknown. Results that came of another
    /// input are left behind. Usage stays with the run that paid for it.
    pub fn taken_over(
        &self,
        journal: &[Entry],
        settled_since: &HashMap<Key, Resolution>,
        input: &Value,
    ) -> TakenOver {
        let is_same = self.state.started().is_some_and(|started| *started.input == *input);
        let mut taken = TakenOver {
            children: self.earlier_children(),
            left_behind: self.left_behind_earlier(journal),
            ..TakenOver::default()
        };
        let mut unknown = BTreeMap::new();
        for entry in journal {
            let Some(key) = entry.body.key() else { continue };
            let settled_well = self.is_settled_well(key);
            let well = settled_well && is_same && self.machine.carries(key);
            if let EntryBody::ChildStarted(child) = &entry.body
                && !well
            {
                taken.children.insert(key.clone(), child.run_id);
            }
            if well && let Some(body) = carried(&entry.body, unknown.get(key)) {
                taken.entries.push((entry.at, body));
            }
            note_unknown(&mut unknown, entry, settled_well && !well);
        }
        let last = journal.last().map(|entry| entry.at).unwrap_or_default();
        let said: BTreeMap<_, _> = settled_since.iter().collect();
        for (key, resolution) in said {
            let attempted = unknown.remove(key);
            if self.is_settled_well(key) {
                continue;
            }
            // It was said of what came of the earlier input.
            if let Some(attempted) = attempted.as_ref().filter(|_| !is_same)
                && resolution.settlement().is_some()
            {
                taken.left_behind.insert(key.clone(), attempted.clone());
            } else if let Some(result) = resolution.settlement() {
                let settled = EffectSettled {
                    key: key.clone(),
                    attempt: 0,
                    result,
                    usage: Usage::default(),
                    settled_by: None,
                    earlier_attempt: attempted.map(Box::new),
                };
                taken.entries.push((last, EntryBody::EffectSettled(settled)));
            }
        }
        for (key, attempted) in unknown {
            if self.is_settled_well(&key) || !is_same {
                taken.left_behind.insert(key, attempted);
            } else {
                carry_unknown(&attempted, last, &mut taken);
            }
        }
        taken
    }

    /// The child runs that this run was to retry and did not come to.
    fn earlier_children(&self) -> BTreeMap<Key, RunId> {
        let earlier = self.state.started().map(|started| started.origin.retry_children.clone());
        let mut earlier = earlier.unwrap_or_default();
        earlier.retain(|key, _| !self.is_settled_well(key));
        earlier
    }

    /// What an earlier run left behind and this one did not ask about, because it did not come to it or
    /// was at a limit by then.
    fn left_behind_earlier(&self, journal: &[Entry]) -> BTreeMap<Key, EffectAttempted> {
        let earlier = self.state.started().map(|started| started.origin.left_behind.clone());
        let mut earlier = earlier.unwrap_or_default();
        for entry in journal {
            if let EntryBody::EffectAttempted(attempted) = &entry.body {
                earlier.remove(&attempted.key);
            }
        }
        earlier
    }

    fn is_settled_well(&self, key: &Key) -> bool {
        matches!(self.state.key(key), Some(KeyState::Settled { well: true }))
    }
}

/// Lets the new run begin with an outcome that is still unknown.
fn carry_unknown(attempted: &EffectAttempted, at: Timestamp, taken: &mut TakenOver) {
    let why = "an earlier run has made this attempt, or may have";
    let failed = AttemptFailed {
        key: attempted.key.clone(),
        attempt: attempted.attempt,
        error: Failure::unknown(ATTEMPT_LOST, why),
        next: ask_whom(attempted.kind),
        usage: Usage::default(),
    };
    let attempted = EffectAttempted { reserved: None, ..attempted.clone() };
    taken.ledger.push(LedgerChange {
        effect_id: attempted.effect_id,
        key: attempted.key.clone(),
        kind: attempted.kind,
        attempt: attempted.attempt,
        state: LedgerState::Unknown,
    });
    taken.entries.push((at, EntryBody::EffectAttempted(attempted)));
    taken.entries.push((at, EntryBody::AttemptFailed(failed)));
}

/// Keeps track of attempts that may have happened. One whose result is `left_behind`, because what
/// came before it is done anew, has happened: only its target or a person can say what that means.
fn note_unknown(unknown: &mut BTreeMap<Key, EffectAttempted>, entry: &Entry, left_behind: bool) {
    match &entry.body {
        EntryBody::EffectAttempted(attempted) if !attempted.kind.may_repeat() => {
            unknown.insert(attempted.key.clone(), attempted.clone());
        }
        EntryBody::AttemptFailed(failed) => match failed.next {
            Next::Retry { .. } | Next::Postpone { .. } => {
                unknown.remove(&failed.key);
            }
            Next::Abandon if failed.never_began() => {
                unknown.remove(&failed.key);
            }
            Next::Reconcile | Next::ReconcileLater { .. } | Next::Ask | Next::Abandon => {}
        },
        EntryBody::EffectSettled(settled) if left_behind => {
            // It may have been left to this run by an earlier one, whose journal has the attempt.
            if let Some(earlier) = &settled.earlier_attempt {
                unknown.insert(settled.key.clone(), earlier.as_ref().clone());
            }
        }
        EntryBody::EffectSettled(settled) => {
            unknown.remove(&settled.key);
        }
        _ => {}
    }
}

/// The form in which an entry is taken over, if it is. A result keeps the attempt that must not be
/// made again, should a later retry leave it behind.
fn carried(body: &EntryBody, attempted: Option<&EffectAttempted>) -> Option<EntryBody> {
    match body {
        EntryBody::EffectSettled(settled) => {
            let mut settled = settled.clone();
            settled.attempt = 0;
            settled.usage = Usage::default();
            let own = || attempted.cloned().map(Box::new);
            settled.earlier_attempt = settled.earlier_attempt.take().or_else(own);
            Some(EntryBody::EffectSettled(settled))
        }
        EntryBody::ChildSettled(settled) => {
            let mut settled = settled.clone();
            settled.outcome.usage = Usage::default();
            Some(EntryBody::ChildSettled(settled))
        }
        EntryBody::TimerSet { .. }
        | EntryBody::TimerFired { .. }
        | EntryBody::SignalAwaited(_)
        | EntryBody::SignalReceived(_)
        | EntryBody::ChildStarted(_)
        | EntryBody::EventEmitted(_) => Some(body.clone()),
        EntryBody::RunStarted(_)
        | EntryBody::EffectAttempted(_)
        | EntryBody::AttemptFailed(_)
        | EntryBody::LimitReached { .. }
        | EntryBody::LimitRaised(_)
        | EntryBody::CancelRequested { .. }
        | EntryBody::RunFinished(_) => None,
    }
}
