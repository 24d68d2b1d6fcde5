//! Projections: what the store says of runs and effects is what their journals fold to.

use std::collections::{BTreeMap, BTreeSet};

use gathering_domain::{Advice, EffectId, Failure};
use gathering_engine::{Entry, EntryBody, Key, KeyState, LedgerState, Next, RunState, Settlement};

use super::Violation;
use crate::History;

/// Status, outcome and open waits of a run are those of its journal.
pub fn runs_equal_fold(history: &History) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (run_id, projection) in &history.projections {
        let Some(journal) = history.journals.get(run_id) else { continue };
        let state = RunState::fold(journal);
        let mut fault = |what: String| {
            violations.push(Violation::new("runs_equal_fold", Some(*run_id), what));
        };
        if projection.outcome.as_ref() != state.finished() {
            fault(format!("{:?} is not {:?}", projection.outcome, state.finished()));
        }
        let status = state.finished().map(|outcome| outcome.status);
        if projection.status.is_final() != status.is_some()
            || status.is_some_and(|status| status != projection.status)
        {
            fault(format!("{:?} is not {status:?}", projection.status));
        }
        let awaited: BTreeSet<&Key> = state
            .open_keys()
            .filter(|(_, state)| matches!(state, KeyState::Awaited { .. }))
            .map(|(key, _)| key)
            .collect();
        // A wait that the run gave up is closed, and leaves no entry.
        if !projection.waits.iter().all(|key| awaited.contains(key)) {
            fault(format!("{:?} are not among {awaited:?}", projection.waits));
        }
    }
    violations
}

/// The ledger says of every effect what the journals say, or what a person said since.
pub fn ledger_equals_fold(history: &History) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut listed: BTreeSet<EffectId> = BTreeSet::new();
    let mut logged: BTreeSet<EffectId> = BTreeSet::new();
    for (run_id, projection) in &history.projections {
        let Some(journal) = history.journals.get(run_id) else { continue };
        let folded = fold_ledger(journal);
        listed.extend(projection.ledger.keys());
        logged.extend(folded.keys());
        for (effect_id, state) in &projection.ledger {
            let fold = folded.get(effect_id);
            let since = fold.is_some_and(|(key, _)| projection.settled_since.contains(key));
            if !since && fold.map(|(_, state)| state) != Some(state) {
                let what = format!("{effect_id} is {state:?}, its journal says {fold:?}");
                violations.push(Violation::new("ledger_equals_fold", Some(*run_id), what));
            }
        }
    }
    if !history.projections.is_empty() {
        for effect_id in logged.difference(&listed) {
            let what = format!("{effect_id} is missing");
            violations.push(Violation::new("ledger_equals_fold", None, what));
        }
    }
    violations
}

/// What a journal says of each effect whose attempts are logged because it must not be repeated.
fn fold_ledger(journal: &[Entry]) -> BTreeMap<EffectId, (Key, LedgerState)> {
    let mut ids: BTreeMap<&Key, (EffectId, u32)> = BTreeMap::new();
    let mut ledger = BTreeMap::new();
    for entry in journal {
        let now = match &entry.body {
            EntryBody::EffectAttempted(attempted) if attempted.kind.logs_attempt() => {
                ids.insert(&attempted.key, (attempted.effect_id, attempted.attempt));
                Some((&attempted.key, attempted.attempt, LedgerState::Attempted))
            }
            EntryBody::AttemptFailed(failed) => {
                let state = match failed.next {
                    Next::Retry { .. } | Next::Postpone { .. } => Some(LedgerState::NotDone),
                    Next::Reconcile | Next::ReconcileLater { .. } | Next::Ask => {
                        Some(LedgerState::Unknown)
                    }
                    Next::Abandon if failed.never_began() => Some(LedgerState::NotDone),
                    Next::Abandon if is_unknown(&failed.error) => Some(LedgerState::Unknown),
                    Next::Abandon => None,
                };
                state.map(|state| (&failed.key, failed.attempt, state))
            }
            EntryBody::EffectSettled(settled) if settled.attempt > 0 => {
                let state = match settled.result {
                    Settlement::Output(_) => LedgerState::Done,
                    Settlement::Error(_) => LedgerState::Failed,
                };
                Some((&settled.key, settled.attempt, state))
            }
            _ => None,
        };
        // After a retry a key may stand for another effect, whose attempts need not be logged: what
        // becomes of those says nothing of this one.
        if let Some((key, attempt, state)) = now
            && let Some((effect_id, logged)) = ids.get(key)
            && attempt == *logged
        {
            ledger.insert(*effect_id, (key.clone(), state));
        }
    }
    ledger
}

const fn is_unknown(error: &Failure) -> bool {
    matches!(error.advice, Advice::Unknown { .. })
}
