//! Tasks: one for each run that is driven, tracked so that the process can wait for them.

use std::{future::Future, panic::AssertUnwindSafe, sync::Arc};

use futures::FutureExt;
use gathering_domain::RunId;
use gathering_engine::Entry;
use gathering_storage::{ClaimedRun, load, load_inbox};
use tracing::Instrument as _;

use crate::{
    drive::{Drive, Ended, Known},
    machines::fold,
    performer::RunContext,
    places::{Driven, Place},
    shared::{Incarnation, Shared},
    unreadable::{not_folded, not_read},
};

/// Drives a run whose whole journal is in memory.
pub(crate) fn begin(
    shared: &Arc<Shared>,
    incarnation: &Incarnation,
    context: RunContext,
    entries: Vec<Entry>,
    place: Place,
) {
    let run_id = context.run_id;
    // At once, so that no poke is missed from here on.
    let seat = shared.places.try_drive(run_id);
    let (begun, incarnation) = (Arc::clone(shared), incarnation.clone());
    spawn(shared, incarnation.clone(), run_id, place, async move {
        let shared = begun;
        let Some(driven) = seat else {
            let driven = shared.places.drive(run_id).await;
            return Box::pin(go_on(&shared, incarnation, run_id, None, driven)).await;
        };
        if shared.places.was_read_back(run_id) {
            return Box::pin(go_on(&shared, incarnation, run_id, None, driven)).await;
        }
        let machines = shared.skills().machines.as_ref();
        match fold(machines, context.project_id, run_id, entries).await {
            Ok(execution) => {
                let known = Known { context: Arc::new(context), claims: Some(0), limited: false };
                Drive::new(Arc::clone(&shared), incarnation, known, execution, driven).run().await
            }
            Err(error) => not_folded(&shared, &incarnation, run_id, &error).await,
        }
    });
}

/// Drives a run that this instance has just claimed.
pub(crate) fn claimed(
    shared: &Arc<Shared>,
    incarnation: &Incarnation,
    claimed: &ClaimedRun,
    place: Place,
) {
    let claimed = claimed.clone();
    let (begun, incarnation) = (Arc::clone(shared), incarnation.clone());
    spawn(shared, incarnation.clone(), claimed.id, place, async move {
        let shared = begun;
        let driven = shared.places.drive(claimed.id).await;
        // A run that was freed from a dead instance is read afresh, to see how far it has come.
        if claimed.recoveries == 0
            && let Some(kept) = shared.folded.take(claimed.id, claimed.claims)
        {
            let (context, limited) = (kept.context, kept.limited);
            let known = Known { context, claims: Some(claimed.claims), limited };
            let read = load_inbox(&shared.parts.database, claimed.id).await;
            if let Ok(Some((inbox, pokes))) = read {
                let drive =
                    Drive::new(Arc::clone(&shared), incarnation, known, kept.execution, driven);
                return drive.told(inbox, pokes).run().await;
            }
        }
        Box::pin(go_on(&shared, incarnation, claimed.id, Some(claimed.claims), driven)).await
    });
}

/// Drives a run that this instance owns already, as the store has it.
pub(crate) fn resume(shared: &Arc<Shared>, incarnation: &Incarnation, run_id: RunId, place: Place) {
    shared.places.reading_back(run_id);
    let (begun, incarnation) = (Arc::clone(shared), incarnation.clone());
    spawn(shared, incarnation.clone(), run_id, place, async move {
        let driven = begun.places.drive(run_id).await;
        Box::pin(go_on(&begun, incarnation, run_id, None, driven)).await
    });
}

fn spawn(
    shared: &Arc<Shared>,
    incarnation: Incarnation,
    run_id: RunId,
    place: Place,
    work: impl Future<Output = Ended> + Send + 'static,
) {
    let (after_shared, broken) = (Arc::clone(shared), shared.broken.clone());
    let span = tracing::info_span!(
        parent: None,
        "worker.run",
        run.id = %run_id,
        instance.id = %incarnation.id,
        run.left = tracing::field::Empty,
    );
    // A run outlives the request or the run that began it, so it has a trace of its own, linked to that.
    span.follows_from(tracing::Span::current());
    // A defect in one run must leave it to the next look, not without anyone. Boxed, because it is
    // moved several times on its way into the task.
    let work = Box::pin(AssertUnwindSafe(work.instrument(span.clone())).catch_unwind());
    shared.tasks.spawn(async move {
        let ended = tokio::select! {
            biased;
            ended = work => ended.unwrap_or_else(|_| {
                tracing::error!(run.id = %run_id, "the task of a run panicked");
                Ended::Stuck
            }),
            () = incarnation.fenced.cancelled() => Ended::Lost,
            () = broken.cancelled() => Ended::Lost,
        };
        drop(place);
        span.record("run.left", ended.word());
        drop(span);
        after(&after_shared, run_id, ended);
    });
}

async fn go_on(
    shared: &Arc<Shared>,
    incarnation: Incarnation,
    run_id: RunId,
    claims: Option<i64>,
    driven: Driven,
) -> Ended {
    let leave = shared.take_up.acquire().await;
    let mut loaded = match load(&shared.parts.database, run_id).await {
        Ok(Some(loaded)) if loaded.row.owner == Some(incarnation.id) => loaded,
        Ok(_) => return Ended::Lost,
        Err(error) => return not_read(shared, &incarnation, run_id, &error).await,
    };
    let progress = crate::recovery::progress(&loaded.entries);
    let entries = std::mem::take(&mut loaded.entries);
    let machines = shared.skills().machines.as_ref();
    let folded = fold(machines, loaded.row.project_id, run_id, entries).await;
    drop(leave);
    match folded {
        Ok(execution) => {
            let known = Known {
                context: Arc::new(RunContext::of(&loaded.row)),
                claims,
                limited: !loaded.row.limits.is_empty(),
            };
            let drive = Drive::new(Arc::clone(shared), incarnation, known, execution, driven);
            let recovery = crate::recovery::judge(&loaded.row, progress);
            drive.recovered(recovery).told(loaded.inbox, loaded.row.pokes).run().await
        }
        Err(error) => not_folded(shared, &incarnation, run_id, &error).await,
    }
}

fn after(shared: &Arc<Shared>, run_id: RunId, ended: Ended) {
    match ended {
        // Still owned by this instance; found again after its rest.
        Ended::Stuck => return shared.stuck.failed(run_id),
        Ended::Parked { wake_at, limited, waiting: _ } => {
            if let Some(at) = wake_at {
                shared.due(at);
            }
            if limited {
                // Another run of the same key may begin.
                shared.offer();
            }
        }
        Ended::Finished { limited } => {
            // Nobody may be listening.
            let _ = shared.finished.send(run_id);
            if limited {
                shared.offer();
            }
        }
        Ended::Released => shared.offer(),
        Ended::Lost => {}
    }
    shared.stuck.forget(run_id);
}
