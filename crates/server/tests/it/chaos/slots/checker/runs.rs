//! Runs: each is of one fire, was told its slot, and overlaps no other where it may not.

use std::collections::{BTreeMap, HashMap};

use gathering_schedules::Overlap;

use super::{Rule, Violation};
use crate::chaos::slots::history::{Fire, History, Run, Schedule};

pub(super) fn check(history: &History) -> Vec<Violation> {
    let mut found = Vec::new();
    let runs: HashMap<&str, &Run> = history.runs.iter().map(|run| (run.id.as_str(), run)).collect();
    let mut owners: BTreeMap<&str, &Fire> = BTreeMap::new();
    for schedule in &history.schedules {
        let mut of_schedule = Vec::new();
        for fire in &schedule.fires {
            let tried = tried(fire, &runs);
            let wanted = if ["skipped", "missed", "refused", "queued"].contains(&&*fire.status) {
                0
            } else {
                fire.attempts
            };
            if tried.len() as u64 != wanted {
                let what = format!("{} runs are of {fire:?}", tried.len());
                found.push(Violation::new(Rule::FiresHaveTheirRuns, &schedule.name, what));
            }
            for run in &tried {
                found.extend(one(fire, run));
                if let Some(other) = owners.insert(&run.id, fire) {
                    let what = format!("{other:?} and {fire:?}");
                    found.push(Violation::new(Rule::RunsAreOfOneFire, &run.id, what));
                }
            }
            of_schedule.extend(tried);
        }
        found.extend(overlaps(schedule, of_schedule));
    }
    for run in history.runs.iter().filter(|run| !owners.contains_key(run.id.as_str())) {
        found.push(Violation::new(Rule::RunsAreOfOneFire, &run.id, format!("of none: {run:?}")));
    }
    found
}

/// The runs of a fire, from the last one back to the first.
fn tried<'a>(fire: &Fire, runs: &HashMap<&str, &'a Run>) -> Vec<&'a Run> {
    let last = fire.run.as_deref().and_then(|id| runs.get(id));
    let before = |run: &&'a Run| run.retry_of.as_deref().and_then(|id| runs.get(id)).copied();
    std::iter::successors(last.copied(), before).collect()
}

fn one(fire: &Fire, run: &Run) -> Option<Violation> {
    if run.ended.is_none() {
        return Some(Violation::new(Rule::FiresEnd, &run.id, run.status.clone()));
    }
    let knows = run.slot == Some(fire.slot);
    let found =
        || Violation::new(Rule::RunsKnowTheirSlots, &run.id, format!("{run:?} of {fire:?}"));
    (!knows).then(found)
}

fn overlaps(schedule: &Schedule, mut runs: Vec<&Run>) -> Vec<Violation> {
    let apart = |overlap| matches!(overlap, Overlap::Skip | Overlap::Queue);
    if !schedule.forms.iter().all(|form| apart(form.policy.overlap)) {
        return Vec::new();
    }
    runs.sort_by_key(|run| run.began);
    let overlap = |two: &[&Run]| {
        let late = two[0].ended.is_none_or(|ended| ended > two[1].began);
        let found = || {
            let what = format!("{:?} and {:?}", two[0], two[1]);
            Violation::new(Rule::RunsDoNotOverlap, &schedule.name, what)
        };
        late.then(found)
    };
    runs.windows(2).filter_map(overlap).collect()
}
