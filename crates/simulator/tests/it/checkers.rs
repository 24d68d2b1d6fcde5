//! Checkers: each is silent on a sound history and tells when that history is spoiled.

use std::collections::BTreeSet;

use gathering_domain::{EffectKind, MicroUsd, RunId, RunStatus, Timestamp};
use gathering_engine::{EntryBody, Limits, RunState};
use gathering_simulator::{
    Acknowledged, Append, History, Sabotage, Toy,
    checkers::{ALL, check_all},
    simulate,
};
use uuid::Uuid;

/// A way to spoil a history; answers whether this history has what it takes.
type Spoil = fn(&mut History) -> bool;

const STRANGER: RunId = RunId::from_uuid(Uuid::from_u128(u128::MAX));

#[test]
fn every_checker_tells_when_its_history_is_spoiled() {
    let spoils: [(&str, Spoil); 16] = [
        ("journals_are_whole", |history| {
            longest(history).is_some_and(|journal| {
                journal.remove(1);
                true
            })
        }),
        ("only_living_owners_append", |history| {
            let append = Append {
                at: Timestamp::from_micros(1),
                run_id: STRANGER,
                instance: 1,
                alive: false,
                owner: true,
            };
            history.appends.push(append);
            true
        }),
        ("acknowledged_exists", |history| {
            history.acknowledged.push(Acknowledged::Message(u64::MAX));
            true
        }),
        ("shown_never_changes", |history| {
            let Some((_, entry)) = history.shown.first_mut() else { return false };
            entry.at = Timestamp::from_micros(1);
            true
        }),
        ("settled_keys_never_run_again", |history| {
            let Some(journal) = longest(history) else { return false };
            let settled =
                journal.iter().find(|entry| matches!(entry.body, EntryBody::EffectSettled(_)));
            let Some(settled) = settled.cloned() else { return false };
            journal.insert(journal.len() - 1, settled);
            true
        }),
        ("unsafe_effects_happen_once", |history| {
            let unsafe_one = history.performed.iter().find(|done| done.kind == EffectKind::Unsafe);
            let Some(mut again) = unsafe_one.cloned() else { return false };
            again.at = Timestamp::from_micros(i64::MAX);
            history.performed.push(again);
            true
        }),
        ("effects_have_one_input", |history| {
            let named = history.performed.iter().find(|done| done.kind != EffectKind::Pure);
            let Some(mut again) = named.cloned() else { return false };
            again.input ^= 1;
            again.happened = false;
            history.performed.push(again);
            true
        }),
        ("budgets_are_kept", |history| limit_spending_runs(history, |limits| &mut limits.cost)),
        ("charges_are_kept", |history| {
            let Some(done) = history.performed.first_mut() else { return false };
            done.charged = MicroUsd(i64::MAX / 2);
            let run_id = done.run_id;
            let journal = history.journals.get_mut(&run_id);
            journal.is_some_and(|journal| limit(journal, |limits| limits.cost = Some(MicroUsd(1))))
        }),
        ("attempts_are_kept", |history| {
            let Some(journal) = longest(history) else { return false };
            RunState::fold(journal.iter()).attempts() > 0
                && limit(journal, |limits| limits.attempts = Some(0))
        }),
        ("shared_budgets_add_up", |history| {
            let spent = history.projections.values_mut().find_map(|run| run.spent.as_mut());
            spent.is_some_and(|spent| {
                *spent = MicroUsd(-1);
                true
            })
        }),
        ("cancelled_stays_cancelled", |history| {
            let Some(journal) = longest(history) else { return false };
            match journal.last_mut().map(|entry| &mut entry.body) {
                Some(EntryBody::RunFinished(outcome)) if outcome.status != RunStatus::Cancelled => {
                    outcome.status = RunStatus::Cancelled;
                    true
                }
                _ => false,
            }
        }),
        ("prefixes_fold_to_what_was_remembered", |history| {
            let Some((_, length, _)) = history.remembered.first_mut() else { return false };
            *length -= 1;
            true
        }),
        ("runs_equal_fold", |history| {
            let Some(run) = history.projections.values_mut().next() else { return false };
            run.status = RunStatus::Waiting;
            true
        }),
        ("ledger_equals_fold", |history| {
            let mut runs = history.projections.values_mut();
            let Some(run) = runs.find(|run| !run.ledger.is_empty()) else { return false };
            run.ledger.clear();
            true
        }),
        ("every_run_ends", |history| {
            longest(history).is_some_and(|journal| {
                journal.pop();
                true
            })
        }),
    ];
    let named: BTreeSet<&str> = spoils.iter().map(|(name, _)| *name).collect();
    assert_eq!(named, ALL.iter().map(|(name, _)| *name).collect(), "every checker has its spoil");

    for (name, spoil) in spoils {
        let spoiled = (0..500).find_map(|seed| {
            let mut history = simulate(&Toy, seed, Sabotage::None, None).history;
            assert_eq!(check_all(&history), [], "seed {seed} is sound");
            spoil(&mut history).then_some((seed, history))
        });
        let (seed, history) = spoiled.unwrap_or_else(|| panic!("{name}: no seed can be spoiled"));
        let told: BTreeSet<&str> =
            check_all(&history).iter().map(|violation| violation.checker).collect();
        assert!(told.contains(name), "{name} is silent at seed {seed}, only {told:?} tell");
    }
}

fn longest(history: &mut History) -> Option<&mut Vec<gathering_engine::Entry>> {
    let journals = history.journals.values_mut();
    journals.max_by_key(|journal| journal.len()).filter(|journal| journal.len() > 4)
}

fn limit(journal: &mut [gathering_engine::Entry], change: impl FnOnce(&mut Limits)) -> bool {
    match journal.first_mut().map(|entry| &mut entry.body) {
        Some(EntryBody::RunStarted(started)) => {
            change(&mut started.limits);
            true
        }
        _ => false,
    }
}

fn limit_spending_runs(
    history: &mut History,
    cost: fn(&mut Limits) -> &mut Option<MicroUsd>,
) -> bool {
    let spends = |journal: &&mut Vec<gathering_engine::Entry>| {
        RunState::fold(journal.iter()).spent() > MicroUsd::ZERO
    };
    history
        .journals
        .values_mut()
        .find(spends)
        .is_some_and(|journal| limit(journal, |limits| *cost(limits) = Some(MicroUsd::ZERO)))
}
