//! Retrying an ended run: which of its entries a new run takes over.

use std::collections::{BTreeMap, HashMap};

use gathering_domain::{RunId, Timestamp, Usage};

use super::Execution;
use crate::{EffectSettled, Entry, EntryBody, Key, KeyState, Settlement};

/// What a retry of a run begins with.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TakenOver {
    /// Entries that follow the new run's `run_started`, with their first times.
    pub entries: Vec<(Timestamp, EntryBody)>,
    /// Child runs that ended badly or not at all; they are retried when their keys come up.
    pub children: BTreeMap<Key, RunId>,
}

impl Execution {
    /// Selects what a retry takes over from this ended run, given its whole journal and what
    /// people settled since in the ledger. Usage stays with the run that paid for it.
    pub fn taken_over(
        &self,
        journal: &[Entry],
        settled_since: &HashMap<Key, Settlement>,
    ) -> TakenOver {
        let mut taken = TakenOver::default();
        for entry in journal {
            let Some(key) = entry.body.key() else { continue };
            let well = self.is_settled_well(key) && self.machine.carries(key);
            if let EntryBody::ChildStarted(child) = &entry.body
                && !well
            {
                taken.children.insert(key.clone(), child.run_id);
            }
            if well && let Some(body) = carried(&entry.body) {
                taken.entries.push((entry.at, body));
            }
        }
        let last = journal.last().map(|entry| entry.at).unwrap_or_default();
        let mut since: Vec<_> =
            settled_since.iter().filter(|(key, _)| !self.is_settled_well(key)).collect();
        since.sort_by(|one, other| one.0.cmp(other.0));
        for (key, result) in since {
            let settled = EffectSettled {
                key: key.clone(),
                attempt: 0,
                result: result.clone(),
                usage: Usage::default(),
                settled_by: None,
            };
            taken.entries.push((last, EntryBody::EffectSettled(settled)));
        }
        taken
    }

    fn is_settled_well(&self, key: &Key) -> bool {
        matches!(self.state.key(key), Some(KeyState::Settled { well: true }))
    }
}

/// The form in which an entry is taken over, if it is.
fn carried(body: &EntryBody) -> Option<EntryBody> {
    match body {
        EntryBody::EffectSettled(settled) => Some(EntryBody::EffectSettled(EffectSettled {
            attempt: 0,
            usage: Usage::default(),
            ..settled.clone()
        })),
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
        | EntryBody::CancelRequested { .. }
        | EntryBody::RunFinished(_) => None,
    }
}
