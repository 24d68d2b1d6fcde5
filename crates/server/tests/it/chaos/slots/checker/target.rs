//! The target: each fire that is a request arrived, as one effect, and nothing else did.

use std::collections::{BTreeMap, BTreeSet};

use super::{Rule, Violation};
use crate::chaos::slots::history::History;

pub(super) fn check(history: &History) -> Vec<Violation> {
    let mut arrived: BTreeMap<&str, BTreeSet<Option<&str>>> = BTreeMap::new();
    for arrival in &history.arrivals {
        // What is sent again because its answer was lost has the same id.
        arrived.entry(&arrival.path).or_default().insert(arrival.effect_id.as_deref());
    }
    let mut found = Vec::new();
    for schedule in &history.schedules {
        let Some(path) = &schedule.path else { continue };
        for fire in schedule.fires.iter().filter(|fire| fire.run.is_some()) {
            let path = format!("{path}/{}", fire.slot.to_rfc3339());
            let effects = arrived.remove(path.as_str()).unwrap_or_default();
            if effects.len() != 1 || effects.contains(&None) {
                let what = format!("it came as {effects:?}");
                found.push(Violation::new(Rule::TargetsAreReachedOnce, path, what));
            }
        }
    }
    for (path, effects) in arrived {
        let what = format!("of no fire: {effects:?}");
        found.push(Violation::new(Rule::TargetsAreReachedOnce, path, what));
    }
    found
}
