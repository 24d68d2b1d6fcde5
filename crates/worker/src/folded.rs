//! Folded runs that wait for their children, kept for a moment.
//!
//! Each child's end wakes its parent, which would otherwise fold its whole journal each time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use gathering_domain::RunId;
use gathering_engine::Execution;
use tokio::time::Instant;

use crate::performer::RunContext;

/// The most runs that are kept.
const MOST_RUNS: usize = 256;
/// The most entries of their journals in all.
const MOST_ENTRIES: usize = 500_000;
/// Journals shorter than this are folded faster than they are worth keeping.
const LEAST_ENTRIES: usize = 32;
/// How long a run is kept.
const KEPT_FOR: Duration = Duration::from_secs(30);

/// A run as its owner left it when it was parked.
pub(crate) struct Kept {
    pub(crate) execution: Execution,
    pub(crate) context: Arc<RunContext>,
    /// Whether it counts against the limit of a key.
    pub(crate) limited: bool,
    /// How often the run had been claimed. The next claim is the next number, or somebody else has
    /// had the run meanwhile.
    pub(crate) claims: i64,
}

/// The folded runs that are kept.
#[derive(Default)]
pub(crate) struct Folded(Mutex<Table>);

#[derive(Default)]
struct Table {
    runs: HashMap<RunId, (Instant, Kept)>,
    entries: usize,
}

impl Folded {
    /// Keeps a run that was parked, if there is room for it.
    pub(crate) fn keep(&self, kept: Kept) {
        let entries = length(&kept);
        if !(LEAST_ENTRIES..=MOST_ENTRIES).contains(&entries) {
            return;
        }
        let mut table = self.lock();
        let now = Instant::now();
        table.forget_before(now);
        while table.runs.len() >= MOST_RUNS || table.entries + entries > MOST_ENTRIES {
            if !table.forget_oldest() {
                break;
            }
        }
        let run_id = kept.context.run_id;
        table.remove(run_id);
        table.entries += entries;
        table.runs.insert(run_id, (now + KEPT_FOR, kept));
    }

    /// The run as it was parked, if this is the next claim after that.
    pub(crate) fn take(&self, run_id: RunId, claims: i64) -> Option<Kept> {
        let kept = self.lock().remove(run_id)?;
        (kept.claims + 1 == claims).then_some(kept)
    }

    /// Forgets what has been kept for too long.
    pub(crate) fn forget_old(&self) {
        self.lock().forget_before(Instant::now());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn remove(&mut self, run_id: RunId) -> Option<Kept> {
        let (_, kept) = self.runs.remove(&run_id)?;
        self.entries -= length(&kept);
        Some(kept)
    }

    fn forget_before(&mut self, now: Instant) {
        let old = self.runs.iter().filter(|(_, (until, _))| *until <= now);
        for run_id in old.map(|(run_id, _)| *run_id).collect::<Vec<_>>() {
            self.remove(run_id);
        }
    }

    fn forget_oldest(&mut self) -> bool {
        let oldest = self.runs.iter().min_by_key(|(_, (until, _))| *until);
        let Some(run_id) = oldest.map(|(run_id, _)| *run_id) else { return false };
        self.remove(run_id);
        true
    }
}

fn length(kept: &Kept) -> usize {
    kept.execution.state().next_seq() as usize
}
