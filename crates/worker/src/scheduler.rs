//! Fires schedules: sleeps until one is due, or until something of them has changed.

use std::time::Duration;

use gathering_app::App;
use gathering_domain::Timestamp;
use gathering_storage::Listener;
use tokio_util::sync::CancellationToken;

/// The longest rest: what another instance has changed is seen so late if nobody tells of it.
const RESTS_AT_MOST: Duration = Duration::from_secs(1);
/// How long it rests after a failure.
const FAILURE_REST: Duration = Duration::from_secs(1);

/// Fires schedules. Any number of instances may do so at once: each slot is handled by one of them.
#[derive(Debug)]
pub struct Scheduler {
    app: App,
}

impl Scheduler {
    /// A scheduler of this store.
    pub fn new(app: &App) -> Self {
        Self { app: app.clone() }
    }

    /// Fires what is due until told to stop. What it has taken by then is brought to its end.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut changes = None;
        while !shutdown.is_cancelled() {
            if changes.is_none() {
                changes = self.app.schedules().changes().await.ok();
            }
            let rest = match self.app.schedules().sweep(|| shutdown.is_cancelled()).await {
                Ok(swept) => self.until(swept.next_due),
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "could not look after schedules");
                    FAILURE_REST
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(rest) => {}
                () = changed(&mut changes) => {}
            }
        }
    }

    fn until(&self, due: Option<Timestamp>) -> Duration {
        due.map_or(RESTS_AT_MOST, |due| due.since(self.app.now()).std().min(RESTS_AT_MOST))
    }
}

/// Waits for news of schedules. A listener that is gone is made anew after the next look.
async fn changed(changes: &mut Option<Listener>) {
    match changes {
        Some(listener) => {
            if listener.recv().await.is_none() {
                *changes = None;
            }
        }
        None => std::future::pending().await,
    }
}
