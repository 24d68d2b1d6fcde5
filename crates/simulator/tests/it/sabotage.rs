//! Sabotage: a server that breaks a promise is caught within a small number of seeds.

use std::collections::BTreeMap;

use gathering_simulator::{Sabotage, Toy, simulate};

#[test]
fn every_sabotage_is_caught_by_the_checkers_that_should() {
    // How many seeds may pass until the first that tells, and who must tell within five times that.
    let table: [(Sabotage, u64, &[&str]); 5] = [
        (
            Sabotage::SkipSync,
            100,
            &["acknowledged_exists", "shown_never_changes", "unsafe_effects_happen_once"],
        ),
        (Sabotage::SkipFence, 100, &["only_living_owners_append"]),
        (Sabotage::ActBeforeLog, 100, &["unsafe_effects_happen_once"]),
        (Sabotage::AcknowledgeBeforeCommit, 100, &["acknowledged_exists"]),
        (Sabotage::DropNotification, 50, &["every_run_ends"]),
    ];
    for (sabotage, seeds, checkers) in table {
        let mut first = None;
        let mut told: BTreeMap<&str, u64> = BTreeMap::new();
        for seed in 0..seeds * 5 {
            let report = simulate(&Toy, seed, sabotage, None);
            for violation in &report.violations {
                first.get_or_insert(seed);
                told.entry(violation.checker).or_insert(seed);
            }
            if checkers.iter().all(|checker| told.contains_key(checker)) {
                break;
            }
        }
        assert!(first.is_some_and(|seed| seed < seeds), "{sabotage:?}: first told at {first:?}");
        for checker in checkers {
            assert!(told.contains_key(checker), "{sabotage:?}: {checker} is silent, {told:?}");
        }
    }
}

#[test]
fn every_sabotage_has_a_word() {
    for (word, sabotage) in Sabotage::ALL {
        assert_eq!(word.parse(), Ok(sabotage));
    }
    assert!("skip-everything".parse::<Sabotage>().is_err());
}
