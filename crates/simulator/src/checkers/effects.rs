//! What holds at the targets of effects.

use std::collections::BTreeMap;

use gathering_domain::{EffectId, EffectKind};

use super::Violation;
use crate::{History, Performed};

/// An unsafe effect happens twice only if a person said in between that it had not happened; a
/// reconcilable or idempotent one never does.
pub fn unsafe_effects_happen_once(history: &History) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut last: BTreeMap<EffectId, &Performed> = BTreeMap::new();
    for done in history.performed.iter().filter(|done| done.happened) {
        let Some(before) = last.insert(done.effect_id, done) else { continue };
        let allowed = done.kind == EffectKind::Unsafe
            && history.said_not_done.iter().any(|(at, effect_id)| {
                *effect_id == done.effect_id && (before.at..=done.at).contains(at)
            });
        if !allowed {
            let what = format!(
                "{} ({:?}, {}) happened at {} and at {}",
                done.key,
                done.kind,
                done.effect_id,
                before.at.micros(),
                done.at.micros()
            );
            violations.push(Violation::new("unsafe_effects_happen_once", Some(done.run_id), what));
        }
    }
    violations
}

/// A target sees one input under one effect id, and one kind.
pub fn effects_have_one_input(history: &History) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut first: BTreeMap<EffectId, &Performed> = BTreeMap::new();
    for done in &history.performed {
        let known = first.entry(done.effect_id).or_insert(done);
        if (known.input, known.kind) != (done.input, done.kind) {
            let what = format!("{} of {} and of {}", done.effect_id, known.key, done.key);
            violations.push(Violation::new("effects_have_one_input", Some(done.run_id), what));
        }
    }
    violations
}
