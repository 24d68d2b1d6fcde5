//! What was promised to clients: accepted means kept, shown means settled, and all comes to an end.

use gathering_engine::EntryBody;

use super::Violation;
use crate::{Acknowledged, History};

/// Whatever was answered as accepted is there.
pub fn acknowledged_exists(history: &History) -> Vec<Violation> {
    let lost = |what: &&Acknowledged| match what {
        Acknowledged::Start(run_id) => !history.journals.contains_key(run_id),
        Acknowledged::Message(message) => !history.messages.contains(message),
    };
    let lost = history.acknowledged.iter().filter(lost);
    lost.map(|what| {
        Violation::new("acknowledged_exists", None, format!("{what:?} was accepted and is lost"))
    })
    .collect()
}

/// An entry that somebody was shown is in the journal, as it was.
pub fn shown_never_changes(history: &History) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (run_id, shown) in &history.shown {
        let place = usize::try_from(shown.seq).unwrap_or(usize::MAX);
        let now = history.journals.get(run_id).and_then(|journal| journal.get(place));
        if now != Some(shown) {
            let what = format!("entry {} was {:?} and is {now:?}", shown.seq, shown.body);
            violations.push(Violation::new("shown_never_changes", Some(*run_id), what));
        }
    }
    violations
}

/// Nobody appends but the run's owner, and no owner that counts as dead.
pub fn only_living_owners_append(history: &History) -> Vec<Violation> {
    let wrong = history.appends.iter().filter(|append| !append.alive || !append.owner);
    wrong
        .map(|append| {
            let what = format!("{append:?}");
            Violation::new("only_living_owners_append", Some(append.run_id), what)
        })
        .collect()
}

/// Every run that exists has ended.
pub fn every_run_ends(history: &History) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (run_id, journal) in &history.journals {
        let last = journal.last().map(|entry| &entry.body);
        if !matches!(last, Some(EntryBody::RunFinished(_))) {
            let what = format!("it stands at {last:?}");
            violations.push(Violation::new("every_run_ends", Some(*run_id), what));
        }
    }
    violations
}
