//! Housekeeping: what is done from the start on, and again and again.

use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// Does some work at once and then as often as said, until told to stop; what is under way then is broken off.
/// Work that takes longer than the time between is done less often.
pub(crate) async fn repeat<W: Future<Output = ()>>(
    every: Duration,
    shutdown: &CancellationToken,
    mut work: impl FnMut() -> W,
) {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = ticks.tick() => {}
        }
        if shutdown.run_until_cancelled(work()).await.is_none() {
            return;
        }
    }
}
