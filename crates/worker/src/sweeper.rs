//! Removes what is over: sessions, keys and one-time links that nobody can use, deliveries of removed webhooks.

use std::time::Duration;

use gathering_app::{App, Error};
use tokio_util::sync::CancellationToken;

use crate::repeat::repeat;

/// Time between two looks, where nothing else is said.
const LOOK: Duration = Duration::from_mins(1);
/// Transactions of one look at most; what is left then waits for the next.
const MOST_STEPS: usize = 100;

/// Removes what is over, from the start on and once a minute. Any number of instances may do so at once.
#[derive(Debug)]
pub struct Sweeper {
    app: App,
    look: Duration,
}

impl Sweeper {
    /// A sweeper of this store.
    pub fn new(app: &App) -> Self {
        Self { app: app.clone(), look: LOOK }
    }

    /// One that looks this often.
    #[must_use]
    pub const fn every(mut self, look: Duration) -> Self {
        self.look = look;
        self
    }

    /// Sweeps until told to stop.
    pub async fn run(self, shutdown: CancellationToken) {
        repeat(self.look, &shutdown, || self.sweep()).await;
    }

    async fn sweep(&self) {
        for _ in 0..MOST_STEPS {
            match self.step().await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "could not remove what has expired");
                    return;
                }
            }
        }
    }

    /// Removes some of each kind; says whether there is more.
    async fn step(&self) -> Result<bool, Error> {
        let expired = self.app.identity().remove_expired().await?;
        Ok(self.app.webhooks().remove_left().await? || expired)
    }
}
