//! Recorded journals: each prefix, folded anew, leads to the decisions that it led to when it was recorded.
//!
//! They lie in `tests/journals`, a folder for each machine and behaviour, a file of JSON lines for each
//! feature. A run that some server began long ago goes on from a journal like these, so they are never
//! edited: whoever changes what a machine decides gives the machine a new behaviour, and records the
//! features of that one beside them.

mod decided;
mod file;
mod machines;
mod pipelines;
mod recorder;
mod toolbox;
mod turns;

use std::collections::BTreeSet;

use file::{Recording, folder};
use gathering_engine::Execution;

/// What is recorded: a machine's folder, the feature, and how to come by a journal of it.
type Recipe = (&'static str, &'static str, fn() -> Recording);

fn recipes() -> Vec<Recipe> {
    pipelines::RECIPES.iter().chain(turns::RECIPES).copied().collect()
}

#[test]
fn recorded_journals_lead_to_the_decisions_that_they_led_to() {
    let recordings = file::all();
    assert!(recordings.len() >= recipes().len(), "{} recordings", recordings.len());
    let broken: Vec<String> =
        recordings.iter().filter_map(|(name, text)| decided::differences(name, text)).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n\n"));
}

#[test]
fn every_feature_has_its_journal_under_the_behaviour_that_new_runs_get() {
    let recorded: BTreeSet<String> = file::all().into_iter().map(|(name, _)| name).collect();
    let missing: Vec<String> = recipes()
        .iter()
        .map(|(machine, feature, _)| file::name(machine, feature))
        .filter(|name| !recorded.contains(name))
        .collect();
    assert!(
        missing.is_empty(),
        "not recorded: {missing:?}; record them with \
         `cargo nextest run -p gathering-simulator --run-ignored only record_what_is_missing`"
    );
}

#[test]
fn recorded_entries_are_written_as_they_were() {
    for (name, text) in file::all() {
        let recording = Recording::parse(&name, &text);
        for (line, written) in recording.lines.iter().zip(text.lines().skip(1)) {
            let written: serde_json::Value = serde_json::from_str(written).unwrap();
            let again = serde_json::to_value(&line.entry.body).unwrap();
            assert_eq!(again, written["entry"], "{name}, entry {}: {}", line.entry.seq, file::RULE);
        }
    }
}

#[test]
fn a_changed_decision_is_told_with_its_file_and_entry() {
    let name = file::name("pipeline", "join_any");
    let text = std::fs::read_to_string(folder().join(&name)).unwrap();
    let changed = text.replacen("\"call_id\":\"a\"", "\"call_id\":\"z\"", 1);
    assert_ne!(changed, text);
    let told = decided::differences(&name, &changed).unwrap();
    for part in
        [name.as_str(), ", entry 0 (run_started)", "- {", "+ {", "\"call_id\":\"z\"", file::RULE]
    {
        assert!(told.contains(part), "{part} is not in {told}");
    }
}

/// Records the features that have no journal yet; what is recorded stays as it is.
#[test]
#[ignore = "writes into the repository: run it by name to record new journals"]
fn record_what_is_missing() {
    for (machine, feature, recipe) in recipes() {
        let path = folder().join(file::name(machine, feature));
        if !path.exists() {
            recipe().write_new(&path);
        }
    }
}

/// Folds a journal as a server does that has never seen the run.
fn replayed(journal: &[gathering_engine::Entry]) -> Execution {
    let machine = machines::of(&journal[0]);
    Execution::replay(machines::run_id(), machine, journal.iter().cloned()).unwrap()
}
