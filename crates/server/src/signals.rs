//! Signals: the first one asks the process to stop, the second ends it at once.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::telemetry;

/// A token that the first SIGTERM or SIGINT cancels. The second one exits with status 130.
pub(crate) fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stop = CancellationToken::new();
    let first = stop.clone();
    #[expect(clippy::disallowed_methods, reason = "listens for as long as the process lives")]
    tokio::spawn(async move {
        for asked in 0.. {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if asked > 0 {
                telemetry::flush();
                std::process::exit(130);
            }
            first.cancel();
        }
    });
    Ok(stop)
}
