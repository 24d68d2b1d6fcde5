//! What holds of limits: no run with all its descendants spends past its own.

use std::collections::BTreeMap;

use gathering_domain::{MicroUsd, RunId};
use gathering_engine::{Entry, EntryBody, Limits, RunStarted, RunState};

use super::Violation;
use crate::History;

/// What a run counts as spent never passes its cost limit, at any time.
pub fn budgets_are_kept(history: &History) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (run_id, journal) in &history.journals {
        let Some(limit) = limits(journal).cost else { continue };
        let mut state = RunState::default();
        for entry in journal {
            state.apply(entry);
            if state.spent() > limit {
                let what = format!("at entry {} it spent {} of {limit}", entry.seq, state.spent());
                violations.push(Violation::new("budgets_are_kept", Some(*run_id), what));
                break;
            }
        }
    }
    violations
}

/// What targets charged never passes the cost limit of the run, nor that of an ancestor.
pub fn charges_are_kept(history: &History) -> Vec<Violation> {
    let mut charged: BTreeMap<RunId, MicroUsd> = BTreeMap::new();
    for done in &history.performed {
        let mut next = Some(done.run_id);
        while let Some(run_id) = next {
            *charged.entry(run_id).or_default() += done.charged;
            next = parent(history, run_id);
        }
    }
    let mut violations = Vec::new();
    for (run_id, charged) in charged {
        let limit = history.journals.get(&run_id).and_then(|journal| limits(journal).cost);
        if limit.is_some_and(|limit| charged > limit) {
            let what = format!("it was charged {charged} of {limit:?}");
            violations.push(Violation::new("charges_are_kept", Some(run_id), what));
        }
    }
    violations
}

/// A run makes no more attempts than it may.
pub fn attempts_are_kept(history: &History) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (run_id, journal) in &history.journals {
        let Some(limit) = limits(journal).attempts else { continue };
        let Some(began) = journal.first().map(|entry| entry.at) else { continue };
        let mut state = RunState::default();
        for entry in journal {
            let before = state.attempts();
            state.apply(entry);
            // What a retry takes over is older than its start, and was paid for by another run.
            let own = entry.at >= began;
            if own && state.attempts() > before && state.attempts() > limit {
                let what = format!("entry {} is attempt {}", entry.seq, state.attempts());
                violations.push(Violation::new("attempts_are_kept", Some(*run_id), what));
            }
        }
    }
    violations
}

/// A budget holds exactly what its runs count as spent and what they were granted besides, which is
/// nothing for a run that has ended.
pub fn shared_budgets_add_up(history: &History) -> Vec<Violation> {
    let mut sums: BTreeMap<RunId, MicroUsd> = BTreeMap::new();
    let mut violations = Vec::new();
    for (run_id, journal) in &history.journals {
        if let Some(started) = started(journal) {
            let projection = history.projections.get(run_id);
            let granted = projection.map_or(MicroUsd::ZERO, |projection| projection.granted);
            if granted != MicroUsd::ZERO && projection.is_some_and(|it| it.status.is_final()) {
                let what = format!("it has ended, and {granted} is still granted to it");
                violations.push(Violation::new("shared_budgets_add_up", Some(*run_id), what));
            }
            let spent = RunState::fold(journal).spent() + granted;
            for budget in started.origin.all_budgets() {
                *sums.entry(budget).or_default() += spent;
            }
        }
    }
    for (run_id, sum) in sums {
        let projection = history.projections.get(&run_id);
        let Some(booked) = projection.and_then(|projection| projection.spent) else { continue };
        let limit = history.journals.get(&run_id).and_then(|journal| limits(journal).cost);
        if sum != booked || limit.is_some_and(|limit| booked > limit) {
            let what = format!("its runs spent {sum}, {booked} is booked of {limit:?}");
            violations.push(Violation::new("shared_budgets_add_up", Some(run_id), what));
        }
    }
    violations
}

fn started(journal: &[Entry]) -> Option<&RunStarted> {
    match journal.first().map(|entry| &entry.body) {
        Some(EntryBody::RunStarted(started)) => Some(started),
        _ => None,
    }
}

fn limits(journal: &[Entry]) -> Limits {
    started(journal).map(|started| started.limits).unwrap_or_default()
}

fn parent(history: &History, run_id: RunId) -> Option<RunId> {
    let origin = &started(history.journals.get(&run_id)?)?.origin;
    origin.parent.as_ref().map(|parent| parent.run_id)
}
