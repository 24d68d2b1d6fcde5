//! Journals: without a gap, and what is settled stays so.

use std::collections::{HashMap, HashSet};

use super::{Rule, Violation};
use crate::chaos::history::{Entry, Run};

/// Kinds of entries after which their keys are over.
const SETTLING: [&str; 5] =
    ["effect_settled", "child_settled", "signal_received", "timer_fired", "event_emitted"];

pub(super) fn check(run: &Run) -> Vec<Violation> {
    let violation = |(rule, what)| Violation::new(rule, &run.id, what);
    gaps(run).into_iter().chain(keys(run)).map(violation).collect()
}

fn gaps(run: &Run) -> Vec<(Rule, String)> {
    let mut found = Vec::new();
    let mut gap = |what: String| found.push((Rule::JournalsHaveNoGap, what));
    for (place, entry) in (0_u32..).zip(&run.journal) {
        if entry.seq != place {
            gap(format!("entry {} stands at {place}", entry.seq));
            break;
        }
    }
    let places = |kind: &str| -> Vec<usize> {
        let of_kind = |(_, entry): &(usize, &Entry)| entry.kind == kind;
        run.journal.iter().enumerate().filter(of_kind).map(|(place, _)| place).collect()
    };
    let (starts, ends) = (places("run_started"), places("run_finished"));
    if starts != [0] {
        gap(format!("it starts at {starts:?}"));
    }
    if run.has_ended() && ends != [run.journal.len() - 1] || !run.has_ended() && !ends.is_empty() {
        gap(format!("it is {} and ends at {ends:?}", run.status));
    }
    found
}

/// What is known of an effect so far.
#[derive(Default)]
struct Known {
    attempt: u32,
    /// Whether the last attempt failed, or was put off.
    may_try: bool,
    /// Whether the last attempt left a question.
    asked: bool,
}

fn keys(run: &Run) -> Vec<(Rule, String)> {
    let (mut found, mut settled) = (Vec::new(), HashSet::new());
    let mut known: HashMap<&str, Known> = HashMap::new();
    for entry in &run.journal {
        let Some(key) = entry.key.as_deref() else { continue };
        let settles = SETTLING.contains(&entry.kind.as_str());
        let again = if settles { !settled.insert(key) } else { settled.contains(key) };
        if again && entry.kind != "limit_reached" {
            let what = format!("entry {}: {} of {key}, which is settled", entry.seq, entry.kind);
            found.push((Rule::SettledIsSettled, what));
        }
        let known = known.entry(key).or_default();
        match entry.kind.as_str() {
            "effect_attempted" => found.extend(attempted(entry, key, known)),
            "attempt_failed" => failed(entry, known),
            _ => {}
        }
    }
    found
}

fn attempted(entry: &Entry, key: &str, known: &mut Known) -> Option<(Rule, String)> {
    let attempt = entry.attempt.unwrap_or_default();
    let is_unsafe = entry.effect.as_deref() == Some("unsafe");
    let what =
        || format!("entry {}: attempt {attempt} of {key} after {}", entry.seq, known.attempt);
    let broken = if attempt < known.attempt || attempt == known.attempt && !known.may_try {
        Some((Rule::AttemptsFollowFailures, what()))
    } else if is_unsafe && known.attempt > 0 && !known.may_try {
        // Whatever may be repeated needs no failure in between: its process has died.
        Some((Rule::PeopleAreAsked, what()))
    } else {
        None
    };
    *known = Known { attempt, may_try: false, asked: false };
    broken
}

fn failed(entry: &Entry, known: &mut Known) {
    match entry.next.as_deref() {
        Some("ask") => known.asked = true,
        // After a question only a person's word leads on.
        Some("retry" | "postpone") => {
            known.may_try = !known.asked || entry.code.as_deref() == Some("not_done");
        }
        _ => {}
    }
}
