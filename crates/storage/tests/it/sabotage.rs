//! Promises broken on purpose: the tests that hold them can fail.

use std::path::PathBuf;

use gathering_database::{DatabaseOptions, Sabotage};
use gathering_testkit::Place;

use crate::{
    finality::late_commit,
    syncs::{APPENDS, watched},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn without_its_protection_a_reader_passes_a_row_that_commits_late() {
    let place = Place::postgres().await;
    let [before, meanwhile, _, slow_row, _] = late_commit(&place, true).await;
    assert_eq!(before, slow_row);
    assert!(meanwhile > slow_row, "led to {meanwhile} only, before the open row {slow_row}");
}

#[test]
fn skipped_syncs_are_seen() {
    let skips = |path: PathBuf| DatabaseOptions::sqlite(path).sabotage(Sabotage::SkipSync);
    let Some(seen) = watched("sabotage::skipped_syncs_are_seen", skips) else { return };
    assert_eq!(seen.too_early, (1..=APPENDS).collect::<Vec<_>>(), "{seen:?}");
}
