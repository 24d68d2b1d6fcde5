//! Tasks: one for each run that is driven, tracked so that the process can wait for them.

use std::sync::Arc;

use gathering_domain::RunId;
use gathering_engine::Entry;
use gathering_storage::{LoadedRun, load, owned_with_news};

use crate::{
    drive::{Drive, Ended},
    machines::fold,
    performer::RunContext,
    places::{Driven, Place},
    shared::{Incarnation, Shared},
};

/// How long a run that could not be written rests before it is looked at again.
const REST: std::time::Duration = std::time::Duration::from_secs(5);

/// Drives a run whose whole journal is in memory.
pub(crate) fn begin(
    shared: &Arc<Shared>,
    incarnation: &Incarnation,
    context: RunContext,
    entries: Vec<Entry>,
    place: Place,
) {
    let (shared, incarnation) = (Arc::clone(shared), incarnation.clone());
    let tasks = shared.tasks.clone();
    tasks.spawn(async move {
        let run_id = context.run_id;
        let driven = shared.places.drive(run_id).await;
        let ended = match fold(shared.skills().machines.as_ref(), run_id, entries).await {
            Ok(execution) => {
                Drive::new(Arc::clone(&shared), incarnation, context, execution, driven).run().await
            }
            Err(error) => unreadable(run_id, &error),
        };
        after(&shared, run_id, ended, place).await;
    });
}

/// Drives a run that this instance owns, as the store has it.
pub(crate) fn resume(shared: &Arc<Shared>, incarnation: &Incarnation, run_id: RunId, place: Place) {
    let (shared, incarnation) = (Arc::clone(shared), incarnation.clone());
    let tasks = shared.tasks.clone();
    tasks.spawn(async move {
        let driven = shared.places.drive(run_id).await;
        let ended = match load(&shared.parts.database, run_id).await {
            Ok(Some(loaded)) if loaded.row.owner == Some(incarnation.id) => {
                go_on(&shared, incarnation, loaded, driven).await
            }
            Ok(_) => Ended::Lost,
            Err(error) => unreadable(run_id, &error),
        };
        after(&shared, run_id, ended, place).await;
    });
}

async fn go_on(
    shared: &Arc<Shared>,
    incarnation: Incarnation,
    mut loaded: LoadedRun,
    driven: Driven,
) -> Ended {
    let run_id = loaded.row.id;
    match fold(shared.skills().machines.as_ref(), run_id, std::mem::take(&mut loaded.entries)).await
    {
        Ok(execution) => {
            Drive::loaded(Arc::clone(shared), incarnation, loaded, execution, driven).run().await
        }
        Err(error) => unreadable(run_id, &error),
    }
}

fn unreadable(run_id: RunId, error: &(dyn std::error::Error + 'static)) -> Ended {
    tracing::error!(run.id = %run_id, error, "could not take up the run");
    Ended::Stuck
}

async fn after(shared: &Arc<Shared>, run_id: RunId, ended: Ended, place: Place) {
    match ended {
        Ended::Parked(Some(at)) => shared.due(at),
        Ended::Stuck => {
            // Still owned by this instance; nobody else would look at it.
            let again = tokio::time::sleep(REST);
            tokio::select! {
                () = again => {}
                () = shared.stopping.cancelled() => return,
            }
            resume(shared, &shared.incarnation(), run_id, place);
            return;
        }
        Ended::Finished => {
            // Nobody may be listening.
            let _ = shared.finished.send(run_id);
        }
        Ended::Parked(None) | Ended::Released | Ended::Lost => {}
    }
    drop(place);
    shared.places.bell.notify_one();
}

/// Takes up runs that this instance owns, that have news, and that nobody here drives: what a lost
/// notice or a failed read left behind.
pub(crate) async fn resume_forgotten(shared: &Arc<Shared>, incarnation: &Incarnation) {
    match owned_with_news(&shared.parts.database, incarnation.id).await {
        Ok(runs) => {
            for run_id in runs {
                if shared.places.drives(run_id) {
                    shared.places.poke(run_id);
                } else if let Some(place) = shared.places.take() {
                    resume(shared, incarnation, run_id, place);
                }
            }
        }
        Err(error) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "could not look for forgotten runs"
            );
        }
    }
}
