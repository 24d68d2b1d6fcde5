//! Bounded queues to threads and tasks.

use crate::{Error, Result, limits};

/// Queues a message, waiting a bounded time for a place.
pub(crate) async fn enqueue<M>(
    queue: &flume::Sender<M>,
    message: M,
    waited_for: &'static str,
) -> Result<()> {
    let message = match queue.try_send(message) {
        Ok(()) => return Ok(()),
        Err(flume::TrySendError::Disconnected(_)) => return Err(Error::Closed),
        Err(flume::TrySendError::Full(message)) => message,
    };
    match tokio::time::timeout(limits::ENQUEUE_WAIT, queue.send_async(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(Error::Closed),
        Err(_) => Err(Error::Busy { waited_for, source: None }),
    }
}
