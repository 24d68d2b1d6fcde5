//! What holds at the targets of effects.

use std::collections::BTreeMap;

use gathering_domain::{EffectId, EffectKind, RunId, Timestamp};
use gathering_engine::{EntryBody, Key};
use uuid::Uuid;

use super::Violation;
use crate::{History, Performed};

/// What must happen once: an effect under its id; one that may not be repeated whatever its input is,
/// in a run and all that retry it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Once<'a> {
    Effect(EffectId),
    InChain(Uuid, &'a Key),
}

/// An unsafe effect happens twice only if a person said in between that it had not happened; a
/// reconcilable or idempotent one never does.
pub fn unsafe_effects_happen_once(history: &History) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut last: BTreeMap<Once<'_>, &Performed> = BTreeMap::new();
    let allowed_by_people = said_not_done(history);
    for done in history.performed.iter().filter(|done| done.happened) {
        let once = once(history, done);
        let said = allowed_by_people.get(&once);
        let Some(before) = last.insert(once, done) else { continue };
        let allowed = done.kind == EffectKind::Unsafe
            && said.is_some_and(|said| said.iter().any(|at| (before.at..=done.at).contains(at)));
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

fn once<'a>(history: &'a History, done: &'a Performed) -> Once<'a> {
    match (done.kind, chain(history, done.run_id)) {
        (EffectKind::Reconcilable | EffectKind::Unsafe, Some(chain)) => {
            Once::InChain(chain, &done.key)
        }
        _ => Once::Effect(done.effect_id),
    }
}

/// The chain of retries to which a run belongs, if its journal is known.
fn chain(history: &History, run_id: RunId) -> Option<Uuid> {
    match history.journals.get(&run_id)?.first().map(|entry| &entry.body) {
        Some(EntryBody::RunStarted(started)) => Some(started.origin.chain),
        _ => None,
    }
}

/// When a person said of what that it had not happened.
fn said_not_done(history: &History) -> BTreeMap<Once<'_>, Vec<Timestamp>> {
    let mut places: BTreeMap<EffectId, (Uuid, &Key)> = BTreeMap::new();
    for (run_id, journal) in &history.journals {
        let Some(chain) = chain(history, *run_id) else { continue };
        for entry in journal {
            if let EntryBody::EffectAttempted(attempted) = &entry.body {
                places.insert(attempted.effect_id, (chain, &attempted.key));
            }
        }
    }
    let mut said: BTreeMap<Once<'_>, Vec<Timestamp>> = BTreeMap::new();
    for (at, effect_id) in &history.said_not_done {
        said.entry(Once::Effect(*effect_id)).or_default().push(*at);
        if let Some((chain, key)) = places.get(effect_id) {
            said.entry(Once::InChain(*chain, key)).or_default().push(*at);
        }
    }
    said
}

/// A target that goes by effect ids sees one input under each, and one kind; and a run wants one input
/// under a key. What is pure has no such target.
pub fn effects_have_one_input(history: &History) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut by_id: BTreeMap<EffectId, &Performed> = BTreeMap::new();
    let mut by_key: BTreeMap<(RunId, &Key), &Performed> = BTreeMap::new();
    for done in history.performed.iter().filter(|done| done.kind != EffectKind::Pure) {
        let known = by_id.entry(done.effect_id).or_insert(done);
        let wanted = by_key.entry((done.run_id, &done.key)).or_insert(done);
        let same = |other: &Performed| (other.input, other.kind) == (done.input, done.kind);
        if !same(known) || !same(wanted) {
            let what = format!(
                "{} of {} in {}, {} of {} in {} and {} before",
                done.effect_id,
                done.key,
                done.run_id,
                known.effect_id,
                known.key,
                known.run_id,
                wanted.effect_id
            );
            violations.push(Violation::new("effects_have_one_input", Some(done.run_id), what));
        }
    }
    violations
}
