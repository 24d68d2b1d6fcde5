//! What holds within one journal: it is whole, settled stays settled, cancelled stays cancelled.

use std::collections::HashSet;

use gathering_domain::{RunId, RunStatus};
use gathering_engine::{Entry, EntryBody, Key, RunState};

use super::Violation;
use crate::History;

/// A journal begins with its start, has no gap, and nothing follows its end.
pub fn journals_are_whole(history: &History) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (run_id, journal) in &history.journals {
        let mut fault = |what: String| {
            violations.push(Violation::new("journals_are_whole", Some(*run_id), what));
        };
        for (want, entry) in (0..).zip(journal) {
            if entry.seq != want {
                fault(format!("entry {} stands at {want}", entry.seq));
            }
            if (want == 0) != matches!(entry.body, EntryBody::RunStarted(_)) {
                fault(format!("{} stands at {want}", entry.body.kind()));
            }
        }
        let ends = |entry: &Entry| matches!(entry.body, EntryBody::RunFinished(_));
        if let Some(end) = journal.iter().position(ends)
            && end + 1 != journal.len()
        {
            fault(format!("{} follows its end", journal[end + 1].body.kind()));
        }
    }
    violations
}

/// Nothing is written or done for a key after its result is in the journal.
pub fn settled_keys_never_run_again(history: &History) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut fault = |run_id: RunId, key: &Key, what: &str| {
        let what = format!("{key} has settled, and then {what}");
        violations.push(Violation::new("settled_keys_never_run_again", Some(run_id), what));
    };
    for (run_id, journal) in &history.journals {
        let mut settled: HashSet<&Key> = HashSet::new();
        for entry in journal {
            let Some(key) = entry.body.key() else { continue };
            if settled.contains(key) && !matches!(entry.body, EntryBody::LimitReached { .. }) {
                fault(*run_id, key, entry.body.kind());
            }
            if is_final(&entry.body) {
                settled.insert(key);
            }
        }
    }
    for done in &history.performed {
        let journal = history.journals.get(&done.run_id).map_or(&[][..], Vec::as_slice);
        let settled = journal.iter().find(|entry| {
            matches!(&entry.body, EntryBody::EffectSettled(settled) if settled.key == done.key)
        });
        if settled.is_some_and(|settled| settled.at < done.at) {
            fault(done.run_id, &done.key, "its effect was performed");
        }
    }
    violations
}

/// Whether an entry is a key's result.
fn is_final(body: &EntryBody) -> bool {
    match body {
        EntryBody::EffectSettled(_)
        | EntryBody::TimerFired { .. }
        | EntryBody::SignalReceived(_)
        | EntryBody::ChildSettled(_)
        | EntryBody::EventEmitted(_) => true,
        EntryBody::RunStarted(_)
        | EntryBody::EffectAttempted(_)
        | EntryBody::AttemptFailed(_)
        | EntryBody::TimerSet { .. }
        | EntryBody::SignalAwaited(_)
        | EntryBody::ChildStarted(_)
        | EntryBody::LimitReached { .. }
        | EntryBody::LimitRaised(_)
        | EntryBody::CancelRequested { .. }
        | EntryBody::RunFinished(_) => false,
    }
}

/// A run that somebody cancelled ends as cancelled, and as nothing else.
pub fn cancelled_stays_cancelled(history: &History) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (run_id, journal) in &history.journals {
        let asked = |entry: &Entry| matches!(entry.body, EntryBody::CancelRequested { .. });
        let ends = journal.iter().filter_map(|entry| match &entry.body {
            EntryBody::RunFinished(outcome) => Some(outcome.status),
            _ => None,
        });
        for status in ends {
            if journal.iter().any(asked) != (status == RunStatus::Cancelled) {
                let what = format!("it ended as {status:?}");
                violations.push(Violation::new("cancelled_stays_cancelled", Some(*run_id), what));
            }
        }
    }
    violations
}

/// What a process held in its memory is what the journal up to there folds to.
pub fn prefixes_fold_to_what_was_remembered(history: &History) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (run_id, length, state) in &history.remembered {
        let journal = history.journals.get(run_id).map_or(&[][..], Vec::as_slice);
        let folded = journal.get(..*length).map(RunState::fold);
        if folded.as_ref() != Some(state.as_ref()) {
            let what = format!("after {length} entries it was {state:?} and is {folded:?}");
            violations.push(Violation::new(
                "prefixes_fold_to_what_was_remembered",
                Some(*run_id),
                what,
            ));
        }
    }
    violations
}
