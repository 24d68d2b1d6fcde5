//! Signals: the first one asks the process to stop, the second ends it at once.

use std::fs;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::telemetry;

/// A token that the first SIGTERM, SIGINT or SIGHUP cancels. The second one exits with status 130.
/// SIGHUP, which a terminal sends when it closes, stays ignored where it was, as `nohup` has it.
pub(crate) fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut hangup = if ignores_hangup() { None } else { Some(signal(SignalKind::hangup())?) };
    let stop = CancellationToken::new();
    let first = stop.clone();
    #[expect(clippy::disallowed_methods, reason = "listens for as long as the process lives")]
    tokio::spawn(async move {
        for asked in 0.. {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                () = told(hangup.as_mut()) => {}
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

/// Once it is asked to stop, the process does this and ends with status 130, whatever else it is at.
pub(crate) fn end_when(stop: CancellationToken, last: impl Future<Output = ()> + Send + 'static) {
    #[expect(clippy::disallowed_methods, reason = "waits for as long as the process lives")]
    tokio::spawn(async move {
        stop.cancelled().await;
        last.await;
        telemetry::flush();
        std::process::exit(130);
    });
}

/// Waits for a signal that may be none of ours.
async fn told(signal: Option<&mut Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// Whether whoever started the process has it ignore SIGHUP. Known on Linux alone.
fn ignores_hangup() -> bool {
    fs::read_to_string("/proc/self/status").is_ok_and(|status| ignored(&status, 1))
}

/// Whether the mask of ignored signals in this text of the kernel has the signal.
fn ignored(status: &str, signal: u32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & (1 << (signal - 1)) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_of_the_kernel_is_read() {
        for (status, ignores) in [
            ("Name:\tx\nSigIgn:\t0000000000000001\nSigCgt:\t0\n", true),
            ("SigIgn:\t0000000000001000\n", false),
            ("SigIgn:\tffffffffffffffff\n", true),
            ("SigIgn:\tnothing\n", false),
            ("", false),
        ] {
            assert_eq!(ignored(status, 1), ignores, "{status}");
        }
    }
}
