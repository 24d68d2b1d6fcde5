//! Waiting for the end of a run, for a bounded time.

use gathering_domain::{Duration, Permission, RunId};
use tokio::time::Instant;

use super::{Run, Runs};
use crate::{Caller, Result};

/// The longest time that one call waits.
pub const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// The least time between two looks, however busy the log is.
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_millis(20);

impl Runs<'_> {
    /// The run, when it has ended or after `at_most`, whichever comes first.
    pub async fn wait(&self, caller: &Caller, id: RunId, at_most: Duration) -> Result<Run> {
        caller.require_here(Permission::Read)?;
        let until = Instant::now() + at_most.min(LONGEST_WAIT).std();
        // Watched before the first look, so that no end falls between.
        let mut ends = self.app.inner.tail.watch();
        while !self.visible(caller, id).await?.status.is_final() {
            let next_look = (Instant::now() + LOOK_EVERY).min(until);
            let changed = tokio::time::timeout_at(until, ends.changed()).await;
            if !matches!(changed, Ok(Ok(()))) || Instant::now() >= until {
                break;
            }
            tokio::time::sleep_until(next_look).await;
        }
        self.get(caller, id).await
    }
}
