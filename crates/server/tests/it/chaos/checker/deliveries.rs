//! Deliveries: what reached the target, against what the journals and people say.

use std::collections::{BTreeMap, HashMap, HashSet};

use gathering_domain::Duration;

use super::{Rule, Violation};
use crate::chaos::history::{Arrival, Entry, History, Run};

/// How far the times of the target and of a journal may lie apart.
const TOLERANCE: Duration = Duration::from_millis(100);

pub(super) fn check(history: &History) -> Vec<Violation> {
    let mut arrivals: BTreeMap<&str, Vec<&Arrival>> = BTreeMap::new();
    for arrival in &history.arrivals {
        arrivals.entry(&arrival.path).or_default().push(arrival);
    }
    let effects = effects(history);
    let mut found = Vec::new();
    for (path, arrivals) in &arrivals {
        let entries = effects.get(*path).map_or(&[][..], Vec::as_slice);
        found.extend(delivered(history, path, arrivals, entries));
    }
    for (path, entries) in &effects {
        if !arrivals.contains_key(path.as_str()) && entries.iter().any(|entry| settles(entry)) {
            let what = "it is settled and never reached the target";
            found.push(Violation::new(Rule::SettledIsDelivered, path, what));
        }
    }
    found
}

fn delivered(
    history: &History,
    path: &str,
    arrivals: &[&Arrival],
    entries: &[&Entry],
) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut find = |rule, what: String| found.push(Violation::new(rule, path, what));
    let is_unsafe = path.starts_with("/unsafe/");
    if is_unsafe {
        let said = history.verdicts.iter().filter(|verdict| verdict.path == path);
        let wrong = said.filter(|verdict| !verdict.done && verdict.seen > 0).count();
        if arrivals.len() > 1 + wrong {
            let what =
                format!("it came {} times, and people were wrong {wrong} times", arrivals.len());
            find(Rule::UnsafeIsDeliveredOnce, what);
        }
        let logged = entries.iter().filter(|entry| entry.kind == "effect_attempted").count();
        if arrivals.len() > logged {
            find(
                Rule::LoggedBeforeDelivered,
                format!("{} came, {logged} are logged", arrivals.len()),
            );
        }
    }
    let ids: HashSet<_> = arrivals.iter().map(|arrival| &arrival.effect_id).collect();
    if ids.len() > 1 {
        find(Rule::EffectsKeepTheirIds, format!("it came as {ids:?}"));
    }
    let settled = entries.iter().find(|entry| settles(entry));
    // What may be repeated may also be on its way in a process that was paused meanwhile.
    if let Some(settled) = settled.filter(|_| is_unsafe || !history.pauses) {
        for late in arrivals.iter().filter(|arrival| arrival.at > settled.at + TOLERANCE) {
            let what = format!(
                "settled at {}, it came at {}",
                settled.at.to_rfc3339(),
                late.at.to_rfc3339()
            );
            find(Rule::NothingIsDeliveredLate, what);
        }
    }
    found
}

fn settles(entry: &Entry) -> bool {
    ["effect_settled", "child_settled"].contains(&entry.kind.as_str())
}

/// The entries of each effect that goes to the target, by its path.
fn effects(history: &History) -> HashMap<String, Vec<&Entry>> {
    let mut effects: HashMap<String, Vec<&Entry>> = HashMap::new();
    for run in &history.runs {
        for entry in &run.journal {
            if let Some(path) = path(run, entry) {
                effects.entry(path).or_default().push(entry);
            }
        }
    }
    effects
}

fn path(run: &Run, entry: &Entry) -> Option<String> {
    let (token, node) = (run.token.as_ref()?, entry.key.as_ref()?.strip_prefix("node:")?);
    match node {
        "charge" | "ship" | "follow" | "page" => Some(format!("/unsafe/{token}/{node}")),
        "put" | "keyed" => Some(format!("/repeatable/{token}/{node}")),
        // Its turn is a child run, and over once the parent knows that.
        "think" => Some(format!("/model/{token}/{node}")),
        _ => None,
    }
}
