//! Finds owned runs that were forgotten: with news that nobody took in, or with nobody driving them.
//!
//! A lost notice, an append of unknown outcome, or a failed read may leave one behind.

use std::{collections::HashSet, sync::Arc, time::Duration};

use gathering_domain::RunId;
use gathering_storage::{StorageError, list_owned, owned_with_news};
use tokio::time::{Instant, MissedTickBehavior};

use crate::{
    shared::{Incarnation, Shared},
    tasks,
};

/// How often runs with news are looked for.
const NEWS: Duration = Duration::from_secs(1);
/// How often all owned runs are looked at.
const ALL: Duration = Duration::from_secs(3);
/// Owned runs that one query lists.
const PAGE: u32 = 1_000;

/// Looks until this life of the instance ends.
pub(crate) async fn run(shared: &Arc<Shared>, incarnation: &Incarnation) {
    let mut ticks = tokio::time::interval(NEWS);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut undriven = HashSet::new();
    let mut looked = Instant::now();
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = shared.look.notified() => {}
        }
        shared.folded.forget_old();
        let looked_at = async {
            tell(shared, incarnation).await?;
            if looked.elapsed() >= ALL {
                looked = Instant::now();
                undriven = take_up(shared, incarnation, &undriven).await?;
            }
            Ok::<(), StorageError>(())
        };
        if let Err(error) = looked_at.await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "could not look for forgotten runs");
        }
    }
}

/// Tells runs that are driven here of what is in their inboxes.
async fn tell(shared: &Shared, incarnation: &Incarnation) -> Result<(), StorageError> {
    for run_id in owned_with_news(&shared.parts.database, incarnation.id).await? {
        if shared.places.drives(run_id) {
            shared.places.poke(run_id);
        }
    }
    Ok(())
}

/// Takes up owned runs that nobody drove at the last look either: one whose task is about to begin
/// is not forgotten. Answers which ones nobody drives now.
async fn take_up(
    shared: &Arc<Shared>,
    incarnation: &Incarnation,
    before: &HashSet<RunId>,
) -> Result<HashSet<RunId>, StorageError> {
    let mut undriven = HashSet::new();
    let mut after = None;
    loop {
        let page = list_owned(&shared.parts.database, incarnation.id, after, PAGE).await?;
        for run_id in &page {
            if shared.places.drives(*run_id) || shared.stuck.rests(*run_id) {
                continue;
            }
            if before.contains(run_id)
                && let Some(place) = shared.places.take()
            {
                tracing::warn!(run.id = %run_id, "taking up an owned run that nobody drives");
                tasks::resume(shared, incarnation, *run_id, place);
            } else {
                undriven.insert(*run_id);
            }
        }
        match page.last() {
            Some(last) if page.len() == PAGE as usize => after = Some(*last),
            _ => return Ok(undriven),
        }
    }
}
