//! Starts: each is one run, and none is lost.

use std::collections::{BTreeMap, BTreeSet};

use super::{Rule, Violation};
use crate::chaos::history::{History, Run};

pub(super) fn check(history: &History) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut runs: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for accepted in &history.accepted {
        runs.entry(&accepted.key).or_default().insert(&accepted.run_id);
    }
    for (key, ids) in runs.iter().filter(|(_, ids)| ids.len() > 1) {
        found.push(Violation::new(Rule::OneRunForOneStart, *key, format!("it is {ids:?}")));
    }
    let there: BTreeSet<&str> = history.runs.iter().map(|run| run.id.as_str()).collect();
    let accepted: BTreeSet<&str> = runs.into_values().flatten().collect();
    for lost in accepted.difference(&there) {
        found.push(Violation::new(Rule::NoRunIsLost, *lost, "it was accepted and is not there"));
    }
    let by_customers = history.runs.iter().filter(|run| run.trigger == "manual");
    for run in by_customers.filter(|run| !accepted.contains(run.id.as_str())) {
        let what = "no customer was told of it although each asked until they were told";
        found.push(Violation::new(Rule::OneRunForOneStart, &run.id, what));
    }
    found.extend(by_runs(history));
    found
}

/// What runs started: each start that is settled is one run.
fn by_runs(history: &History) -> Vec<Violation> {
    let mut wanted: BTreeMap<&str, usize> = BTreeMap::new();
    let mut started: BTreeMap<&str, usize> = BTreeMap::new();
    for run in &history.runs {
        let Some(token) = run.token.as_deref() else { continue };
        match run.trigger.as_str() {
            "run" => *started.entry(token).or_default() += 1,
            _ if has_started_another(run) => *wanted.entry(token).or_default() += 1,
            _ => {}
        }
    }
    let count = |of: &BTreeMap<&str, usize>, token: &str| of.get(token).copied().unwrap_or(0);
    let tokens: BTreeSet<&str> = wanted.keys().chain(started.keys()).copied().collect();
    let differ = |token: &&str| count(&wanted, token) != count(&started, token);
    tokens
        .into_iter()
        .filter(differ)
        .map(|token| {
            let (wanted, started) = (count(&wanted, token), count(&started, token));
            let what = format!("{wanted} starts by runs are settled, {started} runs are there");
            Violation::new(Rule::OneRunForOneStart, token, what)
        })
        .collect()
}

fn has_started_another(run: &Run) -> bool {
    let is_settled = |kind: &str| kind == "effect_settled";
    run.journal
        .iter()
        .any(|entry| is_settled(&entry.kind) && entry.key.as_deref() == Some("node:spawn"))
}
