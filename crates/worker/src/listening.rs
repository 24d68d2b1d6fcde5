//! Hears from other instances: that a run has news, or that something became claimable.

use gathering_storage::Notice;

use crate::shared::{Incarnation, Shared, WORK_CHANNEL, run_channel};

/// How long to wait before a channel that could not be listened to is tried again.
const AGAIN: std::time::Duration = std::time::Duration::from_secs(1);

/// Listens for one life of the instance.
pub(crate) async fn run(shared: &Shared, incarnation: &Incarnation) {
    let database = &shared.parts.database;
    let own = run_channel(incarnation.id);
    loop {
        let channels =
            futures::future::try_join(database.listen(&own), database.listen(WORK_CHANNEL));
        match channels.await {
            Ok((mut runs, mut work)) => {
                // Whatever was sent before this moment may have been missed.
                missed(shared);
                loop {
                    let heard = tokio::select! {
                        notice = runs.recv() => notice.map(|notice| news(shared, &notice)),
                        notice = work.recv() => notice.map(|_| shared.places.work.notify_one()),
                    };
                    if heard.is_none() {
                        return;
                    }
                }
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "could not listen for notices"
                );
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

/// Looks at what a notice that was missed may have told.
fn missed(shared: &Shared) {
    shared.look.notify_one();
    shared.places.work.notify_one();
}

fn news(shared: &Shared, notice: &Notice) {
    match notice {
        Notice::Payload(run) => match run.parse() {
            Ok(run_id) => shared.places.poke(run_id),
            Err(_) => missed(shared),
        },
        Notice::Missed => missed(shared),
    }
}
